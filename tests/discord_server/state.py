"""Everything a test may turn or read."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.changes import PATIENCE, Changes
from tests.discord_server.faults import Fault, RateLimit
from tests.discord_server.records import (
    Attachment,
    GatewayEvent,
    Interaction,
    Message,
    Payload,
    RequestRecord,
    Violation,
)
from tests.discord_server.spec import Spec, official_spec

T = TypeVar("T")

MIB = 1024 * 1024
EPOCH = 1420070400000
"""The milliseconds from which snowflakes count."""
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwMA.emuemu.loopback-token"


class State:
    """The knobs, and the records of what happened."""

    def __init__(
        self, token: str = TOKEN, *, privileged_intents: bool = True, checked: bool = True
    ) -> None:
        self.token = token
        self.privileged_intents = privileged_intents
        self.spec: Spec | None = official_spec() if checked else None
        self.changes = Changes()
        self._last_snowflake = int(time.time() * 1000 - EPOCH) << 22
        self._faults: list[Fault] = []
        self._limits: list[RateLimit] = []
        self._set_knobs()
        self._clear_records()

    def _set_knobs(self) -> None:
        self.ack_deadline = 3.0
        """Seconds in which the first answer has to come."""
        self.token_ttl = 900.0
        """Seconds that an interaction's token lives."""
        self.attachment_limit = 10 * MIB
        self.request_limit = 25 * MIB
        self.delivery_delay = 0.0
        """Seconds by which interactions reach the bot late; they count towards the deadline."""
        self.heartbeat_interval = 41250
        self.ack_heartbeats = True
        self.compress = True
        self.nonce_ttl = 300.0
        """Seconds for which an enforced nonce is remembered."""
        self.files_gate: asyncio.Event | None = None
        """Files are given out once this is set."""
        self.strict_embed_files = True
        """Stricter than Discord, which shows an embed without its picture."""

    def _clear_records(self) -> None:
        self.violations: list[Violation] = []
        self.self_violations: list[tuple[str, list[str]]] = []
        """What we said that the official schemas forbid."""
        self.unknown_requests: list[tuple[str, str]] = []
        self.requests: list[RequestRecord] = []
        self.gateway_log: list[GatewayEvent] = []
        self.global_commands: list[Payload] = []
        self.guild_commands: dict[str, list[Payload]] = {}
        self.messages: dict[str, Message] = {}
        """All messages by id, in the order in which they were made."""
        self.interactions: dict[str, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.files: dict[str, Attachment] = {}
        self.typing: list[tuple[float, str]] = []
        self.nonces: dict[tuple[str, str], tuple[float, Message]] = {}

    @property
    def order(self) -> list[Message]:
        """All messages, oldest first."""
        return list(self.messages.values())

    def snowflake(self) -> str:
        """A new id, larger than all before."""
        self._last_snowflake += (1 << 22) + 1
        return str(self._last_snowflake)

    async def until(
        self,
        fn: Callable[[], T | None],
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
        what: str = "condition",
    ) -> T:
        """Wait for something to become true; ``TimeoutError`` after so many seconds."""
        return await self.changes.until(fn, timeout, what)

    def check(self) -> None:
        """Fail if we ever said what Discord would not, or the bot asked for what there is not."""
        assert not self.self_violations, self.self_violations[:3]
        assert not self.unknown_requests, self.unknown_requests

    def fault(
        self,
        path: str = ".",
        method: str | None = None,
        *,
        status: int | None = None,
        retry_after: float = 0.5,
        global_: bool = False,
        cloudflare: bool = False,
        drop: bool = False,
        handled: bool = False,
        delay: float = 0.0,
        times: int = 1,
        body: Any = None,
    ) -> Fault:
        """Let the next ``times`` requests whose path has this pattern go wrong.

        They wait ``delay`` seconds; then ``drop`` cuts the connection, or ``status`` is the answer.
        With ``handled`` the request has taken effect before all that.
        """
        fault = Fault(
            re.compile(path),
            method,
            status,
            retry_after,
            is_global=global_,
            cloudflare=cloudflare,
            drop=drop,
            handled=handled,
            delay=delay,
            left=times,
            body=body,
        )
        self._faults.append(fault)
        return fault

    def rate_limit(self, path: str, limit: int, per: float, method: str | None = None) -> RateLimit:
        """Let in ``limit`` requests in ``per`` seconds on each path that has this pattern."""
        self._limits.append(RateLimit(re.compile(path), method, limit, per))
        return self._limits[-1]

    def _self_check(self, schema: str, payload: Payload) -> None:
        if self.spec and (errors := self.spec.object_errors(schema, payload)):
            self.self_violations.append((schema, errors[:4]))

"""Everything a test may turn or read."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tests.changes import PATIENCE, Changes
from tests.slack_server.faults import Fault, RateLimit
from tests.slack_server.records import CallRecord, Delivery, File, Message, Payload, View, Violation
from tests.slack_server.scopes import CONNECTING
from tests.slack_server.spec import Spec, official_spec

T = TypeVar("T")

MIB = 1024 * 1024
ID_LENGTH = 11


class State:
    """The knobs, and the records of what happened."""

    def __init__(self, *, checked: bool = True) -> None:
        self.bot_token = "xoxb-1-emu"
        self.app_token = "xapp-1-A1-emu"
        self.signing_secret = "emu-signing-secret"
        self.team: Payload = {"id": "T0EMU00001", "domain": "emu"}
        self.app_id, self.bot_user, self.bot_id = "A0EMU00001", "U0EMUBOT01", "B0EMU00001"
        self.root = ""
        """The server's own address; files and response URLs are below it."""
        self.spec: Spec | None = official_spec() if checked else None
        self.changes = Changes()
        self._numbers = itertools.count(int(time.time()))
        self._last_stamp = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._faults: list[Fault] = []
        self._limits: list[RateLimit] = []
        self._set_knobs()
        self._clear_records()

    def _set_knobs(self) -> None:
        self.ack_deadline = 3.0
        """Seconds in which the acknowledgement has to come; a later one says nothing any more."""
        self.trigger_ttl = 3.0
        """Seconds in which a form can be opened."""
        self.response_url_ttl = 1800.0
        self.response_url_uses = 5
        self.file_limit = 1024 * MIB
        self.share_delay = 0.0
        """Seconds by which the message of a shared file comes after the answer."""
        self.processing_delay = 0.0
        """Seconds in which a completed file cannot be shown yet."""
        self.event_retry = True
        """Whether events that nobody acknowledges are sent again, three times at most."""
        self.request_url: str | None = None
        """Where deliveries go as signed requests instead of through the socket."""
        self.scopes: set[str] | None = None
        """What the bot may do; everything, without a word of it in the answers, if ``None``."""
        self.app_scopes: set[str] = {CONNECTING}
        """What the app token may do."""
        self.public_posting = False
        """Whether the bot may post where it is no member, as ``chat:write.public`` allows.

        That scope among ``scopes`` allows it too. Messages alone: no files, nothing ephemeral.
        """
        self.blocks_limit = 13_000
        """Characters that all texts in a message's blocks may have together."""
        self.escapes_commands = False
        """Whether the text of commands comes escaped, like that of events."""

    def _clear_records(self) -> None:
        self.violations: list[Violation] = []
        self.self_violations: list[tuple[str, list[str]]] = []
        """What we said that the official schemas forbid."""
        self.unknown_calls: list[str] = []
        self.calls: list[CallRecord] = []
        self.socket_log: list[tuple[float, str]] = []
        self.messages: list[Message] = []
        """All messages, oldest first."""
        self.files: dict[str, File] = {}
        self.views: list[View] = []
        """All forms, oldest first."""
        self.published: dict[str, Payload] = {}
        """What the bot put on people's home pages, by their ids."""
        self.deliveries: list[Delivery] = []

    def new_id(self, prefix: str) -> str:
        """An id that was not there before."""
        return f"{prefix}{next(self._numbers):X}".ljust(ID_LENGTH, "0")

    def new_ts(self) -> str:
        """The name of a message: when it was made, in seconds; later ones are larger."""
        self._last_stamp = max(self._last_stamp + 1, time.time_ns() // 1000)
        seconds, micros = divmod(self._last_stamp, 1_000_000)
        return f"{seconds}.{micros:06d}"

    async def until(
        self,
        fn: Callable[[], T | None],
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
        what: str = "condition",
    ) -> T:
        """Wait for something to become true; ``TimeoutError`` after so many seconds."""
        return await self.changes.until(fn, timeout, what)

    def check(self) -> None:
        """Fail if we ever said what Slack would not, or the bot asked for what there is not."""
        assert not self.self_violations, self.self_violations[:3]
        assert not self.unknown_calls, self.unknown_calls

    def fault(
        self,
        method: str = ".",
        *,
        status: int | None = None,
        retry_after: int = 1,
        error: str | None = None,
        drop: bool = False,
        lost_answer: bool = False,
        delay: float = 0.0,
        times: int = 1,
    ) -> Fault:
        """Let the next ``times`` calls of the methods that fit this pattern go wrong.

        They wait ``delay`` seconds; then ``drop`` cuts the connection, or ``status`` or ``error``
        is the answer. With ``lost_answer`` the call is carried out, and the connection cut instead
        of the answer. ``upload``, ``download`` and ``response_url`` can be named like methods.
        """
        fault = Fault(
            method,
            status,
            retry_after,
            error,
            drop,
            lost_answer=lost_answer,
            delay=delay,
            left=times,
        )
        self._faults.append(fault)
        return fault

    def rate_limit(self, method: str, limit: int, per: float, key: str | None = None) -> RateLimit:
        """Let in ``limit`` calls of a method in ``per`` seconds, for each value of an argument."""
        self._limits.append(RateLimit(method, limit, per, key))
        return self._limits[-1]

    def blame(self, method: str, answer: Any, args: Any) -> None:
        """Note what the bot should not have sent."""
        self.violations.append(Violation(method, answer, args))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something while the test goes on, until the server stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

"""What the server remembers and hands to the tests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.changes import PATIENCE

if TYPE_CHECKING:
    from tests.slack_server.message_store import MessageStore

Payload = dict[str, Any]

BY_USER = "user"
"""How a message came that a person wrote."""


def snapshot(payload: Payload) -> Payload:
    """A copy that later changes do not reach."""
    copy: Payload = json.loads(json.dumps(payload))
    return copy


class Keyed:
    """Attributes that can be read by key as well."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, or something else where there is none."""
        return getattr(self, name, default)


@dataclass(eq=False)
class File:
    """A file that was uploaded, or is about to be."""

    id: str
    filename: str
    length: int
    """The size in bytes that was announced."""
    user: str
    """Whose it is, by id."""
    upload_url: str = ""
    url: str | None = None
    """Where it is said to be, if that is not this server."""
    is_stub: bool = False
    """Whether payloads tell only its id, as for files of other workspaces."""
    data: bytes | None = None
    title: str | None = None
    alt_txt: str | None = None
    completed: float | None = None
    """When it was completed, in monotonic seconds."""
    deleted: bool = False
    channels: list[str] = field(default_factory=list)
    shares: dict[str, Payload] = field(default_factory=dict)


class Edit(NamedTuple):
    """A state that a message or a view went through: when (monotonic seconds), and by what."""

    t: float
    op: str
    payload: Payload


@dataclass(eq=False)
class Message:
    """A message, with all that it ever was."""

    channel: str
    ts: str
    payload: Payload
    user_only: str | None = None
    """Who alone sees it, by id, when it is ephemeral."""
    history: list[Edit] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    created: float = field(default_factory=time.monotonic)
    deleted: bool = False
    via: str = "chat.postMessage"

    @property
    def text(self) -> str:
        """Its text at the top, which notifications show."""
        return str(self.payload.get("text", ""))

    @property
    def blocks(self) -> list[Payload]:
        """Its blocks."""
        return self.payload.get("blocks") or []

    @property
    def thread_ts(self) -> str | None:
        """The message whose thread it is in."""
        return self.payload.get("thread_ts")

    def elements(self) -> Iterator[tuple[Payload, Payload]]:
        """All elements that people can use, with their blocks."""
        return usable_elements(self.blocks)

    def find(
        self, action_id: str | None = None, text: str | None = None
    ) -> tuple[Payload, Payload]:
        """The element with this id or label, and its block; ``LookupError`` names those there."""
        return find_element(self.blocks, action_id, text)


def usable_elements(blocks: list[Payload]) -> Iterator[tuple[Payload, Payload]]:
    """All elements that people can use, with their blocks."""
    for block in blocks:
        inside = list(block.get("elements") or [])
        inside += [block[key] for key in ("accessory", "element") if key in block]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def find_element(
    blocks: list[Payload], action_id: str | None, text: str | None
) -> tuple[Payload, Payload]:
    """The element with this id or label, and its block; ``LookupError`` names those there are."""
    there = []
    for block, element in usable_elements(blocks):
        label = (element.get("text") or {}).get("text")
        if action_id is not None and element["action_id"] == action_id:
            return block, element
        if text is not None and label == text:
            return block, element
        there.append((element["action_id"], label))
    raise LookupError(f"no element {action_id or text!r}; there are {there}")


@dataclass(eq=False)
class View:
    """A form or a home page, with all that it ever was."""

    id: str
    user: str
    """Who sees it, by id."""
    channel: str | None = None
    """Where it was opened."""
    parent: View | None = None
    payload: Payload = field(default_factory=dict)
    history: list[Edit] = field(default_factory=list)
    open: bool = True
    errors: dict[str, str] | None = None
    """What the last answer to its submission found wrong, by block id."""
    filled: dict[str, Any] = field(default_factory=dict)
    """What was chosen in it, by action id."""

    @property
    def hash(self) -> str:
        """Changes with every state of it."""
        return str(self.payload["hash"])

    @property
    def blocks(self) -> list[Payload]:
        """Its blocks."""
        blocks: list[Payload] = self.payload["blocks"]
        return blocks

    def find(
        self, action_id: str | None = None, text: str | None = None
    ) -> tuple[Payload, Payload]:
        """The element with this id or label, and its block; ``LookupError`` names those there."""
        return find_element(self.blocks, action_id, text)


@dataclass(eq=False)
class Delivery:
    """Something handed to the bot, and what came of it."""

    emu: MessageStore
    kind: str
    payload: Payload
    envelope_id: str
    channel: str | None
    user: str
    accepts_response: bool = False
    """Whether the acknowledgement may say something."""
    view: View | None = None
    created: float = 0.0
    """When it was given to the socket, in monotonic seconds."""
    ack_latency: float | None = None
    ack_payload: Any = None
    acked: bool = False
    late: bool = False
    acks: int = 0
    """How often it was acknowledged: what is sent again is acknowledged again."""
    attempts: int = 1
    undelivered: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_ack(
        self,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
    ) -> Delivery:
        """Wait until the bot has acknowledged it."""
        try:
            await asyncio.wait_for(self.answered.wait(), timeout)
        except TimeoutError:
            raise TimeoutError(f"ack of {self.kind} not within {timeout} s") from None
        return self

    async def wait_message(
        self,
        pred: Callable[[Message], Any] = lambda message: True,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
    ) -> Message:
        """Wait for a message of the bot, made or changed since, that the condition is true of.

        It has to stand where this came from, or in the conversation with the person.
        """

        def is_fitting(message: Message) -> bool:
            places = (message.channel, None)
            is_here = self.channel in places or message.channel == self.emu.dm_id(self.user)
            is_recent = not message.deleted and message.history[-1].t >= self.created
            return is_recent and is_here and message.via != BY_USER and bool(pred(message))

        def fitting() -> Message | None:
            return next(filter(is_fitting, self.emu.messages), None)

        return await self.emu.until(fitting, timeout, f"message after {self.kind}")


@dataclass(eq=False)
class CallRecord(Keyed):
    """One request of the bot: when, what, with what, and the answer; ``ms`` is what it took."""

    t: float
    method: str
    args: Any = None
    out: Any = None
    ms: float | None = None


class Violation(NamedTuple):
    """Something that the bot should not have sent: by which way, what is wrong, and the whole."""

    method: str
    answer: Any
    args: Any

"""What the server remembers and hands to the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.changes import PATIENCE, Changes

Payload = dict[str, Any]

EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_EMBEDS = 1 << 2
COMPONENTS_V2 = 1 << 15


@dataclass(eq=False)
class Attachment:
    """A file that hangs on a message or was given with a command."""

    id: str
    filename: str
    data: bytes
    description: str | None = None
    content_type: str | None = None

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return len(self.data)


class Edit(NamedTuple):
    """A state that a message went through: when (monotonic seconds), and by what."""

    t: float
    op: str
    payload: Payload
    attachments: list[Attachment]


@dataclass(eq=False)
class Message:
    """A message, with all that it ever was."""

    payload: Payload
    attachments: list[Attachment] = field(default_factory=list)
    history: list[Edit] = field(default_factory=list)
    interaction: Interaction | None = None
    owner_id: str | None = None
    """Who sees it, when it is ephemeral."""
    deleted: bool = False

    @property
    def id(self) -> str:
        """Its snowflake."""
        return str(self.payload["id"])

    @property
    def channel_id(self) -> str:
        """Where it stands."""
        return str(self.payload["channel_id"])

    @property
    def content(self) -> str:
        """Its text."""
        return str(self.payload["content"])

    @property
    def embeds(self) -> list[Payload]:
        """Its embeds, as people get them."""
        embeds: list[Payload] = self.payload["embeds"]
        return embeds

    @property
    def flags(self) -> int:
        """Its flags, as bits."""
        return int(self.payload["flags"])

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it still says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def is_v2(self) -> bool:
        """Whether it is made of components alone."""
        return bool(self.flags & COMPONENTS_V2)

    def components(self) -> list[Payload]:
        """All components, whatever they hang in, in reading order."""
        return list(nested_components(self.payload["components"]))

    def find(self, custom_id: str | None = None, label: str | None = None) -> Payload:
        """The component with this id or label; ``LookupError`` names those there are."""
        active = [component for component in self.components() if component.get("custom_id")]
        for component in active:
            if custom_id is not None and component["custom_id"] == custom_id:
                return component
            if label is not None and component.get("label") == label:
                return component
        there = [(component["custom_id"], component.get("label")) for component in active]
        raise LookupError(f"no component {custom_id or label!r}; there are {there}")


def nested_components(components: list[Payload]) -> Iterator[Payload]:
    """Components and what hangs in them, in reading order."""
    for component in components:
        yield component
        yield from nested_components(component.get("components") or [])
        for key in ("accessory", "component"):
            if component.get(key):
                yield from nested_components([component[key]])


class Sent(NamedTuple):
    """A request about an interaction: seconds since it began, and how it was answered."""

    t: float
    method: str
    path: str
    status: int | str


@dataclass(eq=False)
class Interaction:
    """One thing that a person did with the bot, and what the bot answered."""

    changes: Changes
    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    guild_id: str | None
    payload: Payload
    created: float = 0.0
    """When it was given to the socket, in monotonic seconds."""
    ack_latency: float | None = None
    """Seconds until the first answer had arrived."""
    ack_type: int | None = None
    ack_body: Payload | None = None
    ack_error: tuple[int, int] | None = None
    """Status and code of a first answer that was refused."""
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[Payload] | None = None
    modal: Payload | None = None
    source: Message | None = None
    """The message whose component was used."""
    requests: list[Sent] = field(default_factory=list)
    deferred: bool = False
    expired: bool = False

    def expire(self) -> None:
        """Let the token run out now."""
        self.expired = True

    async def wait_ack(
        self,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
    ) -> Interaction:
        """Wait until the bot has answered, or its answer was refused."""
        name = self.payload.get("data", {}).get("name") or self.type
        await self.changes.until(
            lambda: self.ack_type is not None or self.ack_error is not None,
            timeout,
            f"answer to {name}",
        )
        return self

    async def wait_message(
        self,
        pred: Callable[[Message], Any] = lambda message: not message.loading,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
    ) -> Message:
        """Wait for a message of this interaction that the condition is true of."""

        def fitting() -> Message | None:
            messages = [self.original, *self.followups]
            return next((m for m in messages if m and not m.deleted and pred(m)), None)

        return await self.changes.until(fitting, timeout, "message of the interaction")


@dataclass(eq=False)
class RequestRecord:
    """One request: when, what, and the answer's status; ``ms`` is what it took."""

    t: float
    method: str
    path: str
    op: str | None = None
    status: int | str | None = None
    ms: float | None = None
    body: Any = None


class Violation(NamedTuple):
    """A request that broke a rule: the operation, our answer, and the body."""

    op: str | None
    answer: Payload
    body: Any


class GatewayEvent(NamedTuple):
    """Something that happened to a socket."""

    t: float
    what: str
    detail: Any

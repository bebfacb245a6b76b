"""What the service asks of a chat platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.reply import Reply
from storage.records import JobRecord, Post

Reason = Literal["closed", "refused", "down"]
"""Why a platform does not take a result: every way to the asker is closed, it refuses the message
for what is in it, or it cannot take any now."""


class NotTaken(Exception):
    """A platform has not taken the last state of a job; ``details`` are for the log."""

    def __init__(self, reason: Reason, details: object) -> None:
        super().__init__(f"{reason}: {details}")
        self.reason: Reason = reason

    @property
    def is_passing(self) -> bool:
        """Whether it may be taken a little later."""
        return self.reason == "down"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """How a platform differs, as data.

    ``edit_seconds`` is the time between two states of a job's message that it bears. ``own`` is set
    where the owner of the machine is alone with the bot.
    """

    edit_seconds: float = 0.0
    own: bool = False


class Surface(Protocol):
    """One platform, as the service sees it."""

    @property
    def platform(self) -> str:
        """The platform's name, as in ``ReplyTo.platform``."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the platform bears."""
        ...

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Bring a job's message to this state; a final one has arrived when this returns.

        A final one is tried once, on every way that there is, with the short waits that belong to
        that; it raises ``NotTaken`` when the platform has not taken it, and must bear to be called
        again: what may have arrived is not posted twice. Where ``reply.deleted`` is set, the job's
        messages are being withdrawn and none may be posted.
        """
        ...

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Delete messages of a job; one that is gone, or out of reach for good, is as good.

        Raises when it may go later: it is tried again after the next start.
        """
        ...

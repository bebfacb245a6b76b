"""What the service asks of a chat platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.reply import Reply
from storage.records import JobRecord, Post


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

        Raises when it cannot: a final state is then brought after the next start. Where
        ``reply.deleted`` is set, the job's messages are being withdrawn and none may be posted.
        """
        ...

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Delete messages of a job; one that is gone, or out of reach for good, is as good.

        Raises when it may go later: it is tried again after the next start.
        """
        ...

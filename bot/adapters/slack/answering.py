"""What those see of the answers who ask: given in time, or after an earlier process was killed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.richtext import Block
from bot.reply import Reply

Ask = Callable[[], Awaitable[Reply]]
"""Asks the service."""
Errors = Callable[[Reply], dict[str, str]]
"""Says what a refusal shows in a modal, by the names of its inputs."""


class Answering(Protocol):
    """What gives answers, as those see it who ask."""

    async def respond(
        self, asked: Asked, answer: Ask, *, speaks: bool = False, may_wait: bool = True
    ) -> Answer:
        """Answer a command, a press or a mention."""
        ...

    async def submitted(self, asked: Asked, answer: Ask, errors: Errors, /) -> Answer:
        """Answer a modal that was sent."""
        ...

    async def open_view(self, asked: Asked, view: Block, /) -> None:
        """Open a modal."""
        ...

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something else meanwhile."""
        ...

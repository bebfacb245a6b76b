"""How a terminal reaches the service: in its own process, or in the one that owns the data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from bot.adapters.console.surface import ConsoleSurface
from bot.invocation import Invocation
from bot.reply import Reply
from bot.service.service import Service


class Session(Protocol):
    """A way to the service."""

    def ask(self, invocation: Invocation) -> AsyncIterator[Reply]:
        """Yield the answer and, where it is a job's, all its states up to the final one."""
        ...


class LocalSession:
    """The service in this process."""

    def __init__(self, service: Service, surface: ConsoleSurface) -> None:
        self._service = service
        self._surface = surface

    async def ask(self, invocation: Invocation) -> AsyncIterator[Reply]:
        """Ask the service, and follow the job if there is one."""
        reply = await self._service.answer(invocation)
        yield reply
        if reply.job is not None and not reply.final:
            async for state in self._surface.follow(reply.job):
                yield state

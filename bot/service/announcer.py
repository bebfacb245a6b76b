"""Tells the platforms how jobs go: the newest state of each, as often as the platform bears it.

Whoever reports a state never waits. A state that is overtaken by a newer one is not shown; the
final one always is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.reply import Reply
from bot.service.surface import Surface
from generation.errors import UserError
from storage.records import JobRecord

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Thread:
    """The states of one job on their way to one platform."""

    job: JobRecord
    latest: Reply | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    final: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Announcer:
    """Carries states of jobs to the surfaces they were asked on."""

    def __init__(
        self,
        surfaces: Mapping[str, Surface],
        delivered: Callable[[JobRecord], Awaitable[None]],
    ) -> None:
        self._surfaces = surfaces
        self._delivered = delivered
        self._threads: dict[str, _Thread] = {}

    def report(self, job: JobRecord, reply: Reply) -> None:
        """Report a state of a job; the last has ``final`` set. Returns at once."""
        surface = self._surfaces.get(job.reply_to.platform)
        if surface is None:
            return
        thread = self._threads.get(job.id)
        if thread is None:
            thread = self._threads[job.id] = _Thread(job)
            thread.task = asyncio.create_task(self._carry(thread, surface))
        thread.job = job
        thread.latest = reply
        thread.news.set()
        if reply.final:
            thread.final.set()

    async def close(self) -> None:
        """Bring what is final to its platform, and stop."""
        tasks = [thread.task for thread in self._threads.values() if thread.task]
        for thread in self._threads.values():
            if thread.task and (thread.latest is None or not thread.latest.final):
                thread.task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, thread: _Thread, surface: Surface) -> None:
        try:
            while True:
                await thread.news.wait()
                thread.news.clear()
                reply = thread.latest
                if reply is None:
                    continue
                await self._show(thread.job, reply, surface)
                if reply.final:
                    return
                await self._pause(thread, surface.capabilities.edit_seconds)
        finally:
            self._threads.pop(thread.job.id, None)

    async def _show(self, job: JobRecord, reply: Reply, surface: Surface) -> None:
        try:
            await surface.show(job, reply)
        except Exception:
            log.exception("job %s: %s did not take its state", job.id, surface.platform)
            return
        if reply.final:
            await self._note_delivery(job)

    async def _note_delivery(self, job: JobRecord) -> None:
        try:
            await self._delivered(job)
        except UserError as error:
            log.warning("job %s: its delivery cannot be stored: %s", job.id, error)

    async def _pause(self, thread: _Thread, seconds: float) -> None:
        """Wait until the platform bears another state, though not once the final one is there."""
        if seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(thread.final.wait(), seconds)

"""Tells the platforms how jobs go: the newest state of each, as often as the platform bears it.

Whoever reports a state never waits. A state that is overtaken by a newer one is not shown; the
final one always is, and waits in the outbox for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.log_context import working_on
from bot.reply import Reply
from bot.service.delivering.outbox import Outbox, Parcel
from bot.service.surface import Surface
from storage.records import JobRecord, Post

log = logging.getLogger(__name__)

PATIENCE: Final = 5.0
"""Seconds that final states have to arrive while the bot stops."""


@dataclass(slots=True)
class _Thread:
    """The states of one job on their way to one platform."""

    job: JobRecord
    latest: Reply | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    final: asyncio.Event = field(default_factory=asyncio.Event)
    showing: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None
    urgent: asyncio.Event = field(default_factory=asyncio.Event)
    quiet: bool = False
    parcel: Parcel | None = None


class Announcer:
    """Carries states of jobs to the surfaces they were asked on."""

    def __init__(self, surfaces: Mapping[str, Surface], outbox: Outbox) -> None:
        self._surfaces = surfaces
        self._outbox = outbox
        self._threads: dict[str, _Thread] = {}

    def report(self, job: JobRecord, reply: Reply, *, urgent: bool = False) -> None:
        """Report a state of a job; the last has ``final`` set. Returns at once.

        One that is ``urgent`` is shown without a pause after the one before, as the last is.
        """
        surface = self._surfaces.get(job.reply_to.platform)
        if surface is None:
            return
        thread = self._threads.get(job.id)
        if thread is None:
            thread = self._threads[job.id] = _Thread(job)
            with working_on(job.id, surface.platform):
                thread.task = asyncio.create_task(self._carry(thread, surface))
        elif thread.final.is_set() and not reply.final:
            return
        thread.job = job
        thread.latest = reply
        thread.news.set()
        if reply.final:
            thread.final.set()
        if urgent or reply.final:
            thread.urgent.set()

    async def quiet(self, job_id: str) -> None:
        """Show no more of a deleted job but that it is gone; wait for what is on its way."""
        thread = self._threads.get(job_id)
        if thread is not None:
            thread.quiet = True
            async with thread.showing:
                pass

    async def withdraw(self, platform: str, posts: Sequence[Post]) -> bool:
        """Take messages down, and return whether the platform is there; raises its faults."""
        surface = self._surfaces.get(platform)
        if surface is None:
            return False
        await surface.withdraw(posts)
        return True

    async def close(self, patience: float = PATIENCE) -> None:
        """Give final states some seconds to arrive, and stop.

        What has not arrived then is owed still: the next process tells it.
        """
        self._outbox.stop()
        threads = {thread.task: thread for thread in self._threads.values() if thread.task}
        for task, thread in threads.items():
            if not thread.final.is_set():
                task.cancel()
        if threads:
            await asyncio.wait(threads, timeout=patience)
        for task, thread in threads.items():
            # To note an arrival takes no time, and to lose the note would tell the job twice.
            if thread.parcel is None or not thread.parcel.arrived:
                task.cancel()
        await asyncio.gather(*threads, return_exceptions=True)

    async def _carry(self, thread: _Thread, surface: Surface) -> None:
        try:
            while not await self._show_next(thread, surface):
                await self._pause(thread, surface.capabilities.edit_seconds)
        finally:
            self._threads.pop(thread.job.id, None)

    async def _show_next(self, thread: _Thread, surface: Surface) -> bool:
        """Wait for news and show them; return whether they were the last."""
        await thread.news.wait()
        thread.news.clear()
        thread.urgent.clear()
        reply = thread.latest
        if reply is None:
            return False
        if reply.final and reply.deleted is None:
            thread.parcel = Parcel(thread.job)
            await self._outbox.bring(thread.parcel, lambda: self._show(thread, surface))
            return True
        try:
            await self._show(thread, surface)
        except Exception:
            log.exception("job %s: %s did not take its state", thread.job.id, surface.platform)
        return reply.final

    async def _show(self, thread: _Thread, surface: Surface) -> bool:
        """Show the newest state once, and return whether it may be; of a quiet job it may not."""
        async with thread.showing:
            job, reply = thread.job, thread.latest
            may_be = reply is not None and (not thread.quiet or reply.deleted is not None)
            if reply is not None and may_be:
                await surface.show(job, reply)
            return may_be

    async def _pause(self, thread: _Thread, seconds: float) -> None:
        """Wait until the platform bears another state, or until one cannot wait."""
        if seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(thread.urgent.wait(), seconds)

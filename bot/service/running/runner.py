"""Runs the waiting jobs on the engine, one after the other, and stores what comes of them.

A job whose model is being downloaded steps aside, and the next one goes first meanwhile. The next
one also goes while the last picture of the one before is developed, written and stored.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from contextlib import aclosing, suppress
from dataclasses import replace

from bot.log_context import working_on
from bot.service.delivering.announcer import Announcer
from bot.service.delivering.withdrawals import Withdrawals
from bot.service.running.chronicle import Chronicle
from bot.service.running.ending import Endings
from bot.service.running.keeping import Keeping
from bot.service.running.line import Line, Place
from bot.service.running.places import PlaceNews
from bot.service.running.resuming import order_for, take_up
from bot.service.running.seats import Seats
from bot.service.running.turn import Turn
from bot.service.showing.checking import Checks
from bot.service.showing.ended import Showing
from bot.service.showing.views import Views
from generation.engine import (
    Cancelled,
    Engine,
    Event,
    Failed,
    Finished,
    PictureReady,
    Preview,
    Progress,
    Retry,
)
from generation.errors import InternalFault, UserError
from storage.files import PictureFiles
from storage.records import OPEN, JobRecord
from storage.store import Store

log = logging.getLogger(__name__)


class Runner:
    """Takes jobs from the store to the engine and back."""

    def __init__(
        self,
        store: Store,
        files: PictureFiles,
        engine: Engine,
        announcer: Announcer,
        views: Views,
        showing: Showing,
        chronicle: Chronicle,
        together: int = 1,
    ) -> None:
        """``together`` is how many pictures the engine paints at a time, if they fit together."""
        self._store = store
        self._files = files
        self._engine = engine
        self._announcer = announcer
        self._views = views
        self._chronicle = chronicle
        self._checks = Checks(store, files, views.safety)
        self._endings = Endings(store, announcer, views, showing, self._checks, chronicle)
        self._keeping = Keeping(store, files, views.safety)
        self._withdrawals = Withdrawals(store.posts, announcer)
        self.line = Line(lambda: engine.status().steps_per_second)
        self._places = PlaceNews(self.line, announcer, views)
        self._news = asyncio.Event()
        self._seats = Seats(together, self._news.set)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Those of running jobs, and of jobs whose end is just being reported."""
        self._loop: asyncio.Task[None] | None = None
        self._own: set[str] | None = None

    async def start(self, *, resume: bool) -> None:
        """Begin to take jobs; with ``resume``, those too that an earlier process left."""
        if resume:
            self._withdrawals.resume()
            await take_up(self._store, self._files, self._endings)
        else:
            self._own = set()
        for job in await self._store.jobs.unfinished():
            if job.status in OPEN:
                # Of a process that was killed they are stored as running, and nothing runs yet.
                self.line.put(replace(job, status="queued"))
        self._places.start(tell_all=resume)
        self._loop = asyncio.create_task(self._take_jobs())

    def wake(self, job: JobRecord) -> Place:
        """Say that a job was stored, and return its place in the line."""
        self._chronicle.accepted(job)
        self._endings.expect(job.id)
        self.line.put(job)
        place = self.line.place(job)
        self._places.know(place)
        if place.ahead + 1 < len(self.line):
            self._places.moved()
        if self._own is not None:
            self._own.add(job.id)
        self._news.set()
        return place

    @property
    def running(self) -> int:
        """How many jobs are on the engine, or on their way to it."""
        return len(self._running)

    async def wait_for(self, job_id: str) -> None:
        """Wait until a job that this process was told of has ended."""
        await self._endings.wait_for(job_id)

    async def idle(self) -> None:
        """Wait until every job that this process was told of has ended."""
        await self._endings.idle()

    async def cancelled(self, job: JobRecord) -> None:
        """Stop a job whose cancellation is stored."""
        self._leave_line(job.id)
        await self._engine.cancel(job.id)
        if job.id not in self._running:
            await self._end(job)

    async def deleted(self, job: JobRecord) -> None:
        """Stop a job whose deletion is stored, and take its messages down in the background."""
        self._withdrawals.begin(job.id)
        await self._stop(job)

    async def forgotten(self, stopped: Collection[JobRecord], posted: Collection[str]) -> None:
        """Stop jobs of somebody who was forgotten, and take the messages of others down."""
        for job in stopped:
            await self.deleted(job)
        mine = {job.id for job in stopped}
        self._withdrawals.begin_all([job_id for job_id in posted if job_id not in mine])

    async def _stop(self, job: JobRecord) -> None:
        if self._leave_line(job.id):
            await self._engine.cancel(job.id)
            if job.id not in self._running:
                await self._end(job)

    def _leave_line(self, job_id: str) -> bool:
        left = self.line.drop(job_id)
        if left:
            self._places.left(job_id)
        return left

    async def close(self) -> None:
        """Stop taking jobs; one that runs goes back into the line, and an end is still reported."""
        loop = [self._loop] if self._loop else []
        for task in (*loop, *self._running.values()):
            task.cancel()
        await asyncio.gather(*loop, *self._tasks, return_exceptions=True)
        await self._places.close()
        await self._withdrawals.close()

    async def _take_jobs(self) -> None:
        while True:
            self._news.clear()
            taken = await self._next()
            if taken is None:
                await self._news.wait()
                continue
            job, turn = taken
            with working_on(job.id, job.reply_to.platform):
                task = asyncio.create_task(self._run(job, turn))
            self._running[job.id] = task
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _next(self) -> tuple[JobRecord, Turn] | None:
        """Start the job whose turn it is, if any waits and there is room for it."""
        while (job := self._first()) is not None and self._seats.has_room_for(job):
            turn = Turn(self._seats, job)
            started = await self._started(job)
            if started is not None:
                return started, turn
            turn.give_up()
        return None

    async def _started(self, job: JobRecord) -> JobRecord | None:
        """Store that a job starts, and return it; none for one that cannot, which is at its end."""
        try:
            started = await self._store.jobs.start(job.id)
        except UserError as error:
            # On a full disk nothing can be stored, not even the start: the next process tries.
            await self._end(replace(job, status="failed", error=error))
            return None
        except Exception:
            # Nobody else's job is to wait for ever for that.
            log.exception("job %s: a fault of ours", job.id)
            await self._end(replace(job, status="failed", error=InternalFault(job.id)))
            return None
        if started is None or job.id not in self.line:
            self._leave_line(job.id)
            return None
        self.line.put(started)
        self._chronicle.started(job, started)
        return started

    def _first(self) -> JobRecord | None:
        """Return the first of those who wait and whom this process was told of."""
        waiting = self.line.waiting()
        return next((job for job in waiting if self._own is None or job.id in self._own), None)

    async def _run(self, job: JobRecord, turn: Turn) -> None:
        try:
            await self._carry_out(job, turn)
        except asyncio.CancelledError:
            with suppress(UserError):
                if not await self._store.jobs.requeue(job.id, failed_attempt=False):
                    # It had ended just before, and can still be told of.
                    await self._end(job)
            raise
        except UserError as error:
            job = await self._fail(job, error)
        except Exception:
            log.exception("job %s: a fault of ours", job.id)
            job = await self._fail(job, InternalFault(job.id))
        finally:
            turn.give_up()
            self._running.pop(job.id, None)
            self._news.set()
        await self._end(job)

    async def _fail(self, job: JobRecord, error: UserError) -> JobRecord:
        """Store a failure; on a full disk it cannot be, and the asker is told all the same."""
        try:
            await self._store.jobs.fail(job.id, error)
        except UserError as fault:
            log.warning("job %s: its end cannot be stored: %s", job.id, fault)
        return replace(job, status="failed", error=error)

    async def _carry_out(self, job: JobRecord, turn: Turn) -> None:
        self._announcer.report(job, self._views.running(job, None), urgent=True)
        order = await order_for(self._store, self._files, job)
        began = time.monotonic()
        if job.id not in self.line:
            # Cancelled before the engine knew of it, which therefore cannot have stopped it.
            return
        if not order.indices:
            await self._store.jobs.finish(job.id, 0.0)
            return
        async with aclosing(self._engine.run(order)) as events:
            preview: Preview | None = None
            async for event in events:
                await turn.follow(order, event)
                self.line.follow(order, event)
                if isinstance(event, Progress):
                    # Previews are few: a state without one shows that of before.
                    preview = event.preview or preview
                    event = replace(event, preview=preview)
                await self._take(job, event, began)

    async def _take(self, job: JobRecord, event: Event, began: float) -> None:
        if isinstance(event, PictureReady):
            await self._keep(job, event)
        elif isinstance(event, Finished):
            if await self._store.jobs.finish(job.id, time.monotonic() - began):
                self._chronicle.rendered(job, event.seconds)
        elif isinstance(event, Failed):
            await self._store.jobs.fail(job.id, event.error)
        elif isinstance(event, Cancelled):
            await self._store.jobs.cancel(job.id)
        elif isinstance(event, Retry):
            # On the disk, since this process may not live to see what comes of it.
            with suppress(UserError):
                await self._store.jobs.count_attempt(job.id)
        else:
            self._announcer.report(job, self._views.running(job, event))

    async def _keep(self, job: JobRecord, ready: PictureReady) -> None:
        if job.command == "verify":
            await self._checks.compare(job, ready)
        elif await self._keeping.keep(job, ready):
            self._chronicle.picture(job)

    async def _end(self, job: JobRecord) -> None:
        """Report how a job ended, and let go whoever waits for it."""
        self._leave_line(job.id)
        await self._endings.tell(job)
        if self._own is not None:
            self._own.discard(job.id)

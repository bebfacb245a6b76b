"""Where results wait until their chat service has taken them.

A service that is down is tried again with growing pauses, for hours, and seldom however many wait
for it; when it comes back, each result that arrives calls others, so that they come soon and never
all at once. What waits here is little: pictures are read and packed only while they are sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, Protocol

from bot.chat_errors import NotDelivered
from bot.service.surface import NotTaken
from generation.errors import UserError
from storage.records import JobRecord, utc_now

log = logging.getLogger(__name__)

LASTS: Final = 12 * 3600.0
"""Seconds for which a result is brought again and again, from when it comes here: at the end of its
job, or at the start of a process that finds it."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 600.0
"""Seconds between two tries; each pause is twice as long as the one before."""
JITTER: Final = 0.25
"""Of a pause, by which it may be shorter: what failed together is not tried together."""
FIRST_GAP: Final = 0.1
LONGEST_GAP: Final = 10.0
"""Seconds between the tries of all results for a platform, while none of them is answered: twice as
long after each failure. Who goes on asking is shut out for long."""
AT_ONCE: Final = 8
"""Results that are on their way to one platform at the same time."""
CALLED: Final = 2
"""So many of those that wait are tried at once when another has arrived."""

Show = Callable[[], Awaitable[bool]]
"""Shows a result once, and returns whether it was still to be; raises ``NotTaken``."""


class Ledger(Protocol):
    """Where is written down what became of results."""

    async def is_owed(self, job: JobRecord) -> bool:
        """Return whether the asker still waits for the result; the job may be deleted by now."""
        ...

    async def delivered(self, job: JobRecord) -> None:
        """Note that the asker has the result. Raises ``UserError`` where that cannot be stored."""
        ...

    async def undelivered(self, job: JobRecord, error: NotDelivered) -> None:
        """Note that the result is brought no more. Raises like ``delivered``."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many results have not arrived yet, and since when the oldest is there to be brought."""

    count: int = 0
    since: datetime | None = None


@dataclass(slots=True)
class Parcel:
    """One result on its way; ``arrived`` is set as soon as the platform has it."""

    job: JobRecord
    since: datetime = field(default_factory=utc_now)
    tries: int = 0
    arrived: bool = False


@dataclass(slots=True)
class _Rest:
    """A parcel's pause; one that was cut short before is not to be cut short at once again."""

    over: asyncio.Event
    may_be_called: bool


class _Road:
    """The way to one platform."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(AT_ONCE)
        self._resting: dict[str, _Rest] = {}
        self._ended = asyncio.Event()
        self._failures = 0
        self._next = 0.0

    async def open(self) -> bool:
        """Wait until something may be tried, and return whether it still may."""
        loop = asyncio.get_running_loop()
        while (gap := self._next - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), gap)
                return False
        if self._failures:
            self._next = loop.time() + min(LONGEST_GAP, FIRST_GAP * 2.0 ** min(self._failures, 60))
        return True

    def learn(self, refusal: NotTaken | None) -> None:
        """Take note of how a try ended: whether the platform is there."""
        if refusal is not None and refusal.is_passing:
            self._failures += 1
        else:
            self._failures, self._next = 0, 0.0

    async def rest(self, name: str, seconds: float, *, may_be_called: bool) -> bool:
        """Pause before the next try, and return whether it was called before its time."""
        rest = self._resting[name] = _Rest(asyncio.Event(), may_be_called)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rest.over.wait(), seconds)
        finally:
            del self._resting[name]
        return rest.over.is_set()

    def call(self) -> None:
        """Let the next ones try again: one has just arrived."""
        free = (rest for rest in self._resting.values() if _is_callable(rest))
        for rest in islice(free, CALLED):
            rest.over.set()

    def end(self) -> None:
        """End all pauses."""
        self._ended.set()
        for rest in self._resting.values():
            rest.over.set()


def _is_callable(rest: _Rest) -> bool:
    return rest.may_be_called and not rest.over.is_set()


class Outbox:
    """Brings results, and keeps the schedule for all platforms."""

    def __init__(self, ledger: Ledger, chance: Callable[[], float] = random.random) -> None:
        self._ledger = ledger
        self._chance = chance
        self._roads: defaultdict[str, _Road] = defaultdict(_Road)
        self._parcels: dict[str, Parcel] = {}
        self._stopped = False

    @property
    def waiting(self) -> Waiting:
        """What has not arrived yet."""
        since = min((parcel.since for parcel in self._parcels.values()), default=None)
        return Waiting(len(self._parcels), since)

    async def bring(self, parcel: Parcel, show: Show) -> None:
        """Bring a result; returns once it has arrived, is owed no more or is given up.

        After ``stop`` it returns after the next try. Whatever ``show`` raises, this does not.
        """
        job = parcel.job
        self._parcels[job.id] = parcel
        try:
            await self._bring(parcel, self._roads[job.reply_to.platform], show)
        finally:
            del self._parcels[job.id]

    def stop(self) -> None:
        """Begin no more second tries; what has not arrived then is still owed."""
        self._stopped = True
        for road in self._roads.values():
            road.end()

    async def _bring(self, parcel: Parcel, road: _Road, show: Show) -> None:
        loop = asyncio.get_running_loop()
        until, was_called = loop.time() + LASTS, False
        while True:
            async with road.places:
                if not await road.open():
                    return
                refusal = await self._try(parcel, show)
                if refusal is not None or parcel.arrived:
                    road.learn(refusal)
            if refusal is None:
                if parcel.arrived:
                    road.call()
                    await self._noted(parcel.job, self._ledger.delivered(parcel.job))
                return
            if not refusal.is_passing or loop.time() >= until:
                await self._give_up(parcel.job, refusal)
                return
            if not self._stopped:
                pause = self._pause(parcel.tries)
                was_called = await road.rest(parcel.job.id, pause, may_be_called=not was_called)
            if self._stopped:
                return

    async def _try(self, parcel: Parcel, show: Show) -> NotTaken | None:
        """Try once, and return why it was not taken; nothing where there is no more to do."""
        parcel.tries += 1
        first = parcel.tries == 1
        try:
            if not await self._ledger.is_owed(parcel.job):
                return None
            parcel.arrived = await show()
        except NotTaken as refusal:
            level = logging.WARNING if first else logging.DEBUG
            log.log(level, "job %s: its result was not taken: %s", parcel.job.id, refusal)
            return refusal
        except Exception as error:
            # A fault of ours or of a library: what comes of it is the same as of one of theirs.
            log.warning("job %s: its result was not taken", parcel.job.id, exc_info=first)
            return NotTaken("down", error)
        if parcel.arrived and not first:
            log.info("job %s: its result was taken at try %d", parcel.job.id, parcel.tries)
        return None

    def _pause(self, tries: int) -> float:
        pause = FIRST_PAUSE * 2.0 ** min(tries - 1, 60)
        return min(LONGEST_PAUSE, pause) * (1 - JITTER * self._chance())

    async def _give_up(self, job: JobRecord, refusal: NotTaken) -> None:
        log.warning("job %s: its result is brought no more: %s", job.id, refusal)
        error = NotDelivered(job.reply_to.platform, refusal.reason)
        await self._noted(job, self._ledger.undelivered(job, error))

    async def _noted(self, job: JobRecord, noting: Awaitable[None]) -> None:
        try:
            await noting
        except UserError as error:
            log.warning("job %s: what became of its result cannot be stored: %s", job.id, error)

"""How much one person may ask for in a while, so that nobody drowns out the others.

A window that moves with time rather than a bucket that fills up: a limit of ten an hour is ten in
any hour, and when the next is free is known to the second.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

from bot.config_sections import LimitsSection
from bot.errors import TooOften
from storage.jobs import Jobs
from storage.records import utc_now

HOUR: Final = 3600.0
MINUTE: Final = 60.0


class Window:
    """What people took in the last ``period`` seconds, of which each may take ``limit``.

    It remembers those alone who took something in it. All times are of one clock, in seconds.
    """

    def __init__(self, limit: int, period: float) -> None:
        self.limit = limit
        self._period = period
        self._taken: dict[str, deque[float]] = {}
        self._swept = -math.inf

    def __contains__(self, actor: str) -> bool:
        return actor in self._taken

    def remember(self, actor: str, moments: Iterable[float]) -> None:
        """Take in what somebody took before, oldest first."""
        self._taken[actor] = deque(moments, maxlen=self.limit)

    def take(self, actor: str, now: float) -> float:
        """Take one; or return the seconds to wait where that was one too many."""
        self._sweep(now)
        taken = self._taken.setdefault(actor, deque(maxlen=self.limit))
        if len(taken) == self.limit and (wait := taken[0] + self._period - now) > 0:
            return wait
        taken.append(now)
        return 0.0

    def give_back(self, actor: str, moment: float) -> None:
        """Give back what was taken at a moment and came to nothing."""
        taken = self._taken.get(actor, ())
        if moment in taken:
            self._taken[actor].remove(moment)

    def _sweep(self, now: float) -> None:
        """Forget, now and then, who took nothing in the period."""
        if now - self._swept < self._period:
            return
        self._swept = now
        since = now - self._period
        self._taken = {a: taken for a, taken in self._taken.items() if taken and taken[-1] > since}


class Rates:
    """Counts the commands a minute and the jobs an hour of each person who is no admin.

    The jobs of before a restart are counted as well, apart from deleted ones; commands are not.
    """

    def __init__(
        self, limits: LimitsSection, jobs: Jobs, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._commands = Window(limits.commands_per_minute, MINUTE)
        self._new_jobs = Window(limits.jobs_per_hour, HOUR)

    def command(self, actor: str) -> None:
        """Count a command. Raises ``TooOften``."""
        if self._commands.limit:
            self._take(self._commands, "commands", actor)

    @asynccontextmanager
    async def job(self, actor: str) -> AsyncIterator[None]:
        """Count a job, if it comes to be in this context. Raises ``TooOften``."""
        if not self._new_jobs.limit:
            yield
            return
        await self._recall(actor)
        moment = self._take(self._new_jobs, "jobs", actor)
        try:
            yield
        except BaseException:
            self._new_jobs.give_back(actor, moment)
            raise

    async def _recall(self, actor: str) -> None:
        if actor in self._new_jobs:
            return
        came = await self._jobs.moments_of(actor, self._new_jobs.limit)
        # Others of the same person may have been counted meanwhile, and are stored or will be.
        if actor not in self._new_jobs:
            now, wall = self._clock(), utc_now()
            ages = [max(0.0, (wall - moment).total_seconds()) for moment in came]
            self._new_jobs.remember(actor, [now - age for age in ages])

    def _take(self, window: Window, what: str, actor: str) -> float:
        now = self._clock()
        wait = window.take(actor, now)
        if wait:
            raise TooOften(what, window.limit, math.ceil(wait))
        return now

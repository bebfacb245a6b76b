"""The life of each job in a few lines of the log, and in the meter's numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.log_context import working_on
from bot.service.running.line import cost
from bot.service.running.meter import UNMETERED, Meter
from storage.records import JobRecord, utc_now

log = logging.getLogger(__name__)


class Chronicle:
    """Is told of each turn in a job's life, once. What people typed is never written down."""

    def __init__(self, meter: Meter = UNMETERED, clock: Callable[[], datetime] = utc_now) -> None:
        self._meter = meter
        self._clock = clock

    def accepted(self, job: JobRecord) -> None:
        """Take note that a job is stored: by whom, where and at what cost."""
        self._meter.accepted(job)
        work = cost(job)
        self._say(
            job,
            f"accepted: /{job.command} by {job.actor} in {job.place}, "
            f"{_plural(job.count, 'picture')} with {job.recipe.model}, "
            f"{work:.3g} megapixel-steps",
        )

    def started(self, before: JobRecord, job: JobRecord) -> None:
        """Take note of a start; ``before`` is how the job waited, perhaps for another start."""
        waited = self._since(job.created)
        if before.started is None:
            self._meter.started(job, waited)
            self._say(job, f"started, {waited:.1f} s after it was accepted")
        else:
            self._say(job, "started again")

    def picture(self, job: JobRecord) -> None:
        """Take note of a picture that was kept."""
        self._meter.picture(job)

    def rendered(self, job: JobRecord, seconds: float) -> None:
        """Take note that all pictures are there, and how long they were drawn."""
        self._meter.rendered(job, seconds)
        self._say(job, f"rendered in {seconds:.1f} s")

    def stopped(self, job: JobRecord) -> None:
        """Take note of a job that failed or was cancelled."""
        self._meter.stopped(job)
        self._say(job, f"{job.status}: {error_kind(job)}" if job.error else job.status)

    def delivered(self, job: JobRecord) -> None:
        """Take note that the asker has the result."""
        seconds = self._since(job.created)
        if job.status in ("rendered", "delivered"):
            self._meter.delivered(job, seconds)
            self._say(job, f"delivered, {seconds:.1f} s after it was accepted")
        else:
            self._say(job, "its asker was told", logging.DEBUG)

    def _since(self, moment: datetime) -> float:
        """Return the seconds since then, none of them negative where the clock was set back."""
        return max(0.0, (self._clock() - moment).total_seconds())

    @staticmethod
    def _say(job: JobRecord, sentence: str, level: int = logging.INFO) -> None:
        with working_on(job.id, job.reply_to.platform):
            log.log(level, "%s", sentence)


def error_kind(job: JobRecord) -> str:
    """Return the kind of error that a job ended with, without the words of anybody."""
    return type(job.error).__name__ if job.error else ""


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

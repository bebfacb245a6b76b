"""The line: the open jobs in order, and how long each still has to wait.

It is kept in memory by the one process that owns the jobs, so that nobody who asks for a place has
to read all jobs. What a job may do is never decided here but in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from generation.recipe import Recipe
from storage.records import JobRecord

Speeds = Callable[[], Mapping[str, float]]
"""Gives the measured speed of each model, in megapixel-steps a second."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands: ``ahead`` open jobs came before it.

    ``wait`` are the seconds until its turn, none while a speed is unknown or nothing is ahead.
    """

    job: JobRecord
    ahead: int
    wait: float | None


class Line:
    """The open jobs, whether they run or wait."""

    def __init__(self, speeds: Speeds) -> None:
        self._speeds = speeds
        self._jobs: dict[str, JobRecord] = {}

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    def put(self, job: JobRecord) -> None:
        """Take a job in, or its newer state."""
        self._jobs[job.id] = job

    def drop(self, job_id: str) -> bool:
        """Let a job go that is open no more, and return whether it was here."""
        return self._jobs.pop(job_id, None) is not None

    def waiting(self) -> list[JobRecord]:
        """Return the jobs that wait, in order of arrival."""
        return [job for job in self._in_order() if job.status == "queued"]

    def place(self, job: JobRecord) -> Place:
        """Return where a job stands."""
        before = [other for other in self._jobs.values() if other.number < job.number]
        *_, seconds = _sums(before, self._speeds())
        return Place(job, len(before), seconds or None)

    def places(self) -> list[Place]:
        """Return where all jobs stand, in order of arrival."""
        jobs = self._in_order()
        waits = _sums(jobs, self._speeds())
        return [
            Place(job, ahead, wait or None)
            for ahead, (job, wait) in enumerate(zip(jobs, waits, strict=False))
        ]

    def _in_order(self) -> list[JobRecord]:
        return sorted(self._jobs.values(), key=lambda job: job.number)


def _sums(jobs: Iterable[JobRecord], speeds: Mapping[str, float]) -> Iterator[float | None]:
    """Yield the seconds before each job, and last those of all; none where one is unknown."""
    seconds: float | None = 0.0
    yield seconds
    for job in jobs:
        speed = speeds.get(job.recipe.model)
        if seconds is not None:
            seconds = seconds + cost(job.recipe, job.count) / speed if speed else None
        yield seconds


def cost(recipe: Recipe, count: int) -> float:
    """Return the work of some pictures in megapixel-steps."""
    return recipe.width * recipe.height * recipe.steps * count / 1e6

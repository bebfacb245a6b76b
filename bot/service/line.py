"""The line: the open jobs in order, and how long each still has to wait.

It is kept in memory by the one process that owns the jobs, so that nobody who asks for a place has
to read all jobs. What a job may do is never decided here but in the store.
"""

from __future__ import annotations

from collections import Counter
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
        self._work: Counter[str] = Counter()
        """All open work by model, in whole pixel-steps: no sum drifts, whatever comes and goes."""
        self._last = 0

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    def put(self, job: JobRecord) -> None:
        """Take a job in, or its newer state."""
        if job.id not in self._jobs:
            self._work[job.recipe.model] += _pixel_steps(job)
            self._last = max(self._last, job.number)
        self._jobs[job.id] = job

    def drop(self, job_id: str) -> bool:
        """Let a job go that is open no more, and return whether it was here."""
        job = self._jobs.pop(job_id, None)
        if job is not None:
            self._work[job.recipe.model] -= _pixel_steps(job)
        return job is not None

    def waiting(self) -> list[JobRecord]:
        """Return the jobs that wait, in order of arrival."""
        return [job for job in self._in_order() if job.status == "queued"]

    def place(self, job: JobRecord) -> Place:
        """Return where a job stands."""
        if job.number == self._last and job.id in self._jobs:
            return Place(job, len(self._jobs) - 1, self._wait_of_last(job) or None)
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

    def _wait_of_last(self, job: JobRecord) -> float | None:
        """Return the seconds that all but the newest job take, without looking at each."""
        left = self._work - Counter({job.recipe.model: _pixel_steps(job)})
        speeds = self._speeds()
        if not all(speeds.get(model) for model in left):
            return None
        return sum(work / 1e6 / speeds[model] for model, work in left.items())

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


def _pixel_steps(job: JobRecord) -> int:
    return job.recipe.width * job.recipe.height * job.recipe.steps * job.count


def cost(recipe: Recipe, count: int) -> float:
    """Return the work of some pictures in megapixel-steps."""
    return recipe.width * recipe.height * recipe.steps * count / 1e6

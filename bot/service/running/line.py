"""The line: the open jobs in the order in which they run, and how long each still has to wait.

It is kept in memory by the one process that owns the jobs, so that nobody who asks for a place has
to read all jobs. What a job may do is never decided here but in the store, and who is next in
``bot.service.running.fairness``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.service.running.fairness import Claim, Fairness
from generation.engine import Event, Order, PictureReady, Progress
from generation.plan import plan_of
from storage.records import JobRecord

Speeds = Callable[[], Mapping[str, float]]
"""Gives the measured speed of each model, in megapixel-steps a second."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands: ``ahead`` open jobs run before it, unless others come in between.

    ``wait`` are the seconds until its turn, none while a speed is unknown or nothing is ahead.
    """

    job: JobRecord
    ahead: int
    wait: float | None


@dataclass(slots=True)
class _Standing:
    """An open job; ``work`` and what is ``left`` of it in pixel-steps."""

    job: JobRecord
    work: int
    left: float


class Line:
    """The open jobs, whether they run or wait."""

    def __init__(self, speeds: Speeds) -> None:
        self._speeds = speeds
        self._fairness = Fairness()
        self._standing: dict[int, _Standing] = {}
        self._running: dict[int, _Standing] = {}
        self._numbers: dict[str, int] = {}

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def put(self, job: JobRecord) -> None:
        """Take a job in, or its newer state."""
        standing = self._standing.get(job.number)
        if standing is None:
            standing = self._take_in(job)
        standing.job = job
        if job.status == "running" and job.number not in self._running:
            self._running[job.number] = standing
            self._fairness.begin(job.number)

    def drop(self, job_id: str) -> bool:
        """Let a job go that is open no more, and return whether it was here."""
        number = self._numbers.pop(job_id, None)
        if number is None:
            return False
        standing = self._standing.pop(number)
        self._running.pop(number, None)
        self._fairness.leave(number, used=standing.work - round(standing.left))
        return True

    def follow(self, order: Order, event: Event) -> None:
        """Note from what its worker says how much of a running job is made already."""
        number = self._numbers.get(order.job_id)
        if number is None or not isinstance(event, Progress | PictureReady):
            return
        standing = self._standing[number]
        made = 1.0
        if isinstance(event, Progress):
            made = event.together * event.step / event.total
        pictures_left = len(order.indices) - order.indices.index(event.index) - made
        standing.left = standing.work * max(0.0, pictures_left) / standing.job.count

    def waiting(self) -> list[JobRecord]:
        """Return the jobs that wait, in the order in which they run."""
        return [self._standing[number].job for number in self._fairness.order()]

    def place(self, job: JobRecord) -> Place:
        """Return where a job stands; behind all others if it is not here yet."""
        if job.number in self._running:
            return Place(job, 0, None)
        known = job.number in self._standing
        numbers = self._fairness.before(job.number) if known else self._fairness.order()
        before = [*self._running.values(), *map(self._standing.__getitem__, numbers)]
        return Place(job, len(before), _seconds(before, self._speeds()) or None)

    def places(self) -> list[Place]:
        """Return where all jobs stand: those that run, and behind them those that wait."""
        waiting = map(self._standing.__getitem__, self._fairness.order())
        standing = [*self._running.values(), *waiting]
        waits = _sums(standing, self._speeds())
        return [
            Place(each.job, ahead, wait or None)
            for ahead, (each, wait) in enumerate(zip(standing, waits, strict=False))
        ]

    def _take_in(self, job: JobRecord) -> _Standing:
        work = _pixel_steps(job)
        standing = self._standing[job.number] = _Standing(job, work, work)
        self._numbers[job.id] = job.number
        self._fairness.join(Claim(job.number, job.actor, work, job.admin))
        return standing


def _seconds(jobs: Iterable[_Standing], speeds: Mapping[str, float]) -> float | None:
    """Return the seconds that some jobs take; none where the speed of one is unknown."""
    work: dict[str, float] = {}
    for each in jobs:
        model = each.job.recipe.model
        work[model] = work.get(model, 0) + each.left
    if not all(speeds.get(model) for model in work):
        return None
    return sum(left / 1e6 / speeds[model] for model, left in work.items())


def _sums(jobs: Iterable[_Standing], speeds: Mapping[str, float]) -> Iterator[float | None]:
    """Yield the seconds before each job; none where a speed is unknown."""
    seconds: float | None = 0.0
    for each in jobs:
        yield seconds
        speed = speeds.get(each.job.recipe.model)
        if seconds is not None:
            seconds = seconds + each.left / 1e6 / speed if speed else None


def _pixel_steps(job: JobRecord) -> int:
    return sum(plan_of(recipe).pixel_steps for recipe in job.recipes)


def cost(job: JobRecord) -> float:
    """Return the work of a job in megapixel-steps."""
    return _pixel_steps(job) / 1e6

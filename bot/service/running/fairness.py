"""Whose job is next: users take turns by what their jobs cost, whatever they queue.

This is start-time fair queueing (P. Goyal, H. M. Vin and H. Cheng, "Start-time Fair Queueing: A
Scheduling Algorithm for Integrated Services Packet Switching Networks", SIGCOMM 1996) with one
flow of the same weight for each user. A job's start tag is the virtual time at which it came, or
the finish tag of its user's job before where that is later; its finish tag is as much later as
the job costs. The smallest start tag, less a head start if the job has one, runs next. Virtual
time is the smallest start tag of those who waited when a job began last: who was idle starts
there, and what ran before counts against nobody for longer than until it passes.

A job has a head start where its user has no other open job when it comes, so that who asks for
many at once gains nothing by it. A small job, which costs at most a quarter of the longest, has
one of such a quarter; the head starts of all admins together are at most the longest job.
The longest job is that since the last time when none was open.

With N users at work each is owed an Nth of the worker. A job's turn is the moment at which it
would begin if its user had such a share alone: once it has come, and its user's jobs before it
are done at that pace. No job begins later after its turn than N of the longest jobs take:

    Let a user's jobs follow each other from virtual time v up to one with start tag s. Until that
    begins, others begin only with tags from v to s plus their head start; as those of one user lie
    apart by their costs, they cost at most s - v, that head start and the last of them together.
    The last two are at most half the longest job for a small one, and the head starts of all admins
    are one longest job: the N - 1 others cost at most (N - 1)(s - v + longest) + longest, the
    user's own s - v, together N (s - v) + N longest; and the turn comes N (s - v) after v or later.

A job that steps aside for a download and comes back is not counted there.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Final

SMALL: Final = 4
"""The longest job costs at least so many times as much as a small one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What decides about a job's turn: ``number`` counts the jobs as they came.

    ``cost`` is a whole number above 0, so that equal sums are equal.
    """

    number: int
    actor: str
    cost: int
    admin: bool = False


@dataclass(slots=True)
class _Tagged:
    claim: Claim
    start: int
    head_start: int = 0

    @property
    def finish(self) -> int:
        return self.start + self.claim.cost

    @property
    def rank(self) -> tuple[int, int]:
        return self.start - self.head_start, self.claim.number


@dataclass(slots=True)
class _Flow:
    """The jobs of one user: how many run, and those that wait, in the order in which they came."""

    finish: int = 0
    running: int = 0
    waiting: list[_Tagged] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        return not (self.running or self.waiting)

    def finish_before(self, place: int) -> int:
        """Return the finish tag of the job before a place among those who wait."""
        return self.waiting[place - 1].finish if place else self.finish


class Fairness:
    """Orders the jobs that wait. Knows no time but the work that was begun."""

    def __init__(self) -> None:
        self._now = 0
        self._longest = 0
        self._flows: dict[str, _Flow] = {}
        self._waiting: dict[int, _Tagged] = {}
        self._running: dict[int, Claim] = {}
        self._ranks: list[tuple[int, int]] = []
        self._lent: dict[str, tuple[int, int]] = {}
        """The latest head start of each admin, behind the start tag at which it is made good."""

    def order(self) -> list[int]:
        """Return the numbers of those who wait, in the order in which they run."""
        return [number for _, number in self._ranks]

    def before(self, number: int) -> list[int]:
        """Return the numbers of those who wait and run before one of them."""
        ranks = self._ranks[: bisect_left(self._ranks, self._waiting[number].rank)]
        return [each for _, each in ranks]

    def join(self, claim: Claim) -> None:
        """Take in a job, behind those of its user that came before it."""
        flow = self._flows.setdefault(claim.actor, _Flow())
        self._longest = max(self._longest, claim.cost)
        place = bisect_left(flow.waiting, claim.number, key=lambda other: other.claim.number)
        job = _Tagged(claim, max(self._now, flow.finish_before(place)))
        if flow.idle:
            job.head_start = self._head_start(job)
        self._waiting[claim.number] = job
        insort(self._ranks, job.rank)
        flow.waiting.insert(place, job)
        for later in flow.waiting[place + 1 :]:
            self._rank_anew(later, later.start, head_start=0)
        self._tag_anew(flow, place + 1)

    def begin(self, number: int) -> None:
        """Note that a job which waited runs."""
        job = self._waiting.pop(number)
        first = min(flow.waiting[0].start for flow in self._flows.values() if flow.waiting)
        self._now = max(self._now, first)
        self._unrank(job)
        flow = self._flows[job.claim.actor]
        flow.waiting.remove(job)
        flow.finish = max(flow.finish, job.finish)
        flow.running += 1
        self._running[number] = job.claim
        self._forget()

    def leave(self, number: int, used: int = 0) -> None:
        """Let a job go that ended, was cancelled or deleted.

        What it has not ``used`` of its cost is given back: later jobs of its user move up.
        """
        if number in self._running:
            claim = self._running.pop(number)
            flow = self._flows[claim.actor]
            flow.running -= 1
            flow.finish -= claim.cost - min(used, claim.cost)
            place = 0
        else:
            job = self._waiting.pop(number)
            flow = self._flows[job.claim.actor]
            self._unrank(job)
            place = flow.waiting.index(job)
            flow.waiting.pop(place)
        self._tag_anew(flow, place)
        if not self._waiting and not self._running:
            self._begin_anew()

    def _head_start(self, job: _Tagged) -> int:
        small = self._longest // SMALL
        head_start = small if job.claim.cost <= small else 0
        if job.claim.admin:
            lent = sum(
                lent
                for actor, (start, lent) in self._lent.items()
                if actor != job.claim.actor and start > self._now
            )
            head_start = max(head_start, self._longest - lent)
            self._lent[job.claim.actor] = job.start, max(0, self._longest - lent)
        return head_start

    def _tag_anew(self, flow: _Flow, place: int) -> None:
        """Tag the jobs of a user from a place on, after one came or went before them."""
        for at in range(place, len(flow.waiting)):
            job = flow.waiting[at]
            start = max(self._now, flow.finish_before(at))
            if start == job.start:
                return
            self._rank_anew(job, start, job.head_start)

    def _rank_anew(self, job: _Tagged, start: int, head_start: int) -> None:
        self._unrank(job)
        job.start, job.head_start = start, head_start
        insort(self._ranks, job.rank)

    def _unrank(self, job: _Tagged) -> None:
        del self._ranks[bisect_left(self._ranks, job.rank)]

    def _forget(self) -> None:
        """Let go of the users who are owed as much as somebody new."""
        done = [
            actor for actor, flow in self._flows.items() if flow.idle and flow.finish <= self._now
        ]
        for actor in done:
            del self._flows[actor]
        self._lent = {actor: lent for actor, lent in self._lent.items() if lent[0] > self._now}

    def _begin_anew(self) -> None:
        self._now = self._longest = 0
        self._flows.clear()
        self._lent.clear()

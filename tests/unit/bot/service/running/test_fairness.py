"""Whose job is next, by simulation: one server that makes one unit of work in one of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.service.running.fairness import SMALL, Claim, Fairness

ARRIVAL, CANCELLATION, END = range(3)


@dataclass(frozen=True)
class Job:
    """Something that somebody asks for at a time, and perhaps cancels at a later one."""

    at: int
    actor: str
    cost: int
    admin: bool = False
    cancelled: int | None = None


@dataclass
class Run:
    """What became of the jobs, by their numbers."""

    jobs: Sequence[Job]
    began: dict[int, int] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)
    """When each left, whether it was made or cancelled before or meanwhile."""
    order: list[int] = field(default_factory=list)
    promised: list[list[int]] = field(default_factory=list)
    """The order of all who waited, as it was before each of ``order`` began."""
    idled: list[int] = field(default_factory=list)
    """Times at which nothing ran though something waited."""

    def used(self, number: int) -> int:
        """Return how much of a job was made."""
        return self.ended[number] - self.began[number] if number in self.began else 0


def simulate(jobs: Sequence[Job]) -> Run:
    """Let jobs come, run one at a time, and go."""
    run, fair = Run(jobs), Fairness()
    events = [(job.at, ARRIVAL, number) for number, job in enumerate(jobs)]
    events += [(j.cancelled, CANCELLATION, n) for n, j in enumerate(jobs) if j.cancelled]
    heapify(events)
    running: int | None = None
    while events:
        now, kind, number = heappop(events)
        if kind == ARRIVAL:
            job = jobs[number]
            fair.join(Claim(number, job.actor, job.cost, job.admin))
        elif number not in run.ended and (kind == CANCELLATION or running == number):
            run.ended[number] = now
            fair.leave(number, run.used(number))
            running = None if running == number else running
        if events and events[0][0] == now:
            continue
        if running is None and (waiting := fair.order()):
            running = waiting[0]
            run.promised.append(waiting)
            fair.begin(running)
            assert running not in run.began
            run.began[running] = now
            run.order.append(running)
            heappush(events, (now + jobs[running].cost, END, running))
        elif running is None and len(run.ended) < sum(job.at <= now for job in jobs):
            run.idled.append(now)
    return run


def turn_and_bound(run: Run, number: int) -> tuple[int, int]:
    """Return the latest beginning that is fair to a job, and how much later it may begin.

    With N users at work, its turn is when it has come, and those before it of its user would be
    done by a worker that is N times slower.
    """
    jobs, began = run.jobs, run.began[number]
    longest = max(job.cost for job in jobs if job.at <= began)
    own = [n for n in run.began if n <= number and jobs[n].actor == jobs[number].actor]
    latest = (0, 0)
    for first in own:
        since = jobs[first].at
        users = {
            job.actor
            for n, job in enumerate(jobs)
            if n == number or (job.at < began and run.ended[n] > since)
        }
        work = sum(run.used(n) for n in own if first <= n < number)
        latest = max(latest, (since + len(users) * work, len(users) * longest), key=sum)
    return latest


ACTORS: Final = "abcdef"
MOMENTS: Final = st.one_of(st.integers(0, 60), st.integers(0, 400))
COSTS: Final = st.one_of(st.integers(1, 4), st.integers(1, 40), st.just(16))
JOBS: Final = st.builds(
    lambda at, actor, cost, admin, patience: Job(
        at, actor, cost, admin, None if patience is None else at + patience
    ),
    MOMENTS,
    st.sampled_from(ACTORS),
    COSTS,
    st.booleans(),
    st.one_of(st.none(), st.none(), st.integers(1, 80)),
)
ARRIVALS: Final = st.lists(JOBS, min_size=1, max_size=40).map(
    lambda jobs: sorted(jobs, key=lambda job: job.at)
)


def line_of(*claims: Claim) -> Fairness:
    fair = Fairness()
    for claim in claims:
        fair.join(claim)
    return fair


def run_all(fair: Fairness) -> list[int]:
    """Let all who wait run to their end, and return their order."""
    ran = []
    while waiting := fair.order():
        fair.begin(waiting[0])
        fair.leave(waiting[0], 1_000_000)
        ran.append(waiting[0])
    return ran


def fifty(cost: int = 5) -> list[Claim]:
    """Return many jobs of ada; the first is number 0."""
    return [Claim(number, "ada", cost) for number in range(50)]


@settings(max_examples=250, deadline=None)
@given(ARRIVALS)
def test_nobody_waits_longer_after_their_turn_than_one_longest_job_of_each_user(
    jobs: list[Job],
) -> None:
    run = simulate(jobs)
    for number, began in run.began.items():
        turn, bound = turn_and_bound(run, number)
        assert began - turn <= bound


@settings(max_examples=100, deadline=None)
@given(ARRIVALS)
def test_every_job_runs_once_or_was_cancelled_and_nothing_waits_beside_an_idle_worker(
    jobs: list[Job],
) -> None:
    run = simulate(jobs)
    assert sorted(run.ended) == list(range(len(jobs)))
    assert len(set(run.order)) == len(run.order)
    for number, job in enumerate(jobs):
        assert job.cancelled is not None or run.used(number) == job.cost
    assert not run.idled


@settings(max_examples=100, deadline=None)
@given(ARRIVALS)
def test_the_jobs_of_one_user_run_in_the_order_in_which_they_came(jobs: list[Job]) -> None:
    run = simulate(jobs)
    for actor in ACTORS:
        mine = [number for number in run.order if jobs[number].actor == actor]
        assert mine == sorted(mine)


@settings(max_examples=100, deadline=None)
@given(ARRIVALS)
def test_the_order_that_is_told_is_kept_where_nobody_comes_or_goes(jobs: list[Job]) -> None:
    run = simulate([Job(0, job.actor, job.cost, job.admin) for job in jobs])
    assert run.order == run.promised[0]


@settings(max_examples=50, deadline=None)
@given(COSTS, COSTS, st.booleans(), st.booleans(), st.integers(0, 49))
def test_after_fifty_jobs_of_one_user_the_one_of_another_is_next(
    many: int, one: int, ada_is_admin: bool, bob_is_admin: bool, done: int
) -> None:
    fair = line_of(*(Claim(number, "ada", many, ada_is_admin) for number in range(50)))
    for number in range(done):
        fair.begin(number)
        fair.leave(number, many)
    fair.begin(done)
    fair.join(Claim(50, "bob", one, bob_is_admin))
    assert fair.order() == [50, *range(done + 1, 50)]
    assert fair.before(50) == []


def test_users_take_turns() -> None:
    fair = line_of(*(Claim(number, "aabb"[number % 4], 5) for number in range(12)))
    assert "".join("aabb"[number % 4] for number in run_all(fair)) == "ab" * 6


def test_turns_go_by_what_jobs_cost() -> None:
    long = [Claim(number, "ada", 30) for number in range(2)]
    short = [Claim(number, "bob", 10) for number in range(2, 8)]
    assert run_all(line_of(*long, *short)) == [0, 2, 3, 4, 1, 5, 6, 7]


def test_neither_what_ran_before_nor_having_been_idle_counts_for_ever() -> None:
    fair = line_of(*fifty())
    for number in range(30):
        fair.begin(number)
        fair.leave(number, 5)
    for number in range(50, 53):
        fair.join(Claim(number, "bob", 7))
    for number in range(30, 50):
        fair.leave(number)
    fair.begin(50)
    fair.join(Claim(53, "ada", 7))
    fair.join(Claim(54, "ada", 7))
    assert fair.order() == [53, 51, 54, 52]


def test_a_head_start_does_not_put_back_those_who_come_after_it() -> None:
    fair = line_of(Claim(0, "cat", 2), Claim(1, "ada", 40), Claim(2, "cat", 40), Claim(3, "eve", 4))
    for number, used in ((0, 2), (3, 4)):
        fair.begin(number)
        fair.leave(number, used)
    fair.join(Claim(4, "eve", 4))
    fair.begin(4)
    fair.join(Claim(5, "bob", 40))
    assert fair.order() == [1, 5, 2]


def test_who_stepped_aside_and_was_cancelled_gets_no_more_back_than_a_newcomer_has() -> None:
    fair = line_of(Claim(0, "ada", 100), Claim(1, "ada", 20), Claim(2, "ada", 20))
    for number in range(3, 12):
        fair.join(Claim(number, "bob", 10))
    for number in (0, 3, 4, 5, 6):
        fair.begin(number)
    fair.leave(0)
    assert fair.order()[:4] == [1, 7, 2, 8]


def test_how_long_jobs_were_is_forgotten_once_none_is_open() -> None:
    fair = line_of(Claim(0, "ada", 100))
    assert run_all(fair) == [0]
    fair.join(Claim(1, "bob", 30))
    fair.join(Claim(2, "cat", 10))
    assert fair.order() == [1, 2]


def test_a_cancelled_job_gives_its_time_back_to_the_later_ones_of_its_user() -> None:
    fair = line_of(*fifty(), Claim(50, "bob", 5), Claim(51, "bob", 5), Claim(52, "cat", 5))
    assert fair.order()[:5] == [0, 50, 52, 1, 51]
    for number in (0, 1, 2):
        fair.leave(number)
    assert fair.order()[:6] == [3, 50, 52, 4, 51, 5]
    fair.begin(3)
    fair.leave(3, 1)
    assert fair.order()[:5] == [50, 52, 4, 51, 5]
    fair.leave(50)
    assert fair.order()[:4] == [51, 52, 4, 5]


def test_what_a_cancelled_job_did_not_use_is_given_back() -> None:
    fair = line_of(Claim(0, "ada", 20), Claim(1, "ada", 4), *(Claim(n, "bob", 6) for n in (2, 3)))
    fair.begin(0)
    assert fair.order() == [2, 3, 1]
    fair.leave(0, 2)
    assert fair.order() == [2, 1, 3]


def test_small_jobs_that_come_one_by_one_go_before_others_until_their_head_start_is_used() -> None:
    long = [Claim(number, ACTORS[number], 10 * SMALL) for number in range(4)]
    fair = line_of(*long)
    fair.begin(0)
    for number in range(4, 7):
        fair.join(Claim(number, "eve", 4))
        assert fair.order() == [number, 1, 2, 3]
        fair.begin(number)
        fair.leave(number, 4)
    fair.join(Claim(7, "eve", 4))
    assert fair.order() == [1, 2, 3, 7]


def test_who_came_first_runs_first_though_told_of_late() -> None:
    long = [Claim(number, ACTORS[number], 10 * SMALL) for number in range(2)]
    fair = line_of(*long, *(Claim(number, "eve", 10) for number in (4, 2, 5, 3)))
    assert fair.order() == [0, 1, 2, 3, 4, 5]


def test_who_asks_for_many_at_once_has_one_head_start() -> None:
    fair = line_of(Claim(0, "ada", 100), Claim(1, "ada", 100), Claim(2, "bob", 100))
    fair.begin(0)
    for number in range(3, 9):
        fair.join(Claim(number, "eve", 10, admin=True))
    assert fair.order() == [3, 2, *range(4, 9), 1]


def test_admins_go_first() -> None:
    fair = line_of(*(Claim(number, ACTORS[number], 10) for number in range(5)))
    fair.begin(0)
    fair.join(Claim(5, "boss", 10, admin=True))
    assert fair.order() == [5, 1, 2, 3, 4]


def test_all_admins_together_go_before_others_by_one_longest_job() -> None:
    bosses = [Claim(number, f"boss {number}", 10, admin=True) for number in range(1, 6)]
    fair = line_of(Claim(0, "ada", 12), *bosses, Claim(6, "bob", 12))
    for number in range(6):
        fair.begin(number)
        fair.leave(number, 12)
    for boss in bosses:
        fair.join(Claim(boss.number + 6, boss.actor, 10, admin=True))
    assert fair.order() == [7, 6, 8, 9, 10, 11]

from __future__ import annotations

from generation.engine import Cancelled, Failed, Finished
from generation.errors import WorkerDied
from generation.local.assignment import Assignment, next_together
from generation.local.blame import blamed_for, ending_after
from generation.local.deaths import Death
from tests.engine_bench import order

CRASH, KILL = Death("SIGSEGV", outside=False), Death("SIGKILL", outside=True)


def assignments(*orders: object) -> list[Assignment]:
    return [Assignment(run, each) for run, each in enumerate(orders, 1)]  # type: ignore[arg-type]


def test_an_order_that_was_painted_alone_is_to_blame_and_one_whose_files_are_written_is_not() -> (
    None
):
    written, painting = assignments(order(job="aaaaaa"), order(job="bbbbbb"))
    written.painted = True
    assert blamed_for(CRASH, [written, painting]) is painting
    assert (written.attempts, painting.attempts) == (0, 1)
    assert (written.alone, painting.alone) == (False, True)


def test_of_orders_that_were_painted_together_none_is_to_blame_at_once() -> None:
    both = assignments(order(job="aaaaaa"), order(job="bbbbbb"))
    assert blamed_for(CRASH, both) is None
    assert [each.attempts for each in both] == [0, 0]
    assert [len(next_together(both[at:], 8)) for at in (0, 1)] == [1, 1], "each alone from now on"
    assert blamed_for(CRASH, both[:1]) is both[0], "alone it is"


def test_a_kill_from_outside_parts_no_orders() -> None:
    both = assignments(order(job="aaaaaa"), order(job="bbbbbb"))
    assert blamed_for(KILL, both) is None
    assert [each.killed for each in both] == [1, 1]
    assert next_together(both, 2) == both


def test_an_order_ends_after_a_death_that_it_is_to_blame_for_twice() -> None:
    [each] = assignments(order())
    assert ending_after(CRASH, each, 600) is None
    each.attempts = 2
    ending = ending_after(CRASH, each, 600)
    assert isinstance(ending, Failed)
    assert isinstance(ending.error, WorkerDied)
    each.remaining = ()
    assert ending_after(CRASH, each, 600) == Finished(0)
    each.cancelled = True
    assert ending_after(CRASH, each, 600) == Cancelled()


def test_waiting_orders_go_together_where_they_fit_and_up_to_so_many_pictures() -> None:
    waiting = assignments(
        order("a red circle", job="aaaaaa"),
        order("a blue star", job="bbbbbb", steps=9),
        order("a heart", job="cccccc", seed=40, count=2),
        order("an apple", job="dddddd", seed=50, count=2),
        order("a square", job="eeeeee", seed=60),
    )
    jobs = [each.order.job_id for each in next_together(waiting, 4)]
    assert jobs == ["aaaaaa", "cccccc", "eeeeee"]
    assert next_together(waiting, 1) == waiting[:1]
    assert next_together(waiting[1:], 4) == waiting[1:2]
    assert next_together(waiting[2:3], 1) == waiting[2:3], "however many pictures it has"

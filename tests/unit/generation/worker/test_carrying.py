"""Orders carried out in this process, by a painter that needs no model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from generation.engine import Cancelled, Event, Failed, Finished, Order, PictureReady
from generation.errors import OutOfMemory
from generation.settings import Levers
from generation.worker.carrying import Carrier, fault, tell_run
from generation.worker.messages import Happened, Painted, Report, Run, Stepped
from generation.worker.output import Writer
from generation.worker.watching import Pulse
from tests.engine_bench import expected_hash, order, settings_in
from tests.painters import Sketcher


class Bench:
    """A carrier, what it has sent, and which runs are cancelled."""

    def __init__(self, folder: Path, batch: int = 4) -> None:
        self.folder = folder
        self.sent: list[Report] = []
        self.cancelled: set[int] = set()
        self.at_step: Callable[[Stepped], None] = lambda stepped: None
        self._ended = threading.Semaphore(0)
        settings = settings_in(folder, levers=Levers(batching="throughput", batch=batch))
        writer = Writer(
            settings.incoming,
            "launch",
            tell_run("launch", self._take),
            self.cancelled.__contains__,
            fault,
            waiting=99,
        )
        painter = Sketcher(settings)
        self._carrier = Carrier(
            "launch", settings, painter, self._take, self.cancelled.__contains__, writer, Pulse()
        )

    def _take(self, report: Report) -> None:
        self.sent.append(report)
        if isinstance(report, Stepped):
            self.at_step(report)
        elif isinstance(report, Happened) and isinstance(
            report.event, Finished | Failed | Cancelled
        ):
            self._ended.release()

    def carry_out(self, *orders: Order, alone: Sequence[int] = ()) -> list[list[Event]]:
        """Carry out orders as runs from 1 on, and return the events of each."""
        runs = [Run(at, each, alone=at in alone) for at, each in enumerate(orders, 1)]
        self._carrier.carry_out(runs)
        for _ in runs:
            assert self._ended.acquire(timeout=60)
        return [self.events(run.run) for run in runs]

    def events(self, run: int) -> list[Event]:
        happened = [each for each in self.sent if isinstance(each, Happened)]
        return [each.event for each in happened if each.run == run]

    @property
    def passes(self) -> list[str]:
        """The seeds of each pass of several pictures."""
        book = self.folder / "passes"
        return book.read_text().splitlines() if book.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def seeds(events: Sequence[Event]) -> list[int]:
    ready = [event for event in events if isinstance(event, PictureReady)]
    assert [each.pixels_sha256 for each in ready] == [expected_hash(each.recipe) for each in ready]
    return [each.recipe.seed for each in ready]


def test_the_pictures_of_an_order_go_together_as_many_as_may(bench: Bench) -> None:
    [events] = bench.carry_out(order(count=6))
    assert bench.passes == ["7 8 9 10", "11 12"]
    assert seeds(events) == [7, 8, 9, 10, 11, 12]
    assert isinstance(events[-1], Finished)
    steps = [each for each in bench.sent if isinstance(each, Stepped)]
    assert {(each.index, each.together, each.batch) for each in steps} == {(1, 4, 4), (5, 2, 2)}
    assert len(steps) == 2 * 4, "the first picture speaks for all of its run"


def test_orders_that_go_together_have_each_their_own_events_and_end(bench: Bench) -> None:
    one, other = bench.carry_out(order(), order("a blue star", job="bbbbbb", seed=40, count=2))
    assert bench.passes == ["7 40 41"]
    assert (seeds(one), seeds(other)) == ([7], [40, 41])
    assert isinstance(one[-1], Finished)
    assert isinstance(other[-1], Finished)
    steps = [each for each in bench.sent if isinstance(each, Stepped)]
    assert {(each.run, each.index, each.together, each.batch) for each in steps} == {
        (1, 1, 1, 3),
        (2, 1, 2, 3),
    }
    assert [each.preview is not None for each in steps[:2]] == [True, True], "each has its own"
    assert [each.run for each in bench.sent if isinstance(each, Painted)] == [1, 2]


def test_prompts_of_another_length_wait_for_the_next_pass(bench: Bench) -> None:
    bench.carry_out(
        order("one two", seed=1),
        order("one two three", job="bbbbbb", seed=2),
        order("three four", job="cccccc", seed=3),
    )
    assert bench.passes == ["1 3"]


def test_a_run_that_is_cancelled_on_the_way_leaves_the_others_going(bench: Bench) -> None:
    bench.at_step = lambda stepped: bench.cancelled.add(2) if stepped.step == 2 else None
    one, other, third = bench.carry_out(
        order(), order(job="bbbbbb", seed=40, count=2), order(job="cccccc", seed=50)
    )
    assert bench.passes == ["7 40 41 50"]
    assert (seeds(one), seeds(third)) == ([7], [50])
    assert not seeds(other)
    assert other[-1] == Cancelled()


def test_when_all_are_cancelled_the_pass_ends_at_once(bench: Bench) -> None:
    bench.at_step = lambda stepped: bench.cancelled.update((1, 2))
    one, other = bench.carry_out(order(steps=50), order(job="bbbbbb", seed=40, steps=50))
    assert one[-1] == other[-1] == Cancelled()
    assert len([each for each in bench.sent if isinstance(each, Stepped)]) == 1


@pytest.mark.parametrize(("prompt", "ending"), [("memory gone", Failed), ("crowded it", Finished)])
def test_what_fails_together_is_painted_alone_and_ends_its_own_order_at_most(
    bench: Bench, prompt: str, ending: type[Event]
) -> None:
    one, bad, third = bench.carry_out(
        order("red circle"),
        order(prompt, job="bbbbbb", seed=40),
        order("blue star", job="cccccc", seed=50),
    )
    assert (seeds(one), seeds(third)) == ([7], [50])
    assert isinstance(bad[-1], ending)
    if isinstance(bad[-1], Failed):
        assert isinstance(bad[-1].error, OutOfMemory)
    assert bench.passes == ["7 40 50"], "nobody is brought together again"


def test_a_run_that_is_to_go_alone_does(bench: Bench) -> None:
    [events] = bench.carry_out(order(count=3), alone=[1])
    assert not bench.passes
    assert seeds(events) == [7, 8, 9]


def test_with_one_at_a_time_no_pass_has_company(tmp_path: Path) -> None:
    bench = Bench(tmp_path, batch=1)
    bench.carry_out(order(count=3))
    assert not bench.passes

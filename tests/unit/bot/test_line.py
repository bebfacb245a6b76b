from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.service.line import Line
from generation.recipe import Recipe
from storage.records import JobRecord, ReplyTo

SPEEDS = {"mini": 0.5, "sdxl": 10.0}
"""Megapixel-steps a second."""


def job(number: int, *, model: str = "mini", steps: int = 4, count: int = 1) -> JobRecord:
    return JobRecord(
        id=f"job{number:03}",
        number=number,
        recipe=Recipe(
            prompt="a", seed=1, width=1000, height=1000, steps=steps, guidance=1, model=model
        ),
        count=count,
        actor="console:ann",
        reply_to=ReplyTo("console"),
        private=False,
        parent=None,
        command="imagine",
        explicit=(),
        status="queued",
        attempts=0,
        created=datetime.now(UTC),
    )


def line_of(*jobs: JobRecord) -> Line:
    line = Line(lambda: SPEEDS)
    for each in jobs:
        line.put(each)
    return line


def test_a_place_counts_the_jobs_before_it_and_their_seconds() -> None:
    first, second, third = job(1), job(2, model="sdxl", steps=20, count=3), job(3)
    line = line_of(third, first, second)
    assert [(p.job, p.ahead, p.wait) for p in line.places()] == [
        (first, 0, None),
        (second, 1, 8.0),
        (third, 2, 14.0),
    ]
    assert [line.place(each) for each in (first, second, third)] == line.places()


def test_who_stands_behind_a_model_of_unknown_speed_is_promised_no_time() -> None:
    line = line_of(job(1), job(2, model="new"), job(3))
    assert [place.wait for place in line.places()] == [None, 8.0, None]
    assert line.place(job(3)).wait is None


def test_the_place_of_a_job_that_is_not_there_is_known_too() -> None:
    assert line_of(job(1), job(5)).place(job(3)).ahead == 1


def test_those_that_run_are_ahead_but_do_not_wait() -> None:
    first, second = job(1), job(2)
    line = line_of(first, second)
    line.put(replace(first, status="running"))
    assert line.waiting() == [second]
    assert line.place(second).ahead == 1


def test_who_leaves_is_ahead_of_nobody() -> None:
    first, second = job(1), job(2)
    line = line_of(first, second)
    assert line.drop(first.id)
    assert not line.drop(first.id)
    assert first.id not in line
    assert second.id in line
    assert line.place(second).ahead == 0

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.service.running.line import Line, Place, cost
from generation.engine import Order, PictureReady, Preparing, Progress
from generation.recipe import InputImage, Recipe, Upscale
from storage.records import JobRecord, ReplyTo

SPEEDS = {"mini": 0.5, "sdxl": 10.0}
"""Megapixel-steps a second."""


def job(
    number: int, *, model: str = "mini", steps: int = 4, count: int = 1, actor: str = "console:ann"
) -> JobRecord:
    return JobRecord(
        id=f"job{number:03}",
        number=number,
        recipe=Recipe(
            prompt="a", seed=1, width=1000, height=1000, steps=steps, guidance=5, model=model
        ),
        count=count,
        actor=actor,
        reply_to=ReplyTo("console"),
        private=False,
        parent=None,
        command="imagine",
        explicit=(),
        status="queued",
        attempts=0,
        created=datetime.now(UTC),
    )


def picture(index: int) -> PictureReady:
    return PictureReady(index, Path("a.png"), job(1).recipe, 8, 8, "", 1.0, "{}")


def line_of(*jobs: JobRecord) -> Line:
    line = Line(lambda: SPEEDS)
    for each in jobs:
        line.put(each)
    return line


def test_a_place_counts_the_jobs_before_it_and_their_seconds() -> None:
    first, second, third = job(1), job(2, model="sdxl", steps=20, count=3), job(3)
    line = line_of(first, second, third)
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


def test_a_job_that_is_not_there_yet_stands_behind_all_others() -> None:
    assert line_of(job(1), job(5)).place(job(3)).ahead == 2


def test_users_take_turns_whatever_they_queue() -> None:
    mine = [job(number) for number in range(1, 5)]
    line = line_of(*mine)
    line.put(replace(mine[0], status="running"))
    theirs = [job(number, actor="console:bob") for number in (5, 6)]
    for each in theirs:
        line.put(each)
    assert line.waiting() == [theirs[0], mine[1], theirs[1], *mine[2:]]
    assert line.place(theirs[0]).ahead == 1
    assert line.place(mine[1]).ahead == 2
    assert [place.ahead for place in line.places()] == list(range(6))


def test_admins_go_first() -> None:
    first, second = job(1), job(2, actor="console:bob")
    boss = replace(job(3, actor="console:boss"), admin=True)
    assert line_of(first, second, boss).waiting() == [boss, first, second]


def test_what_is_made_of_a_job_is_not_waited_for() -> None:
    first, second = job(1, count=4), job(2)
    line = line_of(first, second)
    line.put(replace(first, status="running"))
    assert line.place(second).wait == 32.0
    order = Order(first.id, first.recipe, (2, 3, 4))
    for event, wait in (
        (Preparing("loading"), 32.0),
        (Progress(2, "base", 1, 4), 22.0),
        (picture(2), 16.0),
        (Progress(4, "base", 3, 4), 2.0),
        (Progress(4, "base", 4, 4), None),
    ):
        line.follow(order, event)
        assert line.place(second).wait == wait
        assert [place.wait for place in line.places()] == [None, wait]
    line.drop(first.id)
    line.follow(order, picture(4))
    assert line.place(second) == Place(second, 0, None)


def test_pictures_that_are_painted_together_are_made_together() -> None:
    first, second = job(1, count=4), job(2)
    line = line_of(first, second)
    order = Order(first.id, first.recipe, (1, 2, 3, 4))
    line.put(replace(first, status="running"))
    line.follow(order, Progress(1, "base", 2, 4, together=3))
    assert line.place(second).wait == 20.0, "half of three, and one"
    line.follow(order, Progress(1, "base", 4, 4, together=4))
    assert line.place(second).wait is None


def test_who_gave_a_job_up_is_charged_only_for_what_was_made_of_it() -> None:
    first = job(1, steps=100)
    line = line_of(first, job(2, steps=100))
    line.put(replace(first, status="running"))
    for number in (3, 4):
        line.put(job(number, steps=10, actor="console:bob"))
    line.follow(Order(first.id, first.recipe), Progress(1, "base", 5, 100))
    line.drop(first.id)
    assert [each.number for each in line.waiting()] == [3, 2, 4]


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


def test_an_enlargement_waits_for_its_tiles_and_a_plain_one_for_next_to_nothing() -> None:
    image = InputImage("0" * 64, 0.25)
    size = {"width": 2000, "height": 2000}
    drawn = job(1).recipe.changed(image=image, upscale=Upscale(2), **size)
    plain = drawn.changed(upscale=Upscale(2, "plain"))
    line = line_of(replace(job(1), recipe=drawn), replace(job(2), recipe=plain), job(3))
    # One step on each of nine tiles of a megapixel, and one over what is enlarged plainly.
    assert [place.wait for place in line.places()] == [None, 18.0, 20.0]
    assert cost(replace(job(1), recipe=drawn)) == 9.0

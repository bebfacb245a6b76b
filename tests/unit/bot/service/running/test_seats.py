"""Who may be on the engine beside whom, and when a job's turn is over."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.service.running.seats import Seats
from bot.service.running.turn import Turn
from generation.engine import Order, PictureReady, Preparing, Progress
from storage.records import JobRecord
from tests.engine_bench import recipe, until
from tests.unit.bot.test_line import job

DECODED = Progress(1, "decode", 4, 4)


class Hall:
    """Seats, and how often somebody was told that there may be room."""

    def __init__(self, most: int = 1) -> None:
        self.calls = 0
        self.seats = Seats(most, self._freed)

    def _freed(self) -> None:
        self.calls += 1

    def turn(self, record: JobRecord) -> Turn:
        assert self.seats.has_room_for(record)
        return Turn(self.seats, record)


def order(record: JobRecord, *left: int) -> Order:
    return Order(record.id, record.recipe, left or tuple(range(1, record.count + 1)))


def painted(number: int, count: int = 1, **values: object) -> JobRecord:
    return replace(job(number, count=count), recipe=recipe(**values))  # type: ignore[arg-type]


def ready(index: int) -> PictureReady:
    return PictureReady(index, Path("a.png"), recipe(), 8, 8, "", 1.0, "{}")


@pytest.mark.parametrize(
    ("before", "last"),
    [
        ((Progress(1, "base", 4, 4), Progress(1, "decode", 4, 4), ready(1)), DECODED),
        ((Progress(1, "decode", 4, 4), ready(1)), ready(2)),
        ((Progress(1, "base", 4, 4, together=2),), Progress(1, "decode", 4, 4, together=2)),
    ],
)
async def test_the_turn_is_over_when_the_last_picture_is_developed(
    before: tuple[Progress | PictureReady, ...], last: Progress | PictureReady
) -> None:
    hall, first = Hall(), job(1, count=2)
    turn = hall.turn(first)
    for event in before:
        await turn.follow(order(first), event)
        assert not hall.seats.has_room_for(job(2))
    if isinstance(last, Progress) and last.together == 1:
        last = replace(last, index=2)
    await turn.follow(order(first), last)
    assert hall.seats.has_room_for(job(2))
    assert hall.calls == 1
    hall.turn(job(2))
    await turn.follow(order(first), ready(2))
    turn.give_up()
    assert not hall.seats.has_room_for(job(3)), "nobody else's turn was given up"


async def stepping_back(hall: Hall) -> tuple[Turn, Turn, asyncio.Task[None]]:
    """The turn of a job whose model has come, that of the job in its place, and its wait."""
    first = job(1)
    turn = hall.turn(first)
    await turn.follow(order(first), Preparing("downloading"))
    other = hall.turn(job(2))
    back = asyncio.create_task(turn.follow(order(first), Preparing("loading")))
    await until(lambda: hall.seats._returning)
    return turn, other, back


async def test_who_steps_aside_for_a_download_goes_first_when_there_is_room() -> None:
    hall = Hall()
    turn, other, back = await stepping_back(hall)
    other.give_up()
    assert not hall.seats.has_room_for(job(3))
    await back
    assert not hall.seats.has_room_for(job(3))
    turn.give_up()
    assert hall.seats.has_room_for(job(3))


async def test_who_is_stopped_while_stepping_back_stands_in_nobodys_way() -> None:
    hall = Hall()
    _, other, back = await stepping_back(hall)
    back.cancel()
    with pytest.raises(asyncio.CancelledError):
        await back
    other.give_up()
    assert hall.seats.has_room_for(job(3))


def test_jobs_that_fit_together_sit_together_as_many_as_there_are_seats() -> None:
    hall = Hall(4)
    hall.turn(painted(1))
    assert not hall.seats.has_room_for(painted(2, steps=9))
    hall.turn(painted(3, count=2, seed=9))
    assert not hall.seats.has_room_for(painted(4, count=2))
    hall.turn(painted(5, prompt="a star"))
    assert not hall.seats.has_room_for(painted(6))


async def test_nobody_joins_those_who_are_being_painted() -> None:
    hall, first, second = Hall(4), painted(1), painted(2)
    turns = [hall.turn(first), hall.turn(second)]
    await turns[0].follow(order(first), Progress(1, "base", 1, 4))
    assert not hall.seats.has_room_for(painted(3))
    turns[0].give_up()
    assert not hall.seats.has_room_for(painted(3))
    turns[1].give_up()
    assert hall.seats.has_room_for(painted(3, steps=9))


def test_there_is_always_room_for_the_first_job() -> None:
    for most in (1, 4):
        assert Hall(most).seats.has_room_for(painted(1, count=9))

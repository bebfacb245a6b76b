from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.adapters.slack.once import REMEMBERED, Once


class Work:
    """Counts how often it is done; ``hold`` holds it up, ``fault`` fails it."""

    def __init__(self) -> None:
        self.done = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.fault: Exception | None = None

    async def __call__(self) -> dict[str, Any] | None:
        self.done += 1
        await self.hold.wait()
        if self.fault:
            raise self.fault
        return {"text": str(self.done)}


async def test_the_same_delivery_gets_the_same_answer_and_no_work() -> None:
    once, work = Once(), Work()
    answers = [await once.answer("1", work) for _ in range(3)]
    assert answers == [{"text": "1"}] * 3
    assert await once.answer("2", work) == {"text": "2"}


async def test_one_that_comes_while_it_is_worked_on_waits_for_the_answer() -> None:
    once, work = Once(), Work()
    work.hold.clear()
    waiting = [asyncio.create_task(once.answer("1", work)) for _ in range(3)]
    await asyncio.sleep(0)
    work.hold.set()
    assert await asyncio.gather(*waiting) == [{"text": "1"}] * 3


async def test_a_failure_is_told_to_all_who_wait_and_tried_again_after_that() -> None:
    once, work = Once(), Work()
    work.fault = ConnectionError()
    work.hold.clear()
    waiting = [asyncio.create_task(once.answer("1", work)) for _ in range(2)]
    await asyncio.sleep(0)
    work.hold.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in answers] == [ConnectionError] * 2
    work.fault = None
    assert await once.answer("1", work) == {"text": "2"}


async def test_who_stops_waiting_does_not_stop_the_work_for_others() -> None:
    once, work = Once(), Work()
    work.hold.clear()
    first = asyncio.create_task(once.answer("1", work))
    await asyncio.sleep(0)
    second = asyncio.create_task(once.answer("1", work))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.hold.set()
    assert await second == {"text": "2"}, "it took the place of the first"
    assert await once.answer("1", work) == {"text": "2"}


async def test_all_who_stop_waiting_are_let_go() -> None:
    once, work = Once(), Work()
    work.hold.clear()
    waiting = [asyncio.create_task(once.answer("1", work)) for _ in range(3)]
    await asyncio.sleep(0)
    for each in waiting:
        each.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in answers] == [asyncio.CancelledError] * 3
    assert work.done == 1


async def test_old_answers_are_forgotten() -> None:
    once, work = Once(), Work()
    for number in range(REMEMBERED):
        await once.answer(str(number), work)
    assert await once.answer("0", work) == {"text": "1"}
    await once.answer("one more", work)
    assert await once.answer("0", work) == {"text": str(REMEMBERED + 2)}
    assert await once.answer("2", work) == {"text": "3"}

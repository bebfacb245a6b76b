from __future__ import annotations

import asyncio
import contextlib

import pytest

from bot.adapters.calm import AT_ONCE, PATIENCE, SETTLED_SECONDS, Calm
from tests.jumping_loop import run_jumping


def now() -> float:
    return asyncio.get_running_loop().time()


async def waited(calm: Calm) -> float:
    """Take a turn, and return the seconds that it took to come."""
    begun = now()
    async with calm.turn():
        return now() - begun


async def fails() -> None:
    raise ConnectionError


def test_with_nobody_to_answer_a_turn_comes_at_once() -> None:
    async def scene() -> float:
        return await waited(Calm())

    assert run_jumping(scene()) < SETTLED_SECONDS


def test_a_turn_comes_once_the_last_answer_is_given_and_no_other_follows() -> None:
    async def scene() -> float:
        calm = Calm()
        begun = now()
        with calm.owing():
            turn = asyncio.create_task(waited(calm))
            with calm.owing():
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.1)
            assert not turn.done()
        # Somebody asks again before all is settled.
        await asyncio.sleep(SETTLED_SECONDS / 2)
        with calm.owing():
            await asyncio.sleep(0.1)
        last = now() - begun
        return await turn - last

    assert SETTLED_SECONDS * 0.9 < run_jumping(scene()) < 2 * SETTLED_SECONDS


def test_a_storm_does_not_hold_a_turn_up_for_ever() -> None:
    async def scene() -> float:
        calm = Calm()
        with calm.owing():
            return await waited(calm)

    assert PATIENCE * 0.9 < run_jumping(scene()) < PATIENCE * 1.5


def test_an_answer_that_fails_is_owed_no_longer() -> None:
    async def scene() -> float:
        calm = Calm()
        with contextlib.suppress(ConnectionError), calm.owing():
            await fails()
        return await waited(calm)

    assert run_jumping(scene()) < 2 * SETTLED_SECONDS


def test_only_some_turns_are_taken_at_the_same_time() -> None:
    async def scene() -> list[int]:
        calm, there, counts = Calm(), 0, []

        async def take() -> None:
            nonlocal there
            async with calm.turn():
                there += 1
                counts.append(there)
                await asyncio.sleep(1)
                there -= 1

        await asyncio.gather(*(take() for _ in range(3 * AT_ONCE)))
        return counts

    counts = run_jumping(scene())
    assert len(counts) == 3 * AT_ONCE
    assert max(counts) == AT_ONCE


def test_each_first_answer_is_measured_but_not_one_that_failed() -> None:
    async def scene() -> list[float]:
        took: list[float] = []
        calm = Calm(took.append)
        with calm.owing():
            await asyncio.sleep(0.5)
        with contextlib.suppress(ConnectionError), calm.owing():
            await fails()
        with calm.owing():
            await asyncio.sleep(2.0)
        return took

    assert run_jumping(scene()) == pytest.approx([0.5, 2.0], abs=0.01)

from __future__ import annotations

import asyncio

import pytest

from tests.changes import PATIENCE, Changes


async def test_what_is_true_is_not_waited_for() -> None:
    assert await Changes().until(lambda: "yes", 0.0, "truth") == "yes"


async def test_what_nobody_tells_is_seen_all_the_same() -> None:
    box: list[str] = []
    asyncio.get_running_loop().call_soon(box.append, "yes")

    assert await Changes().until(lambda: box, PATIENCE, "box") == ["yes"]


async def test_all_who_wait_are_looked_for_at_once() -> None:
    changes = Changes()
    box: list[str] = []
    looks: list[int] = []

    def look() -> list[str]:
        looks.append(len(box))
        return box

    waiting = asyncio.gather(*(changes.until(look, PATIENCE, "box") for _ in range(100)))
    await asyncio.sleep(0)
    box.append("yes")
    for _ in range(1000):
        changes.tell()

    assert await waiting == [["yes"]] * 100
    assert looks.count(1) == 100


async def test_waiting_ends() -> None:
    with pytest.raises(TimeoutError, match="a miracle not within"):
        await Changes().until(lambda: None, 0.01, "a miracle")


async def test_what_a_condition_raises_is_raised() -> None:
    changes, box = Changes(), [1]
    asyncio.get_running_loop().call_soon(box.clear)

    with pytest.raises(IndexError):
        await changes.until(lambda: box[0] > 1, PATIENCE, "box")

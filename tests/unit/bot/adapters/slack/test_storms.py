from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.adapters.calm import AT_ONCE, STORM
from bot.reply import Reply
from generation.errors import OutOfMemory
from tests.slack_responder import (
    ASKED,
    POST,
    REFUSED,
    SAID,
    Scene,
    in_scene,
)


def storm(number: int, reply: Reply = SAID) -> Scene:
    async def play(scene: Scene) -> None:
        asked = [replace(ASKED, key=str(each), thread=f"{each}.0") for each in range(number)]
        await asyncio.gather(*(scene.answer(reply, asked=each) for each in asked))

    return in_scene(play)


def test_in_a_storm_all_are_promised_and_acknowledged_before_any_is_looked_at() -> None:
    number = 3 * STORM
    scene = storm(number)
    assert sorted(scene.what[: 2 * number]) == ["ack"] * number + ["promise"] * number
    assert scene.what.count("ask") == scene.what.count(POST) == number
    assert scene.store.promises.owed == {}


def test_in_a_storm_no_command_is_passed_by_many_that_came_later() -> None:
    number = 6 * STORM
    threads = [each["thread_ts"] for each in storm(number).network.of(POST)]
    assert sorted(threads, key=float) == [f"{each}.0" for each in range(number)]
    assert all(abs(place - float(thread)) < AT_ONCE for place, thread in enumerate(threads))


def test_what_was_promised_waits_while_somebody_is_owed_an_answer() -> None:
    async def play(scene: Scene) -> None:
        with scene.calm.owing():
            await asyncio.gather(*(scene.answer(SAID) for _ in range(2 * STORM)))
            await asyncio.sleep(0.5)
            assert "ask" not in scene.what

    assert in_scene(play).what.count("ask") == 2 * STORM


def test_few_commands_are_no_storm() -> None:
    scene = storm(STORM)
    assert "promise" not in scene.what


def test_in_a_storm_on_a_full_disk_each_is_looked_at_at_once() -> None:
    async def play(scene: Scene) -> None:
        scene.store.promises.fault = OutOfMemory("disk", 1, 1)
        await asyncio.gather(*(scene.answer(REFUSED) for _ in range(2 * STORM)))

    scene = in_scene(play)
    assert None not in scene.answers

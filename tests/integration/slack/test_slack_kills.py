"""Whatever was acknowledged is answered, though the process is killed: once, and where it was."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from PIL import Image

from tests.slack_process import process
from tests.slack_scene import Scene, job_id, pictures, text_of
from tests.slack_server import Delivery, Message

STORM = 30


def prompts(messages: list[Message]) -> Counter[str]:
    """Count messages by the pictures that they show."""
    return Counter(picture["alt_text"] for each in messages for picture in pictures(each))


async def storm(scene: Scene) -> list[Delivery]:
    """Let many ask at the same time, and wait until the bot has said that it heard them."""
    asked = [await scene.emu.slash("/imagine", f"circle {n}") for n in range(STORM)]
    for each in asked:
        await each.wait_ack(60)
    return asked


@pytest.mark.parametrize("arrives", [False, True])
async def test_a_storm_that_was_acknowledged_is_answered_by_the_next_process(
    scene: Scene, arrives: bool
) -> None:
    async with process(scene):
        fault = scene.emu.fault(
            "chat.postMessage|response_url", drop=not arrives, lost_answer=arrives, times=10_000
        )
        asked = await storm(scene)
        if arrives:
            await scene.until(lambda: fault.hits >= 3, "some messages are there")
    fault.left = 0
    assert prompts(scene.results()) == {}
    async with scene.bot():
        await scene.until(lambda: len(scene.results()) >= STORM, "all pictures come")
        await scene.quiet()
    assert prompts(scene.results()) == Counter(f"circle {n}" for n in range(STORM))
    shown = [each for each in scene.emu.messages if not each.deleted and not each.user_only]
    assert len(shown) == STORM, "one message each"
    assert not any(each.late for each in asked)


async def test_a_job_that_a_kill_cut_short_is_finished_in_its_message(scene: Scene) -> None:
    async with process(scene, held=True):
        asked = await scene.emu.slash("/imagine", "a red circle")
        message = await asked.wait_message(lambda m: "%" in text_of(m), timeout=60)
    assert not pictures(message)
    async with scene.bot():
        await scene.until(lambda: pictures(message))
    assert scene.results() == [message]
    left = {each.filename for each in scene.emu.files.values() if not each.deleted}
    assert not [name for name in left if "preview" in name], "the killed one's previews go, too"


async def test_what_was_still_being_fetched_is_fetched_by_the_next_process(scene: Scene) -> None:
    sent = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(sent, "PNG")
    file = scene.emu.user_file("x.png", sent.getvalue())
    async with process(scene):
        fault = scene.emu.fault("download", drop=True, delay=60.0)
        asked = await scene.emu.mention("a blue square --strength 0.5", files=[file])
        await asked.wait_ack(60)
        assert fault.hits == 1
    async with scene.bot():
        message = await scene.done(asked)
        job = await scene.job_of(message)
        await scene.quiet()
    assert job.recipe.image is not None
    assert job.recipe.image.strength == 0.5
    assert scene.results() == [message]


async def test_pictures_that_were_on_their_way_to_a_thread_come_all_the_same(scene: Scene) -> None:
    async with scene.bot():
        first = await scene.imagine()
        job = job_id(first)
    async with process(scene):
        fault = scene.emu.fault("chat.postMessage", drop=True, delay=60.0)
        asked = await scene.emu.slash("/art", f"show {job}")
        await asked.wait_ack(60)
        await scene.until(lambda: fault.hits)
    async with scene.bot():
        shown = await asked.wait_message(lambda m: bool(pictures(m)), timeout=60)
        await scene.quiet()
    assert scene.results() == [first, shown]
    assert pictures(shown)[0]["slack_file"] == pictures(first)[0]["slack_file"]

"""Results that Slack does not take at once: they come once, or can be asked for."""

from __future__ import annotations

import pytest

from bot.chat_errors import NotDelivered
from storage.records import JobRecord
from tests.chat_scene import soon
from tests.slack_scene import Scene, labels, pictures, text_of
from tests.slack_server import Delivery, Message


async def begun(scene: Scene) -> tuple[Delivery, Message]:
    """Ask for a picture that is begun, but not made before the engine's hold is set."""
    scene.engine.hold.clear()
    asked = await scene.emu.slash("/imagine", "a red circle")
    message = await asked.wait_message(lambda m: "Cancel" in labels(m), timeout=60)
    await scene.until(lambda: scene.engine.orders, "it is begun")
    return asked, message


async def ended(scene: Scene, job: str) -> JobRecord:
    """Wait until a job owes nobody anything."""

    async def settled() -> bool:
        return not await scene.app.store.jobs.is_owed(job)

    await soon(settled)
    record = await scene.app.store.jobs.get(job)
    assert record is not None
    return record


async def test_a_lost_message_whose_post_is_not_answered_comes_once(scene: Scene) -> None:
    async with scene.bot():
        _, message = await begun(scene)
        scene.emu.moderate(message)
        lost = scene.emu.fault("chat.postMessage", lost_answer=True)
        unread = scene.emu.fault("conversations.history", status=500, times=2)
        scene.engine.hold.set()
        job = scene.engine.orders[0].job_id
        assert (await ended(scene, job)).status == "delivered"
    assert (lost.hits, unread.hits) == (1, 2)
    assert len(scene.results()) == 1


@pytest.mark.parametrize("why", ["channel_not_found", "user_disabled"])
async def test_what_nobody_takes_is_given_up_and_brought_to_who_asks_for_it(
    scene: Scene, why: str
) -> None:
    async with scene.bot():
        _, message = await begun(scene)
        job = scene.engine.orders[0].job_id
        scene.emu.moderate(message)
        closed = scene.emu.fault("chat.postMessage", error=why, times=1000)
        scene.engine.hold.set()
        record = await ended(scene, job)
        assert record.status == "failed"
        assert isinstance(record.error, NotDelivered)
        assert (record.error.service, record.error.reason) == ("slack", "closed")
        assert scene.results() == []
        closed.left = 0
        asked = await scene.emu.slash("/art", f"show {job}")
        shown = await asked.wait_message(lambda m: bool(pictures(m)), timeout=60)
        assert "could not be brought to Slack" in text_of(shown)
        assert "Reroll" in labels(shown)
    async with scene.bot():
        await scene.imagine("another")
        await scene.quiet()
    assert len(scene.results()) == 2, "nothing more of the first one"


async def test_a_token_that_is_taken_back_costs_no_result(scene: Scene) -> None:
    async with scene.bot():
        _, message = await begun(scene)
        job = scene.engine.orders[0].job_id
        fault = scene.emu.fault("chat.update", error="token_revoked", times=1000)
        scene.engine.hold.set()

        async def waits() -> bool:
            return scene.app.outbox.waiting.count == 1 and fault.hits > 1

        await soon(waits)
    fault.left = 0
    async with scene.bot():
        assert (await ended(scene, job)).status == "delivered"
    assert scene.results() == [message]

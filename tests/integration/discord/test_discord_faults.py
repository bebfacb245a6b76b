"""Discord at its worst: the pictures arrive all the same, and once."""

from __future__ import annotations

import asyncio
import io

import numpy as np
from PIL import Image

from storage.records import JobRecord
from tests.discord_scene import Scene, pictures, text_of
from tests.discord_server import Message

EDITS = r"/webhooks/|/messages/"


def results(scene: Scene) -> list[Message]:
    return [message for message in scene.emu.order if pictures(message) and not message.deleted]


async def test_edits_that_are_refused_for_now_arrive_later(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a red circle"})
        await ix.wait_ack()
        fault = scene.emu.fault(EDITS, "PATCH", status=429, retry_after=0.3, times=3)
        scene.engine.hold.set()
        await scene.done(ix)
    assert fault.hits == 3
    assert len(results(scene)) == 1


async def test_a_server_that_fails_at_the_end_gets_the_result_again(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a red circle"})
        await scene.until(lambda: scene.engine.orders)
        scene.emu.fault(EDITS, "PATCH", status=500, times=2)
        scene.emu.fault(EDITS, "PATCH", drop=True, times=1)
        scene.engine.hold.set()
        await scene.done(ix)
    assert len(results(scene)) == 1


async def test_a_connection_that_drops_is_resumed_and_loses_no_command(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        first = await scene.emu.slash("imagine", {"prompt": "one"})
        await scene.until(lambda: scene.engine.orders)
        await scene.emu.drop_gateway()
        scene.engine.hold.set()
        await scene.done(first)
        await scene.until(lambda: scene.emu.connected)
        await scene.imagine("two")
    assert any(what == "resume" for _, what, _ in scene.emu.gateway_log)
    assert len(results(scene)) == 2


async def test_a_session_that_is_lost_is_begun_anew(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        first = await scene.emu.slash("imagine", {"prompt": "one"})
        await scene.until(lambda: scene.engine.orders)
        await scene.emu.invalidate_session()
        scene.engine.hold.set()
        await scene.done(first)
        await scene.until(lambda: scene.emu.sessions and scene.emu.connected)
        await scene.imagine("two")
    assert len(results(scene)) == 2


async def test_after_the_token_has_expired_the_channel_takes_the_result(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a long one"})
        waiting = await scene.answer(ix)
        ix.expire()
        scene.engine.hold.set()
        await scene.until(lambda: pictures(waiting))
    assert len(results(scene)) == 1


async def test_a_private_result_that_is_late_comes_as_a_direct_message(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a long secret", "private": True})
        await scene.answer(ix)
        ix.expire()
        scene.engine.hold.set()
        await scene.until(lambda: results(scene))
    [message] = results(scene)
    assert message.channel_id not in scene.emu.channels


async def test_a_message_that_was_deleted_meanwhile_is_posted_again(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a red circle"})
        waiting = await scene.answer(ix)
        await scene.until(lambda: scene.engine.orders)
        scene.emu.delete(waiting)
        scene.engine.hold.set()
        await scene.until(lambda: results(scene))
    [message] = results(scene)
    assert message.channel_id == scene.emu.channel_id


async def test_an_acknowledgement_that_is_lost_loses_no_job(scene: Scene) -> None:
    async with scene.bot():
        scene.emu.fault("/callback", "POST", drop=True, times=1)
        await scene.emu.slash("imagine", {"prompt": "a red circle"})
        await scene.until(lambda: results(scene))
    assert len(results(scene)) == 1


async def test_a_job_that_a_kill_cut_short_is_finished_in_its_message(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a red circle"})
        waiting = await scene.answer(ix)
        await scene.until(lambda: scene.engine.orders)
    assert pictures(waiting) == []
    async with scene.bot():
        await scene.until(lambda: pictures(waiting))
    assert len(results(scene)) == 1


async def test_a_result_that_was_not_delivered_is_told_after_the_restart(scene: Scene) -> None:
    async with scene.bot() as app:
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a red circle"})
        waiting = await scene.answer(ix)
        await scene.until(lambda: scene.engine.orders)
        scene.emu.fault(EDITS, "PATCH", status=500, times=1000)
        scene.engine.hold.set()

        async def job() -> JobRecord | None:
            return await app.store.jobs.last_of(
                f"discord:{ix.user_id}", f"discord:{scene.emu.channel_id}"
            )

        while (found := await job()) is None or found.status != "rendered":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    scene.emu._faults.clear()
    async with scene.bot():
        await scene.until(lambda: pictures(waiting))
    assert len(results(scene)) == 1


async def test_a_picture_over_the_limit_is_made_smaller_and_said_so(scene: Scene) -> None:
    scene.emu.attachment_limit = 20_000
    noise = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
    async with scene.bot():
        scene.engine.picture = Image.fromarray(noise)
        message = await scene.imagine("noise", size="256x256")
    [picture] = pictures(message)
    assert len(picture.data) <= 20_000
    assert picture.filename.endswith((".webp", ".jpg"))
    with Image.open(io.BytesIO(picture.data)) as sent:
        assert sent.width * 4 >= 256, "still to be recognised"
    assert "original" in text_of(message)

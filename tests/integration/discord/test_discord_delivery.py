"""Results that Discord does not take at once: they come once, or can be asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.chat_errors import NotDelivered
from bot.invocation import Click
from storage.records import JobRecord, ReplyTo
from tests.chat_scene import soon
from tests.discord_scene import Scene, labels, pictures, text_of
from tests.discord_server import Interaction, Message

POSTS = r"/channels/\d+/messages$"
EDITS = r"/webhooks/|/messages/"
NO_ACCESS: dict[str, Any] = {"status": 403, "body": {"message": "Missing Access", "code": 50001}}
NO_DIRECT: dict[str, Any] = {
    "status": 403,
    "body": {"message": "Cannot send messages to this user", "code": 50007},
}


def results(scene: Scene) -> list[Message]:
    return [message for message in scene.emu.order if pictures(message) and not message.deleted]


def posted(scene: Scene) -> list[Any]:
    """Return what was asked of Discord with each new message that the bot wanted to post."""
    wanted = re.compile(POSTS)
    sent = [each for each in scene.emu.requests if each.method == "POST"]
    return [each.body for each in sent if wanted.search(each.path)]


async def begun(scene: Scene, **options: Any) -> tuple[Interaction, Message]:
    """Ask for a picture that is begun, but not made before the engine's hold is set."""
    scene.engine.hold.clear()
    ix = await scene.emu.slash("imagine", {"prompt": "a red circle", **options})
    waiting = await scene.answer(ix)
    await scene.until(lambda: scene.engine.orders)
    return ix, waiting


async def lost(scene: Scene) -> None:
    """Ask for a picture whose result has to be posted anew: nothing of its message is left."""
    ix, waiting = await begun(scene)
    scene.emu.delete(waiting)
    ix.expire()


async def ended(scene: Scene, job: str) -> JobRecord:
    """Wait until a job owes nobody anything."""

    async def settled() -> bool:
        return not await scene.app.store.jobs.is_owed(job)

    await soon(settled)
    record = await scene.app.store.jobs.get(job)
    assert record is not None
    return record


async def noted(scene: Scene, job: str) -> list[str]:
    """Return the messages that the bot knows to show a job."""
    return [post.message for post in await scene.app.store.posts.of_job(job)]


async def test_a_result_that_is_not_taken_for_a_while_comes_once(scene: Scene) -> None:
    async with scene.bot():
        _, waiting = await begun(scene)
        fault = scene.emu.fault(EDITS, "PATCH", drop=True, times=3)
        scene.engine.hold.set()
        await scene.until(lambda: pictures(waiting))
    assert fault.hits == 3
    assert results(scene) == [waiting]


@pytest.mark.parametrize(
    "wrong",
    [{"status": 503}, {"drop": True}, {"status": 503, "handled": True},
     {"drop": True, "handled": True}],
)  # fmt: skip
async def test_a_post_whose_answer_fails_is_there_once_long_after_its_nonce(
    scene: Scene, wrong: dict[str, Any]
) -> None:
    # Hours later no nonce keeps it from being taken twice.
    scene.emu.nonce_ttl = 0.0
    async with scene.bot():
        await lost(scene)
        fault = scene.emu.fault(POSTS, "POST", times=1, **wrong)
        scene.engine.hold.set()
        await scene.until(lambda: results(scene))
        await ended(scene, scene.engine.orders[0].job_id)
    assert fault.hits == 1
    assert len(results(scene)) == 1
    assert len(posted(scene)) == (1 if "handled" in wrong else 2)


async def test_within_minutes_a_nonce_that_is_enforced_keeps_a_post_from_coming_twice(
    scene: Scene,
) -> None:
    async with scene.bot():
        await lost(scene)
        # The library itself tries again after such an answer, and nobody looks in between.
        scene.emu.fault(POSTS, "POST", status=502, handled=True, times=1)
        scene.engine.hold.set()
        await scene.until(lambda: results(scene))
        await ended(scene, scene.engine.orders[0].job_id)
    first, second = posted(scene)
    assert first["nonce"] == second["nonce"]
    assert scene.engine.orders[0].job_id in first["nonce"]
    assert first["enforce_nonce"] is second["enforce_nonce"] is True
    assert len(results(scene)) == 1


async def test_a_post_that_nobody_could_note_is_known_again_after_a_restart(scene: Scene) -> None:
    scene.emu.nonce_ttl = 0.0
    async with scene.bot():
        await lost(scene)
        scene.emu.fault(POSTS, "POST", handled=True, delay=60.0)
        scene.engine.hold.set()
        await scene.until(lambda: results(scene))
        [message] = results(scene)
        job = scene.engine.orders[0].job_id
        assert message.id not in await noted(scene, job)
    async with scene.bot():
        assert (await ended(scene, job)).status == "delivered"
        assert message.id in await noted(scene, job)
    assert results(scene) == [message]
    assert len(posted(scene)) == 1


async def test_a_message_whose_note_is_lost_is_filled_in_and_not_posted_beside(
    scene: Scene,
) -> None:
    async with scene.bot() as app:
        ix, waiting = await begun(scene)
        job = scene.engine.orders[0].job_id
        await soon(lambda: app.store.posts.of_job(job))
        await app.store.posts.remove("discord", waiting.channel_id, waiting.id)
    ix.expire()
    async with scene.bot():
        await scene.until(lambda: pictures(waiting))
    assert results(scene) == [waiting]
    assert posted(scene) == []


async def test_what_nobody_takes_is_given_up_and_brought_to_who_asks_for_it(scene: Scene) -> None:
    async with scene.bot():
        await lost(scene)
        job = scene.engine.orders[0].job_id
        closed = scene.emu.fault(
            rf"/channels/{scene.emu.channel_id}/messages$", "POST", **NO_ACCESS
        )
        direct = scene.emu.fault(POSTS, "POST", **NO_DIRECT)
        scene.engine.hold.set()
        record = await ended(scene, job)
        assert (closed.hits, direct.hits) == (1, 1)
        assert record.status == "failed"
        assert isinstance(record.error, NotDelivered)
        assert (record.error.service, record.error.reason) == ("discord", "closed")
        assert results(scene) == []
        shown = await scene.done(await scene.emu.slash("show", {"id": job}))
        assert "could not be brought to Discord" in text_of(shown)
        assert "Reroll" in labels(shown)
    async with scene.bot():
        await scene.imagine("another")
    assert len(results(scene)) == 2, "nothing more of the first one"


async def test_what_is_deleted_while_it_waits_never_comes(scene: Scene) -> None:
    async with scene.bot():
        ix, waiting = await begun(scene)
        job = scene.engine.orders[0].job_id
        fault = scene.emu.fault(EDITS, "PATCH", drop=True, times=1000)
        scene.engine.hold.set()

        async def waits() -> bool:
            return scene.app.outbox.waiting.count == 1 and fault.hits > 1

        await soon(waits)
        here = ReplyTo("discord", waiting.channel_id)
        await scene.app.service.click(Click("delete", job, f"discord:{ix.user_id}", here))
        await scene.until(lambda: waiting.deleted)
        fault.left = 0

        async def empty() -> bool:
            return scene.app.outbox.waiting.count == 0

        await soon(empty)
    assert results(scene) == []
    assert posted(scene) == []

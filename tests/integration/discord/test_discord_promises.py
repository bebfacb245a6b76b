"""What was deferred before it was stored is answered by the next process, where it was asked."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

from PIL import Image

from storage.records import Promise, utc_now
from tests.chat_scene import soon
from tests.discord_scene import Scene, pictures, text_of
from tests.discord_server import Interaction, Message

PLAIN = io.BytesIO()
Image.new("RGB", (64, 64), "green").save(PLAIN, "PNG")
PICTURE = ("x.png", PLAIN.getvalue(), "image/png")


def results(scene: Scene) -> list[Message]:
    return [message for message in scene.emu.order if pictures(message) and not message.deleted]


async def deferred(scene: Scene, **options: Any) -> Interaction:
    """Ask for something whose file does not come before the process ends."""
    scene.emu.files_gate = scene.emu.files_gate or asyncio.Event()
    ix = await scene.emu.slash("imagine", {"prompt": "a square", "image": PICTURE} | options)
    await ix.wait_ack()
    assert ix.ack_type == 5
    return ix


def thinking(ix: Interaction) -> Message:
    """Return the message that a deferral made."""
    assert ix.original is not None
    return ix.original


async def owed(scene: Scene) -> tuple[Promise, ...]:
    return await scene.app.store.promises.broken("discord")


async def all_kept(scene: Scene) -> None:
    """Wait until nothing is promised any more."""

    async def kept() -> bool:
        return await owed(scene) == ()

    await soon(kept)


def go_on(scene: Scene) -> None:
    """Let files come."""
    assert scene.emu.files_gate is not None
    scene.emu.files_gate.set()


async def test_what_was_still_being_fetched_is_fetched_and_made_where_it_was_asked(
    scene: Scene,
) -> None:
    async with scene.bot():
        public = await deferred(scene, strength=0.5, seed=9)
        hidden = await deferred(scene, private=True)
        turning = await deferred(scene, prompt="a secret --private")
        waiting = [thinking(ix) for ix in (public, hidden, turning)]
    go_on(scene)
    async with scene.bot() as app:
        await scene.until(lambda: len(results(scene)) == 3)
        await all_kept(scene)
        job = await app.store.jobs.get(pictures(waiting[0])[0].filename[:6])
        assert job is not None
        assert [post.message for post in await app.store.posts.of_job(job.id)] == [waiting[0].id]
    assert (job.actor, job.reply_to.channel) == (f"discord:{public.user_id}", public.channel_id)
    assert job.recipe.image is not None
    assert (job.recipe.image.strength, job.recipe.seed) == (0.5, 9)
    assert pictures(waiting[1])
    assert [message.ephemeral for message in waiting] == [False, True, False]
    # What turns out to be private is shown to its asker alone.
    assert waiting[2].deleted
    [secret] = turning.followups
    assert secret.ephemeral
    assert pictures(secret)


async def test_pictures_that_were_on_their_way_come_after_a_restart(scene: Scene) -> None:
    async with scene.bot():
        first = await scene.imagine()
        job = pictures(first)[0].filename[:6]
        fault = scene.emu.fault("/webhooks/", "PATCH", delay=60.0, drop=True)
        ix = await scene.emu.slash("show", {"id": job})
        await scene.until(lambda: fault.hits)
        shown = thinking(ix)
    async with scene.bot():
        await scene.until(lambda: pictures(shown))
        await all_kept(scene)
        posts = await scene.app.store.posts.of_job(job)
    assert results(scene) == [first, shown]
    assert [(post.message, post.kind) for post in posts] == [(first.id, "job"), (shown.id, "shown")]


async def test_what_comes_to_nothing_is_said_where_it_was_asked_or_to_the_asker(
    scene: Scene,
) -> None:
    async with scene.bot() as app:
        refused = await deferred(scene, image=("x.png", b"x", "image/png"))
        unread = await deferred(scene)
        late = await deferred(scene)
        promised = {promise.ticket.id: promise for promise in await owed(scene)}
        other = replace(promised[unread.id], request={"kind": "of another version"})
        await app.store.promises.add(other)
        old = replace(promised[late.id].ticket, expires=utc_now() - timedelta(seconds=1))
        await app.store.promises.add(replace(promised[late.id], ticket=old))
    late.expire()
    go_on(scene)
    async with scene.bot() as app:
        await all_kept(scene)
        assert await app.store.jobs.unfinished() == ()
        assert scene.engine.orders == []
    [said] = refused.followups
    assert said.ephemeral
    assert "PNG" in text_of(said)
    assert "again" in text_of(thinking(unread))
    [told] = [each for each in scene.emu.order if each.channel_id not in scene.emu.channels]
    assert "again" in text_of(told)
    assert results(scene) == []


async def test_a_job_that_was_stored_just_before_its_promise_is_made_once(scene: Scene) -> None:
    async with scene.bot() as app:
        ix = await deferred(scene)
        [promise] = await owed(scene)
        go_on(scene)
        await scene.done(ix)
        await all_kept(scene)
        await app.store.promises.add(promise)
    async with scene.bot():
        await all_kept(scene)
        await scene.imagine("another")
    assert len(results(scene)) == 2

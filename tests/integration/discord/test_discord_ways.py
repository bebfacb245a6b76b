"""Answers on ways that are seldom gone: private ones, late ones, and those of strangers."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import timedelta

from PIL import Image

from bot.reply import Reply, line
from storage.records import JobRecord, Promise, Ticket, utc_now
from tests.chat_scene import soon
from tests.discord_scene import Scene, pictures, text_of
from tests.discord_server import Message

PLAIN = io.BytesIO()
Image.new("RGB", (64, 64), "green").save(PLAIN, "PNG")
PICTURE = ("x.png", PLAIN.getvalue(), "image/png")
AGAIN = Reply(lines=(line("Once more."),))


def results(scene: Scene) -> list[Message]:
    return [message for message in scene.emu.order if pictures(message) and not message.deleted]


async def job_of(scene: Scene, message: Message) -> JobRecord:
    job = await scene.app.store.jobs.get(pictures(message)[0].filename[:6])
    assert job is not None
    return job


def lasting(job: JobRecord, left: timedelta) -> JobRecord:
    """Return a job whose ticket lasts for so long from now."""
    assert job.reply_to.ticket is not None
    ticket = replace(job.reply_to.ticket, expires=utc_now() + left)
    return replace(job, reply_to=replace(job.reply_to, ticket=ticket))


async def test_a_ticket_that_ends_soon_is_not_trusted(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine()
        job = await job_of(scene, message)
        ways = []
        for left in (timedelta(seconds=300), timedelta(seconds=10), timedelta(seconds=-1)):
            await scene.adapter.surface.show(lasting(job, left), AGAIN)
            ways.append(scene.emu.requests[-1].path.split("/")[1])
    assert ways == ["webhooks", "channels", "channels"]
    assert "Once more." in text_of(message)


async def test_an_answer_whose_id_is_not_known_is_found_by_its_ticket(scene: Scene) -> None:
    async with scene.bot() as app:
        message = await scene.imagine()
        job = await job_of(scene, message)
        await app.store.posts.remove("discord", message.channel_id, message.id)
        await scene.adapter.surface.show(job, AGAIN)
        assert "Once more." in text_of(message)
        [post] = await app.store.posts.of_job(job.id)
    assert post.message == message.id


async def test_what_turns_out_to_be_private_is_finished_where_only_its_asker_sees_it(
    scene: Scene,
) -> None:
    scene.emu.files_gate = gate = asyncio.Event()
    async with scene.bot() as app:
        ix = await scene.emu.slash("imagine", {"prompt": "a secret --private", "image": PICTURE})
        await ix.wait_ack()
        assert ix.ack_type == 5
        gate.set()
        await scene.until(lambda: results(scene))
        [message] = results(scene)
        posts = await app.store.posts.of_job((await job_of(scene, message)).id)
    assert message.ephemeral
    assert message in ix.followups
    assert ix.original is not None
    assert ix.original.deleted
    assert {post.message for post in posts} == {message.id}


async def test_a_promise_that_cannot_be_told_any_more_keeps_no_bot_from_starting(
    scene: Scene,
) -> None:
    scene.emu.files_gate = asyncio.Event()
    async with scene.bot() as app:
        ix = await scene.emu.slash("imagine", {"prompt": "a square", "image": PICTURE})
        await ix.wait_ack()
        late = Ticket("77", "long-ago", utc_now() - timedelta(seconds=1))
        await app.store.promises.add(Promise("discord", scene.emu.channel_id, late))
    ix.expire()
    scene.emu.files_gate.set()
    async with scene.bot() as app:

        async def forgotten() -> bool:
            return await app.store.promises.broken("discord") == ()

        await soon(forgotten)
        assert await scene.imagine()
    assert [each for each in scene.emu.requests if "long-ago" in each.path] == []


async def test_buttons_forms_and_menus_keep_to_the_owners_lists(scene: Scene) -> None:
    role = scene.emu.role("artists")
    artist = scene.emu.user("ada", roles=[role])
    stranger = scene.emu.user("bob")
    scene.options = {"access.discord_roles": f"[{role['id']}]"}
    async with scene.bot():
        asked = await scene.emu.slash("imagine", {"prompt": "mine"}, user=artist)
        message = await scene.done(asked)
        again = await scene.emu.click(message, label="Reroll", user=artist)
        assert await scene.done(again)
        form = await (await scene.emu.click(message, label="Edit", user=artist)).wait_ack()
        menu = await scene.emu.message_command("Reroll", message, user=artist)
        assert await scene.done(menu)
        for refused in (
            await scene.emu.click(message, label="Reroll", user=stranger),
            await scene.emu.submit_modal(form, {"prompt": "not mine"}, user=stranger),
            await scene.emu.message_command("Reroll", message, user=stranger),
        ):
            answer = await scene.answer(refused)
            assert answer.ephemeral
            assert not pictures(answer)
        assert await scene.done(await scene.emu.submit_modal(form, {"prompt": "mine, too"}))
    assert len(results(scene)) == 4


async def test_a_guests_message_goes_by_the_click_that_deletes_it(scene: Scene) -> None:
    place = scene.emu.private_channel(scene.emu.user("alice"), scene.emu.user("bob"))
    async with scene.bot():
        message = await scene.done(
            await scene.emu.slash("imagine", {"prompt": "as a guest"}, channel=place)
        )
        await scene.emu.click(message, label="Delete")
        await scene.until(lambda: message.deleted or not pictures(message))
    assert "as a guest" not in text_of(message)

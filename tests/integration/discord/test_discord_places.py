"""Where people ask: channels, threads, direct messages, and where the bot is only a guest."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

from tests.discord_scene import Scene, pictures, text_of


async def test_a_thread_and_a_direct_message_are_answered_where_they_are(scene: Scene) -> None:
    thread = scene.emu.thread("a talk")
    async with scene.bot():
        in_thread = await scene.done(
            await scene.emu.slash("imagine", {"prompt": "one"}, channel=thread)
        )
        direct = await scene.done(await scene.emu.slash("imagine", {"prompt": "two"}, dm=True))
    assert in_thread.payload["channel_id"] == thread["id"]
    assert direct.payload["channel_id"] not in scene.emu.channels


async def test_the_owners_lists_let_some_in_and_tell_the_others(scene: Scene) -> None:
    other = scene.emu.channel("elsewhere")
    thread = scene.emu.thread("a talk")
    scene.options = {"access.discord_channels": f"[{scene.emu.channel_id}]"}
    async with scene.bot() as app:
        assert await scene.imagine("here")
        assert await scene.done(
            await scene.emu.slash("imagine", {"prompt": "here, too"}, channel=thread)
        )
        ix = await scene.emu.slash("imagine", {"prompt": "there"}, channel=other)
        refused = await scene.answer(ix)
        place = f"discord:{other['id']}"
        assert await app.store.jobs.last_of(f"discord:{ix.user_id}", place) is None
    assert refused.ephemeral
    assert pictures(refused) == []


async def test_a_role_opens_the_bot_to_those_who_have_it(scene: Scene) -> None:
    role = scene.emu.role("artists")
    artist = scene.emu.user("ada", roles=[role])
    scene.options = {"access.discord_roles": f"[{role['id']}]"}
    async with scene.bot():
        assert await scene.done(await scene.emu.slash("imagine", {"prompt": "mine"}, user=artist))
        refused = await scene.answer(await scene.emu.slash("imagine", {"prompt": "not mine"}))
    assert refused.ephemeral


async def test_a_guest_answers_while_it_may_and_then_by_direct_message(scene: Scene) -> None:
    place = scene.emu.private_channel(scene.emu.user("alice"), scene.emu.user("bob"))
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "as a guest"}, channel=place)
        await scene.answer(ix)
        await scene.until(lambda: ix.followups)
        assert "member" in text_of(ix.followups[0])
        assert ix.followups[0].ephemeral
        ix.expire()
        scene.engine.hold.set()
        await scene.until(lambda: [m for m in scene.emu.order if pictures(m)])
    [message] = [m for m in scene.emu.order if pictures(m)]
    assert message.channel_id not in (place["id"], *scene.emu.channels)


async def test_an_attached_picture_is_the_input(scene: Scene) -> None:
    sent = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(sent, "PNG")
    async with scene.bot() as app:
        message = await scene.imagine(
            "a blue square", image=("x.png", sent.getvalue(), "image/png"), strength=0.5
        )
        job = await app.store.jobs.get(pictures(message)[0].filename[:6])
        assert job is not None
        assert job.recipe.image is not None
        bad = await scene.emu.slash(
            "imagine", {"prompt": "x", "image": ("x.svg", b"<svg/>", "image/svg+xml")}
        )
        assert "PNG" in text_of(await scene.answer(bad))


async def test_a_slow_attachment_gets_a_deferral_and_then_its_picture(scene: Scene) -> None:
    sent = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(sent, "PNG")
    gate = asyncio.Event()
    scene.emu.files_gate = gate
    async with scene.bot():
        ix = await scene.emu.slash(
            "imagine", {"prompt": "a square", "image": ("x.png", sent.getvalue(), "image/png")}
        )
        await ix.wait_ack()
        assert ix.ack_type == 5
        gate.set()
        await scene.done(ix)
    assert len([m for m in scene.emu.order if pictures(m)]) == 1

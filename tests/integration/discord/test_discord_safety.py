"""Pictures that the owner's filter flags, in Discord's channels for adults and in the others."""

from __future__ import annotations

from typing import Any

from tests.chat_scene import PATIENCE
from tests.discord_scene import Scene, pictures, text_of

FILTER = {"generation.safety": '"some/classifier"'}


async def imagine(scene: Scene, channel: dict[str, Any]) -> Any:
    ix = await scene.emu.slash("imagine", {"prompt": "a star", "seed": 4242}, channel=channel)
    return await ix.wait_message(
        lambda message: "Reroll" in str(message.components()), timeout=PATIENCE
    )


async def test_a_channel_for_adults_has_spoilers_where_others_have_nothing(scene: Scene) -> None:
    adult = scene.emu.channel("adult", nsfw=True)
    thread = scene.emu.thread("a talk", parent=adult)
    scene.options = FILTER
    async with scene.bot():
        scene.engine.flagged = 0.9
        hidden = [await imagine(scene, place) for place in (adult, thread)]
        withheld = await imagine(scene, scene.emu.channels[scene.emu.channel_id])
        job = hidden[0].attachments[0].filename.removeprefix("SPOILER_").split(".")[0]
        there = await scene.done(await scene.emu.slash("show", {"id": job}, channel=adult))
        elsewhere = await scene.answer(await scene.emu.slash("show", {"id": job}))
    for message in (*hidden, there):
        assert [each.filename.startswith("SPOILER_") for each in pictures(message)] == [True]
    for message in (withheld, elsewhere):
        assert pictures(message) == []
        assert "withheld by the owner's filter" in text_of(message)
        assert "4242" not in text_of(message)


async def test_nothing_is_previewed_where_it_may_have_to_be_hidden(scene: Scene) -> None:
    scene.options = FILTER
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a star"})
        running = await ix.wait_message(
            lambda message: "painting" in text_of(message), timeout=PATIENCE
        )
        assert running.attachments == []
        scene.engine.hold.set()
        await scene.done(ix)

"""The life of a job's message, from the queue to the pictures."""

from __future__ import annotations

import io

from PIL import Image

from generation.errors import OutOfMemory
from generation.metadata import read_metadata
from tests.discord_scene import Scene, labels, pictures, text_of


async def test_a_command_becomes_one_message_that_lives_until_its_picture(scene: Scene) -> None:
    async with scene.bot() as app:
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "a red circle++ on blue", "seed": 7})
        await ix.wait_ack()
        assert ix.ack_type == 5
        waiting = await scene.answer(ix)
        assert labels(waiting) == ["Cancel"]
        await scene.until(lambda: any("preview" in a.filename for a in waiting.attachments))
        assert "%" in text_of(waiting)
        scene.engine.hold.set()
        message = await scene.done(ix)
        job = await app.store.jobs.last_of(
            f"discord:{ix.user_id}", f"discord:{scene.emu.channel_id}"
        )
        assert job is not None

    assert message is waiting, "it is the same message all along"
    assert ix.followups == []
    said = text_of(message)
    assert f"#{job.id}" in said
    assert "a red circle" in said
    assert "7" in said
    assert labels(message) == [
        "Reroll",
        "Edit",
        "Recipe",
        "Favorite",
        "Delete",
        "Vary 1",
        "Upscale 1",
    ]
    [picture] = message.attachments
    assert picture.filename == f"{job.id}.1.png"
    assert picture.description == "a red circle++ on blue"
    assert read_metadata(picture.data).recipe == job.recipe


async def test_a_job_of_several_pictures_shows_them_all_and_a_grid_where_they_are_many(
    scene: Scene,
) -> None:
    scene.options = {"limits.pictures_per_job": "9"}
    async with scene.bot():
        two = await scene.imagine("two", count=2)
        six = await scene.imagine("six", count=6)
    assert [each.filename[-5:] for each in two.attachments] == ["1.png", "2.png"]
    assert len(six.attachments) == 7
    with Image.open(io.BytesIO(six.attachments[0].data)) as grid:
        assert max(grid.size) > 128, "the first attachment shows all six"


async def test_a_failed_job_says_why_in_its_message(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.faults["too much"] = OutOfMemory("cuda", 1024, 1024)
        ix = await scene.emu.slash("imagine", {"prompt": "too much"})
        message = await ix.wait_message(lambda m: "memory" in text_of(m))
    assert pictures(message) == []
    assert "Reroll" in labels(message)


async def test_cancel_stops_the_job_and_its_message_says_so(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        ix = await scene.emu.slash("imagine", {"prompt": "slow"})
        message = await scene.answer(ix)
        click = await scene.emu.click(message, label="Cancel")
        assert (await scene.answer(click)).ephemeral
        await scene.until(lambda: "ancelled" in text_of(message))
    assert pictures(message) == []


async def test_a_private_job_is_seen_by_its_asker_only(scene: Scene) -> None:
    stranger = scene.emu.user("bob")
    async with scene.bot():
        message = await scene.imagine("a secret", private=True)
        assert message.ephemeral
        assert message not in scene.emu.visible_to(stranger)
        ix = await scene.emu.slash("history", {}, user=stranger)
        assert "secret" not in text_of(await scene.answer(ix))


async def test_a_refusal_is_private_and_stores_nothing(scene: Scene) -> None:
    async with scene.bot() as app:
        ix = await scene.emu.slash("imagine", {"prompt": "a cat --sede 4"})
        message = await scene.answer(ix)
        assert message.ephemeral
        assert "--seed" in text_of(message)
        assert await app.store.jobs.unfinished() == ()

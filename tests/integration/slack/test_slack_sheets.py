"""Sheets in Slack, which is given a file of each that has to go with the pictures on it."""

from __future__ import annotations

from typing import Any

from tests.chat_scene import PATIENCE
from tests.slack_scene import Scene, job_id, pictures, text_of
from tests.slack_server import Message


async def listed(scene: Scene, text: str, **asker: Any) -> Message:
    """Ask for a list, and return it with its sheet."""
    delivery = await scene.emu.slash("/art", text, **asker)
    return await delivery.wait_message(lambda each: bool(pictures(each)), timeout=PATIENCE)


def file_of(message: Message) -> str:
    [image] = pictures(message)
    return str(image["slack_file"]["id"])


async def test_the_file_of_a_sheet_goes_with_any_picture_on_it(scene: Scene) -> None:
    async with scene.bot():
        first = await scene.imagine("a red circle --seed 7")
        second = await scene.imagine("a blue square --seed 8")
        theirs = await listed(scene, "history", user=scene.emu.user("bob"))
        sheet = scene.emu.files[file_of(theirs)]
        assert sheet.title == "History"
        again = await listed(scene, "history", user=scene.emu.user("bob"))
        assert file_of(again) == sheet.id, "Slack has it already"
        await scene.emu.click(first, text="Delete")
        await scene.until(lambda: sheet.deleted)
        assert not scene.emu.files[file_of(second)].deleted
        left = await listed(scene, "history", user=scene.emu.user("bob"))
        assert file_of(left) != sheet.id
        assert job_id(first) not in text_of(left)


async def test_pages_turn_with_pictures_that_slack_has_not_looked_at_yet(scene: Scene) -> None:
    async with scene.bot():
        for seed in range(3):
            await scene.imagine(f"a red circle --seed {seed}")
        page = await listed(scene, "history --limit 2")
        before = file_of(page)
        scene.emu.processing_delay = 0.7
        await scene.emu.click(page, text="Older")
        await scene.until(lambda: file_of(page) != before)
        assert page.user_only is not None
        assert [each for each in scene.emu.messages if each is not page and pictures(each)] == (
            scene.results()[:3]
        )

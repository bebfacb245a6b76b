"""Pictures that the owner's filter flags, in Slack, which has no spoiler."""

from __future__ import annotations

from tests.chat_scene import PATIENCE
from tests.slack_scene import Scene, pictures, text_of

FILTER = {"generation.safety": '"some/classifier"'}


async def test_a_hidden_picture_reaches_only_those_who_ask_for_it(scene: Scene) -> None:
    scene.options = {**FILTER, "safety.action": '"spoiler"'}
    async with scene.bot():
        scene.engine.flagged = 0.9
        scene.engine.hold.clear()
        asked = await scene.emu.slash("/imagine", "a red circle")
        await asked.wait_message(lambda message: "Cancel" in str(message.blocks), timeout=PATIENCE)
        scene.engine.hold.set()
        message = await asked.wait_message(
            lambda m: "for everybody's eyes" in text_of(m), timeout=PATIENCE
        )
        await scene.quiet()
        assert pictures(message) == []
        # Neither the picture nor a preview of it lies in the workspace before somebody asks.
        assert scene.emu.files == {}
        bob = scene.emu.user("bob")
        click = await scene.emu.click(message, text="Show it to me", user=bob)
        shown = await scene.told(click)
        assert len(pictures(shown)) == 1
        assert shown.user_only == bob["id"]
        assert pictures(message) == []


async def test_a_withheld_picture_is_only_spoken_of(scene: Scene) -> None:
    scene.options = FILTER
    async with scene.bot():
        scene.engine.flagged = 0.9
        asked = await scene.emu.slash("/imagine", "a red circle --seed 4242")
        message = await asked.wait_message(lambda m: "withheld" in text_of(m), timeout=PATIENCE)
        await scene.quiet()
    assert "4242" not in text_of(message)
    assert "Show it to me" not in str(message.blocks)
    assert scene.emu.files == {}
    assert list((scene.folder / "data" / "pictures").rglob("*.png")) == []


async def test_the_home_hides_what_is_hidden_and_brings_it_by_a_press(scene: Scene) -> None:
    scene.options = {**FILTER, "safety.action": '"spoiler"'}
    async with scene.bot():
        scene.engine.flagged = 0.9
        asked = await scene.emu.slash("/imagine", "a red circle")
        await asked.wait_message(lambda m: "for everybody's eyes" in text_of(m), timeout=PATIENCE)
        await scene.quiet()
        await scene.emu.open_home()
        ann = scene.emu.user()
        await scene.until(lambda: "do:reveal:" in str(scene.emu.published))
        assert "slack_file" not in str(scene.emu.published)
        click = await scene.emu.click(scene.emu.home(ann), text="Show it to me")
        shown = await click.wait_message(lambda m: bool(pictures(m)), timeout=PATIENCE)
    assert shown.channel == scene.emu.dm(ann)["id"]

"""Fifty jobs of one person hold up nobody else's one."""

from __future__ import annotations

from pathlib import Path

from tests import discord_scene, slack_scene
from tests.discord_server import DiscordEmulator
from tests.slack_server import SlackEmulator

MANY = 50


async def test_one_job_beside_the_fifty_of_somebody_else_is_running_next_in_slack(
    tmp_path: Path,
) -> None:
    emu = await SlackEmulator().start()
    scene = slack_scene.Scene(emu, tmp_path)
    try:
        async with scene.bot():
            scene.engine.hold.clear()
            for number in range(MANY):
                asked = await emu.slash("/imagine", f"circle {number}", user=emu.user("ann"))
                await asked.wait_ack(60)
            await scene.until(lambda: scene.engine.orders, "the first of them is running")
            asked = await emu.slash("/imagine", "a star", user=emu.user("bob"))
            await asked.wait_ack(60)
            assert len(scene.engine.orders) == 1
            scene.engine.hold.set()
            star = await asked.wait_message(
                lambda message: (
                    bool(slack_scene.pictures(message)) and "a star" in slack_scene.text_of(message)
                ),
                timeout=60,
            )
            await scene.until(lambda: len(scene.engine.orders) == MANY + 1, "all others run, too")
        assert [order.recipe.prompt for order in scene.engine.orders][1] == "a star"
        assert star in scene.results()
    finally:
        await emu.stop()


async def test_one_job_beside_the_fifty_of_somebody_else_is_running_next_in_discord(
    tmp_path: Path,
) -> None:
    emu = await DiscordEmulator().start()
    scene = discord_scene.Scene(emu, tmp_path)
    try:
        async with scene.bot():
            await emu.wait_ready(60)
            scene.engine.hold.clear()
            for number in range(MANY):
                ix = await emu.slash(
                    "imagine", {"prompt": f"circle {number}"}, user=emu.user("ann")
                )
                await ix.wait_ack(60)
            await scene.until(lambda: scene.engine.orders, "the first of them is running")
            ix = await emu.slash("imagine", {"prompt": "a star"}, user=emu.user("bob"))
            await ix.wait_ack(60)
            assert len(scene.engine.orders) == 1
            scene.engine.hold.set()
            assert discord_scene.pictures(await scene.done(ix))
            await scene.until(lambda: len(scene.engine.orders) == MANY + 1, "all others run, too")
        assert [order.recipe.prompt for order in scene.engine.orders][1] == "a star"
    finally:
        await emu.stop()

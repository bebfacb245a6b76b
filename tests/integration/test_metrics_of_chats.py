"""The numbers of a bot that serves people, on the stand-ins for Discord and Slack."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.config_sections import MetricsSection
from bot.metrics import Metrics
from bot.vitals import look_at
from bot.wiring import App
from tests.discord_scene import Scene as DiscordScene
from tests.discord_server import DiscordEmulator
from tests.scraping import PATIENCE, Scrape, scrape
from tests.slack_scene import Scene as SlackScene
from tests.slack_server import SlackEmulator

ANSWERS = 2
"""To the command, and to one press of a button."""


async def read_when_delivered(metrics: Metrics, app: App, platform: str) -> Scrape:
    async with metrics.served(MetricsSection(), lambda: look_at(app), {}) as port:
        async with asyncio.timeout(PATIENCE):
            while True:
                seen = await scrape(f"http://127.0.0.1:{port}/metrics")
                delivered = seen.get("reroll_job_delivery_seconds_count", platform=platform)
                answered = seen.get("reroll_acknowledgement_seconds_count", platform=platform)
                if delivered and answered >= ANSWERS:
                    return seen
                await asyncio.sleep(0.02)


def check(seen: Scrape, platform: str) -> None:
    """Everything that a job leaves behind is there, and under this platform alone."""
    here = {"platform": platform}
    assert seen.get("reroll_adapter_connected", **here) == 1
    assert seen.get("reroll_jobs_accepted_total", command="imagine", **here) == 1
    assert seen.get("reroll_jobs_ended_total", end="delivered", error="") == 1
    assert seen.get("reroll_acknowledgement_seconds_count", **here) == ANSWERS
    assert seen.get("reroll_acknowledgement_seconds_sum", **here) > 0
    platforms = {dict(labels).get("platform", platform) for _name, labels in seen.values}
    assert platforms == {platform}


async def test_a_command_on_discord_is_measured_from_its_arrival_to_its_delivery(
    tmp_path: Path,
) -> None:
    emu, metrics = await DiscordEmulator().start(), Metrics()
    try:
        scene = DiscordScene(emu, tmp_path, meter=metrics)
        async with scene.bot() as app:
            message = await scene.imagine()
            await (await emu.click(message, label="Recipe")).wait_ack()
            check(await read_when_delivered(metrics, app, "discord"), "discord")
    finally:
        await emu.stop()


async def test_a_command_on_slack_is_measured_from_its_arrival_to_its_delivery(
    tmp_path: Path,
) -> None:
    emu, metrics = await SlackEmulator().start(), Metrics()
    try:
        scene = SlackScene(emu, tmp_path, meter=metrics)
        async with scene.bot() as app:
            message = await scene.imagine()
            await (await emu.click(message, text="Recipe")).wait_ack()
            check(await read_when_delivered(metrics, app, "slack"), "slack")
    finally:
        await emu.stop()

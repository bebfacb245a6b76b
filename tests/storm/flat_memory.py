"""``python -m tests.storm.flat_memory``: the memory of bot and worker over 2,000 jobs.

The bot is the real one, on both stand-ins, with the built-in model at its smallest. People ask,
half of them in private, and press the buttons of what they get. What the two processes take is read
from the bot's own metrics. ``run(jobs)`` returns the readings as ``Memory``, whose ``faults`` are
empty if it stayed flat; the command prints them as JSON, and exits with 1 if it did not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from tests import discord_scene, slack_scene
from tests.discord_server import DiscordEmulator
from tests.scraping import free_port, scrape
from tests.slack_server import SlackEmulator
from tests.storm.house import House, wait_until
from tests.storm.storm import WHOLE, stand_ins, variables

PEOPLE: Final = 20
AT_ONCE: Final = 6
READINGS: Final = 20
WARM: Final = 0.25
"""Of the jobs, after which everything that is kept for ever is there."""
GROWTH: Final = 16 * 2**20
"""Bytes from the first third of the readings to the last: what is remembered on purpose, such as
the newest jobs for completion, is far less, and a picture's pixels or message a job far more."""
PATIENCE: Final = 600.0
PROCESSES: Final = ("bot", "worker")
SMALL: Final = {"size": "64x64", "steps": 1}


@dataclass
class Memory:
    """Bytes in memory of each process after every so many jobs, from when it was warm."""

    jobs: int
    readings: dict[str, list[float]] = field(default_factory=lambda: {n: [] for n in PROCESSES})

    def growth(self, process: str) -> float:
        """Return by how many bytes the last third of the readings is above the first."""
        seen = self.readings[process]
        third = max(1, len(seen) // 3)
        return median(seen[-third:]) - median(seen[:third])

    @property
    def faults(self) -> list[str]:
        """What grew."""
        return [
            f"the {name} grew by {self.growth(name) / 2**20:.1f} MiB over {self.jobs} jobs"
            for name in PROCESSES
            if self.growth(name) > GROWTH
        ]


class Talkers:
    """People of both chats, who ask for the smallest pictures one after the other."""

    def __init__(self, discord: DiscordEmulator, slack: SlackEmulator) -> None:
        self._discord = discord
        self._slack = slack
        self.made = 0

    async def make(self, jobs: int) -> None:
        """Let so many jobs be made, a few at a time."""
        left = iter(range(self.made, self.made + jobs))

        async def go_on() -> None:
            for number in left:
                async with asyncio.timeout(PATIENCE):
                    await self._job(number)
                self.made += 1

        await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))

    async def _job(self, number: int) -> None:
        ways: tuple[Callable[[int], Awaitable[None]], ...] = (self._in_discord, self._in_slack)
        await ways[number % 2](number)

    async def _in_discord(self, number: int) -> None:
        emu, user = self._discord, self._discord.user(f"dora{number % PEOPLE}")
        given = {"prompt": _prompt(number), "private": _is_private(number), **SMALL}
        ix = await emu.slash("imagine", given, user=user)
        message = await ix.wait_message(
            lambda each: bool(discord_scene.pictures(each)), timeout=PATIENCE
        )
        for label in ("Recipe", "Favorite", "Edit"):
            await (await emu.click(message, label=label, user=user)).wait_ack()

    async def _in_slack(self, number: int) -> None:
        emu, user = self._slack, self._slack.user(f"sam{number % PEOPLE}")
        private = " --private" if _is_private(number) else ""
        text = f"{_prompt(number)} --size 64x64 --steps 1{private}"
        delivery = await emu.slash("/imagine", text, user=user)
        message = await delivery.wait_message(
            lambda each: bool(slack_scene.pictures(each)), timeout=PATIENCE
        )
        for label in ("Recipe", "Favorite"):
            await (await emu.click(message, text=label, user=user)).wait_ack()


def _prompt(number: int) -> str:
    return f"a red circle and {number} blue squares"


def _is_private(number: int) -> bool:
    return number % 4 > 1


async def run(jobs: int = 2000, folder: Path | None = None) -> Memory:
    """Let so many jobs be made in a new folder, and return the readings."""
    place = folder or Path(tempfile.mkdtemp(prefix="reroll-memory-"))
    (place / "config.toml").touch()
    memory = Memory(jobs)
    async with stand_ins() as (discord, slack):
        port = free_port()
        known = variables(discord, slack) | {"REROLL_METRICS__PORT": str(port)}
        house = House(place, WHOLE, known)
        house.open()
        try:
            await wait_until(
                lambda: discord.connected and bool(discord.global_commands) and slack.connected,
                PATIENCE,
                "the bot can hear people",
            )
            talkers = Talkers(discord, slack)
            await talkers.make(int(jobs * WARM))
            for _ in range(READINGS):
                await talkers.make(int(jobs * (1 - WARM) / READINGS))
                seen = await scrape(f"http://127.0.0.1:{port}/metrics")
                for name, readings in memory.readings.items():
                    value = seen.get("reroll_resident_memory_bytes", process=name)
                    readings.append(value)
            await house.close()
        finally:
            await house.abandon()
    if folder is None:
        shutil.rmtree(place)
    return memory


def main() -> None:
    """Measure, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    memory = asyncio.run(run(parser.parse_args().jobs))
    numbers = {
        name: {
            "first_mib": round(memory.readings[name][0] / 2**20, 1),
            "last_mib": round(memory.readings[name][-1] / 2**20, 1),
            "growth_mib": round(memory.growth(name) / 2**20, 2),
        }
        for name in PROCESSES
    }
    sys.stdout.write(json.dumps({"jobs": memory.jobs, **numbers}) + "\n")
    if memory.faults:
        sys.exit("; ".join(memory.faults))


if __name__ == "__main__":
    main()

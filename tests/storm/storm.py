"""The storm: people, kills and broken chat services at the same time, and the account after it.

What was acknowledged has to be in the chat once, as pictures or as a sentence. What may be lost are
commands that the bot never acknowledged: their askers were told so by their own client, and ask
again.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot.manifest import SLACK_SCOPES
from tests.discord_server import DiscordEmulator
from tests.slack_server import SlackEmulator
from tests.storm.account import Account, ended, owed
from tests.storm.discord_chat import DiscordChat
from tests.storm.disk import faults_on_disk
from tests.storm.house import House, wait_until
from tests.storm.people import People
from tests.storm.slack_chat import SlackChat
from tests.storm.weather import Weather

QUICK: Final = ("-m", "tests.storm.process")
"""The bot with a painter that is no model."""
WHOLE: Final = ("-m", "bot", "run")
PATIENT: Final = 0.7
"""How often a kill waits until something has come of the start before."""
WORK_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Plan:
    """How hard it storms. ``pause`` bounds the seconds before each kill."""

    folder: Path
    seed: int
    jobs: int = 500
    people: int = 20
    kills: int = 60
    pause: float = 12.0
    words: tuple[str, ...] = WHOLE
    last_kill: bool = False
    """Whether the bot is killed once more when all is asked for, which spares its long pauses."""
    patience: float = 900.0


@dataclass
class Outcome:
    """What came of a storm; ``faults`` is empty if all went well."""

    faults: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass
class Storm:
    plan: Plan
    discord: DiscordEmulator
    slack: SlackEmulator
    house: House = field(init=False)
    people: People = field(init=False)
    weather: Weather = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        half = plan.people // 2
        self.chats = DiscordChat(self.discord, plan.people - half), SlackChat(self.slack, half)
        self.people = People(self.chats, plan.jobs, f"{plan.seed}")
        self.weather = Weather(self.discord, self.slack, random.Random(f"{plan.seed} weather"))
        self.house = House(plan.folder, plan.words, variables(self.discord, self.slack))
        self.database = plan.folder / "data" / "reroll.db"

    async def run(self) -> Outcome:
        """Let it storm, wait until it is quiet, and look at what is left."""
        began, outcome = time.monotonic(), Outcome()
        try:
            await self._rage()
            stormed = time.monotonic() - began
            outcome.faults += await self._wait_for_quiet()
            outcome.faults += await self._settled()
            code = await self.house.close()
            if code:
                outcome.faults.append(f"the bot left with {code}")
        finally:
            await self.weather.clear()
            await self.house.abandon()
        outcome.faults += faults_on_disk(self.database, self.plan.folder / "data" / "pictures")
        if "Traceback" in self.house.said():
            outcome.faults.append("the bot has said a traceback")
        outcome.numbers = self._numbers() | {
            "storm_s": round(stormed, 1),
            "all_s": round(time.monotonic() - began, 1),
        }
        return outcome

    async def _rage(self) -> None:
        self.house.open()
        await wait_until(self._heard, self.plan.patience, "the bot can hear people")
        self.weather.begin()
        living = asyncio.create_task(self.people.live())
        try:
            await self._kill()
            self.people.allowed = self.plan.jobs
            async with asyncio.timeout(self.plan.patience):
                await living
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
        await self.weather.clear()
        if self.plan.last_kill:
            self.house.kill()

    def _heard(self) -> bool:
        # The stand-ins may not have noticed yet that an earlier one is gone.
        return self.house.is_up() and all(chat.connected for chat in self.chats)

    async def _kill(self) -> None:
        """Kill bot and worker at random moments, and let people go on after each kill."""
        dice, plan = random.Random(f"{self.plan.seed} kills"), self.plan
        for number in range(plan.kills):
            self.people.allowed = (number + 1) * plan.jobs // (plan.kills + 1)
            # Not always when the last of them came, and not always once the bot is back.
            enough = dice.uniform(number, number + 1) * plan.jobs / (plan.kills + 1)
            await wait_until(lambda: self.people.made >= int(enough), plan.patience, "jobs come")  # noqa: B023
            if dice.random() < PATIENT:
                await self._wait_for_work()
            await asyncio.sleep(dice.uniform(0.0, plan.pause))
            if dice.random() < 0.5 or not await self._kill_worker():
                self.house.kill()

    async def _wait_for_work(self) -> None:
        """Wait until another job has ended, if there is one, for some time at most."""
        before = ended(self.database)

        def is_on() -> bool:
            now = ended(self.database)
            return now is None or before is None or now > before

        with suppress(TimeoutError):
            await wait_until(is_on, WORK_SECONDS, "a job ends")

    async def _kill_worker(self) -> bool:
        """Kill the worker, if there is one soon."""
        for _ in range(20):
            if self.house.kill_worker():
                return True
            await asyncio.sleep(0.1)
        return False

    async def _wait_for_quiet(self) -> list[str]:
        """Wait until nothing is owed any more; return that something is, if that takes too long."""
        try:
            await wait_until(
                lambda: self._heard() and not owed(self.database),
                self.plan.patience,
                "the bot is there, and nothing is owed any more",
            )
        except TimeoutError as error:
            return [f"{error}: {owed(self.database)}"]
        return []

    async def _settled(self) -> list[str]:
        """Return what is wrong in the chats, once what is on its way has had time to come."""
        until = time.monotonic() + 60
        while True:
            faults = Account(self.database, self.chats, self.people.deeds).faults()
            if not faults or time.monotonic() > until:
                return faults
            await asyncio.sleep(0.5)

    def _numbers(self) -> dict[str, Any]:
        return {
            "seed": self.plan.seed,
            "deeds": dict(self.people.count().most_common()),
            "kills": self.house.kills,
            "left_by_itself": len(self.house.left),
            "troubles": dict(self.weather.came.most_common()),
        }


SMALL: Final = {
    "REROLL_GENERATION__MODEL": "mini",
    "REROLL_GENERATION__STEPS": "4",
    "REROLL_GENERATION__SIZE": "64x64",
    "REROLL_LIMITS__JOBS_PER_USER": "10000",
    "REROLL_LIMITS__QUEUE": "10000",
    "REROLL_LIMITS__UPSCALE_MEGAPIXELS": "0.02",
}
"""Jobs that are small and many."""


def variables(discord: DiscordEmulator, slack: SlackEmulator) -> dict[str, str]:
    """Return what a bot on both stand-ins needs to know."""
    return SMALL | {
        "DISCORD_BOT_TOKEN": discord.token,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "REROLL_DISCORD__API_URL": discord.base_url,
        "REROLL_SLACK__API_URL": slack.base_url,
    }


@asynccontextmanager
async def stand_ins() -> AsyncIterator[tuple[DiscordEmulator, SlackEmulator]]:
    """Run both services."""
    # Killed bots leave half requests behind, which is nobody's fault.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    discord, slack = await DiscordEmulator().start(), await SlackEmulator().start()
    slack.scopes = set(SLACK_SCOPES)
    try:
        yield discord, slack
    finally:
        await slack.stop()
        await discord.stop()


async def storm(plan: Plan) -> Outcome:
    """Carry out a plan."""
    (plan.folder / "config.toml").touch()
    async with stand_ins() as (discord, slack):
        return await Storm(plan, discord, slack).run()

"""One bot with three doors: Discord, Slack and the console, on one store, with a fake engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.protocol import Adapter
from bot.adapters.slack.adapter import SlackAdapter
from bot.config import Config, load_config
from bot.wiring import App, running_app
from tests.contract.console_talk import ConsoleTalk
from tests.contract.discord_talk import DiscordTalk
from tests.contract.people import BOSS
from tests.contract.slack_talk import SlackTalk
from tests.contract.talk import PATIENCE, Chat, Talk
from tests.discord_server import DiscordEmulator
from tests.fakes import FakeEngine
from tests.slack_server import SlackEmulator

T = TypeVar("T")

NewTalk = Callable[["Town"], Talk]
NewChat = Callable[["Town"], Chat]

SURFACES: Final[tuple[NewTalk, ...]] = (ConsoleTalk, DiscordTalk, SlackTalk)
CHATS: Final[tuple[NewChat, ...]] = (DiscordTalk, SlackTalk)
"""Where many people are, and messages have buttons."""


def name_of(surface: object) -> str:
    """Return what a surface is called."""
    return str(getattr(surface, "name", surface))


@dataclass
class Town:
    """A bot that can be stopped and started again; ``options`` are TOML by section and key."""

    folder: Path
    discord: DiscordEmulator
    slack: SlackEmulator
    options: Mapping[str, str] = field(default_factory=dict)
    engine: FakeEngine = field(init=False)
    app: App = field(init=False)
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def config(self) -> Config:
        """Write and read the configuration."""
        in_discord = f"discord:{self.discord.user(BOSS)['id']}"
        in_slack = f"slack:{self.slack.team['id']}:{self.slack.user(BOSS)['id']}"
        values = {
            "generation.model": '"mini"',
            "discord.api_url": f'"{self.discord.base_url}"',
            "slack.api_url": f'"{self.slack.base_url}"',
            "access.admins": f'["{in_discord}", "{in_slack}"]',
            "access.blocked_words": '["gruesome"]',
        } | dict(self.options)
        file = self.folder / "config.toml"
        file.write_text("\n".join(f"{name} = {value}" for name, value in values.items()))
        return load_config(file, {})

    async def open(self, *, held: bool = False) -> None:
        """Start the bot; ``held``: no picture is finished."""
        config = self.config()
        self.engine = FakeEngine(config.generation().incoming)
        if held:
            self.engine.hold.clear()
        tokens = {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
        }
        adapters: list[Adapter] = [
            DiscordAdapter(config, self.discord.token),
            SlackAdapter(config, tokens),
        ]
        for adapter in adapters:
            self._running.push_async_callback(adapter.close)
        self.app = await self._running.enter_async_context(
            running_app(config, self.engine, resume=True, work=True, adapters=adapters)
        )
        await asyncio.gather(*(adapter.start(self.app.service) for adapter in adapters))

    async def close(self) -> None:
        """Stop the bot, and whoever still watches at a terminal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._running.aclose()

    async def reopen(self, options: Mapping[str, str] | None = None, *, held: bool = False) -> None:
        """Stop the bot and start it again, with other options."""
        await self.close()
        self.options = options or {}
        await self.open(held=held)

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Do something until the bot stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        return task

    async def told(self) -> None:
        """Wait until everything that was asked for is over, and everybody knows."""
        async with asyncio.timeout(PATIENCE):
            while await self.app.store.jobs.unfinished():  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.005)

    async def calm(self) -> None:
        """Let everything end, and forget what a test did to the engine."""
        self.engine.hold.set()
        await self.told()
        self.engine.faults.clear()
        self.engine.tint = ""
        self.engine.flagged = None
        self.engine.environment = {"fake": True}
        self.engine.orders.clear()
        self.engine.begun.clear()
        self.check()

    def check(self) -> None:
        """Fail if the bot sent anything that the services would not take."""
        for emu in (self.discord, self.slack):
            emu.check()
            found = [*emu.violations]
            emu.violations.clear()
            assert found == []

    def talks(self) -> list[Talk]:
        """A talk on each surface."""
        return [surface(self) for surface in SURFACES]

    def chats(self) -> list[Chat]:
        """A talk in each chat."""
        return [surface(self) for surface in CHATS]


@asynccontextmanager
async def new_town(folder: Path) -> AsyncIterator[Town]:
    """Start a bot and its surroundings; discord.py can only be pointed at one Discord at a time."""
    discord, slack = await DiscordEmulator().start(), await SlackEmulator().start()
    town = Town(folder, discord, slack)
    try:
        await town.open()
        yield town
    finally:
        await town.close()
        await discord.stop()
        await slack.stop()
    town.check()

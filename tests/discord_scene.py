"""A bot in Discord: the real adapter and service on the stand-in's server, with a fake engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.adapters.discord.adapter import DiscordAdapter
from bot.config import Config, load_config
from bot.wiring import App, running_app
from tests.discord_server import DiscordEmulator, Interaction, Message
from tests.fakes import FakeEngine

PATIENCE = 60.0


@dataclass
class Scene:
    """The stand-in, and a bot that can be stopped and started again."""

    emu: DiscordEmulator
    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    engine: FakeEngine = field(init=False)
    app: App = field(init=False)
    adapter: DiscordAdapter = field(init=False)

    def config(self) -> Config:
        """Write and read the configuration; ``options`` are TOML by section and key."""
        values = {
            "generation.model": '"mini"',
            "discord.api_url": f'"{self.emu.base_url}"',
            "limits.jobs_per_user": "50",
        } | self.options
        lines = []
        for name, value in values.items():
            section, key = name.split(".")
            lines.append(f"{section}.{key} = {value}")
        file = self.folder / "config.toml"
        file.write_text("\n".join(lines))
        return load_config(file, {})

    @asynccontextmanager
    async def bot(self, tint: str = "") -> AsyncIterator[App]:
        """Run the bot until the block ends."""
        config = self.config()
        self.engine = FakeEngine(config.generation().incoming)
        self.engine.tint = tint
        self.adapter = DiscordAdapter(config, self.emu.token)
        try:
            async with running_app(
                config, self.engine, resume=True, work=True, adapters=[self.adapter]
            ) as self.app:
                await self.adapter.start(self.app.service)
                yield self.app
        finally:
            await self.adapter.close()

    async def imagine(self, prompt: str = "a red circle", **options: Any) -> Message:
        """Ask for pictures and return the message that shows them."""
        ix = await self.emu.slash("imagine", {"prompt": prompt, "seed": 7, **options})
        return await self.done(ix)

    async def done(self, ix: Interaction) -> Message:
        """Wait until the message of a job shows its pictures."""
        return await ix.wait_message(lambda message: bool(pictures(message)), timeout=PATIENCE)

    async def answer(self, ix: Interaction) -> Message:
        """Wait for the first message that answers an interaction."""
        return await ix.wait_message(timeout=PATIENCE)

    async def until(self, condition: Callable[[], object], what: str = "it happens") -> None:
        """Wait for what the stand-in sees."""
        await self.emu.until(condition, PATIENCE, what)


async def soon(look: Callable[[], Awaitable[object]]) -> None:
    """Wait for what has to be asked for."""
    async with asyncio.timeout(PATIENCE):
        while not await look():  # noqa: ASYNC110 - whatever it looks at tells nobody
            await asyncio.sleep(0.01)


def text_of(message: Message) -> str:
    """Return all that a person can read in a message."""
    embeds = [
        "\n".join([embed.get("title") or "", embed.get("description") or ""])
        for embed in message.embeds
    ]
    return "\n".join([message.content or "", *embeds])


def pictures(message: Message) -> list[Any]:
    """Return the attachments that are results, not previews."""
    return [each for each in message.attachments if not each.filename.startswith("preview")]


def labels(message: Message) -> list[str]:
    """Return the labels of a message's buttons."""
    return [each["label"] for each in message.components() if each.get("label")]


async def settled() -> None:
    """Let all that is ready to run do so."""
    for _ in range(5):
        await asyncio.sleep(0)

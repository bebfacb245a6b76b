"""A bot in Discord: the real adapter and service on the stand-in's server, with a fake engine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.protocol import Adapter
from bot.config import Config
from tests.chat_scene import PATIENCE, ChatScene
from tests.discord_server import DiscordEmulator, Interaction, Message


@dataclass
class Scene(ChatScene):
    """The stand-in, and a bot that can be stopped and started again."""

    emu: DiscordEmulator
    adapter: DiscordAdapter = field(init=False)

    def make(self, config: Config) -> Adapter:
        """Return the adapter."""
        self.adapter = DiscordAdapter(config, self.emu.token, self.meter)
        return self.adapter

    def address(self) -> dict[str, str]:
        """Return what leads to the stand-in."""
        return {"discord.api_url": f'"{self.emu.base_url}"'}

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

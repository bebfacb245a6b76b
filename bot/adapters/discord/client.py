"""The connection to Discord, and what is done with all that comes in through it."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands

from bot import texts
from bot.adapters.discord.asking import Asking
from bot.adapters.discord.buttons import LastingButton
from bot.adapters.discord.forms import sent_form
from bot.adapters.discord.markdown import markdown
from bot.adapters.discord.starting import expect_no_voice
from bot.adapters.discord.where import Interaction

log = logging.getLogger(__name__)

INTENTS: Final = discord.Intents(guilds=True)
"""None of them is privileged: all that people write to the bot comes as interactions."""

CONNECTIONS: Final = 64
"""At once; beyond that they are used again, which costs less than to open one for each request."""
GUILDS_SECONDS: Final = 0.5
"""Without news of a server for so long, all of them are known; nothing here hangs on the last."""


class Client(discord.Client):
    """Keeps no messages and no members in memory; knows the servers, their channels and roles.

    Made inside a running event loop.
    """

    def __init__(self) -> None:
        expect_no_voice()
        super().__init__(
            intents=INTENTS,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILDS_SECONDS,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(self)
        self.connected = asyncio.Event()
        self._asking: Asking | None = None
        self.tree.error(_tell_of_fault)
        self.add_dynamic_items(LastingButton)

    def listen(self, asking: Asking) -> None:
        """Let what comes in be answered."""
        self._asking = asking

    @property
    def asking(self) -> Asking:
        """What answers."""
        if self._asking is None:
            raise RuntimeError("nobody answers yet")
        return self._asking

    async def pressed(self, interaction: Interaction, action: str, target: str) -> None:
        """Answer a press of a button."""
        await self.asking.press(interaction, action, target)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer forms; commands and buttons have ways of their own."""
        form = sent_form(interaction)
        if form is not None:
            await self.asking.form(interaction, form.action, form.target, form.fields)

    async def on_ready(self) -> None:
        """Note that events come in."""
        self.connected.set()

    async def on_resumed(self) -> None:
        """Note that events come in again."""
        self.connected.set()

    async def on_disconnect(self) -> None:
        """Note that no events come in; the library connects again by itself."""
        self.connected.clear()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log what went wrong in answer to an event."""
        log.error("a fault in %s", event_method, exc_info=sys.exception())


async def _tell_of_fault(interaction: Interaction, error: app_commands.AppCommandError) -> None:
    """Answer a command that could not be handed on: it is mostly one of an earlier version."""
    log.warning("a command could not be answered: %s", error)
    if not interaction.response.is_done():
        sentence = markdown(texts.command_gone())
        await interaction.response.send_message(sentence, ephemeral=True)

"""Reroll in Discord, from the login to the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands

from bot.adapters.calm import Calm
from bot.adapters.discord.asking import Asking
from bot.adapters.discord.autocomplete import choices
from bot.adapters.discord.client import Client
from bot.adapters.discord.compiling import compile_commands
from bot.adapters.discord.fetching import Fetcher
from bot.adapters.discord.menus import menus
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.promising import Promising
from bot.adapters.discord.responding import Responder
from bot.adapters.discord.sending import Packing
from bot.adapters.discord.starting import gateway_of, point_at, start_faults
from bot.adapters.discord.syncing import clear_others, sync
from bot.adapters.discord.where import PLATFORM, actor_of, reply_to_of
from bot.adapters.protocol import State
from bot.command import Command, Option
from bot.config import Config
from bot.service.running.meter import UNMETERED, Meter
from bot.service.service import Service

log = logging.getLogger(__name__)

READY_SECONDS: Final = 60.0
"""So long a start waits for the first event; after that the bot goes on trying by itself."""


class DiscordAdapter:
    """Reroll's presence in Discord."""

    name = PLATFORM

    def __init__(self, config: Config, token: str, meter: Meter = UNMETERED) -> None:
        self._config = config
        self._token = token
        self._client = Client()
        self._calm = Calm(partial(meter.acknowledged, PLATFORM))
        self._packing = Packing()
        self.surface = Messages(self._client, self._calm, self._packing)
        self._responder: Responder | None = None
        self._connection: asyncio.Task[None] | None = None
        self._chores: asyncio.Task[None] | None = None

    @property
    def state(self) -> State:
        """How the connection is."""
        if self._connection is None:
            return "connecting"
        connected = self._client.connected.is_set() and not self._connection.done()
        return "connected" if connected else "disconnected"

    @property
    def account(self) -> str:
        """The bot's name."""
        return str(self._client.user or "")

    @property
    def places(self) -> int:
        """How many servers it is in."""
        return len(self._client.guilds)

    async def start(self, service: Service) -> None:
        """Log in, bring the commands up to date, and listen."""
        section = self._config.settings.discord
        with start_faults(section.api_url):
            point_at(section)
            await self._client.login(self._token)
            point_at(section, await gateway_of(self._client, section))
            store = service.desk.store
            promising = Promising(self._client, self.surface, store, self._packing)
            asking = self._prepare(service, promising)
            await sync(self._client.tree, section.guilds)
            self.surface.begin(store)
            # Before anything new is promised; to answer it holds nobody up.
            owed = await promising.broken()
            await self._connect()
        keep = partial(promising.keep, owed, asking.answer)
        self._chores = asyncio.create_task(self._do_chores(keep, section.guilds))

    async def _do_chores(self, keep: Callable[[], Awaitable[None]], guilds: Sequence[int]) -> None:
        """Do what has to be done once after a start, and holds nobody up."""
        try:
            await keep()
            # Only now is known where the bot is.
            await clear_others(self._client.tree, guilds)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("what an earlier run left behind is still there: %s", error)

    def _prepare(self, service: Service, promising: Promising) -> Asking:
        responder = self._responder = Responder(self.surface, promising, self._calm, self._packing)
        asking = Asking(service, responder, Fetcher(self._config))

        async def ask(
            interaction: discord.Interaction[Any],
            command: Command,
            values: Mapping[str, str | float | bool | discord.Attachment],
        ) -> None:
            await asking.command(interaction, command, values)

        def suggest(
            interaction: discord.Interaction[Any], command: Command, option: Option, typed: str
        ) -> Sequence[app_commands.Choice[Any]]:
            if not asking.may_ask(interaction):
                return ()
            return choices(
                service.desk.suggestions,
                option,
                typed,
                actor_of(interaction),
                reply_to_of(interaction).place,
            )

        for command in compile_commands(service.desk.commands.values(), ask, suggest):
            self._client.tree.add_command(command)
        for menu in menus(asking.menu):
            self._client.tree.add_command(menu)
        self._client.listen(asking)
        return asking

    async def _connect(self) -> None:
        """Begin to listen; returns when events come in, and raises when they never will."""
        self._connection = asyncio.create_task(self._client.connect(reconnect=True))
        ready = asyncio.create_task(self._client.connected.wait())
        try:
            await asyncio.wait(
                {self._connection, ready},
                timeout=READY_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ready.cancel()
        if self._connection.done():
            self._connection.result()

    async def ended(self) -> None:
        """Wait until Discord ends the connection for good, and raise why."""
        if self._connection is not None:
            with start_faults(self._config.settings.discord.api_url):
                await asyncio.shield(self._connection)

    async def stop_listening(self) -> None:
        """Leave the gateway; messages can still be sent and edited."""
        if self._connection is not None:
            self._connection.cancel()
            await asyncio.gather(self._connection, return_exceptions=True)
        if self._client.ws is not None and self._client.ws.open:
            await self._client.ws.close(code=1000)
        if self._responder is not None:
            await self._responder.settle()

    async def close(self) -> None:
        """Log out."""
        await self.stop_listening()
        if self._chores is not None:
            self._chores.cancel()
            await asyncio.gather(self._chores, return_exceptions=True)
        await self._client.close()
        self._packing.close()

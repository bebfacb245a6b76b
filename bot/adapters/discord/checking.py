"""A look at how the bot stands with Discord, without going to work there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord import app_commands

from bot.adapters.discord.starting import expect_no_voice, point_at, start_faults
from bot.config_sections import DiscordSection
from bot.manifest import discord_invite


@dataclass(frozen=True, slots=True)
class Standing:
    """How the bot stands: ``absent`` are servers of the configuration that it may not serve.

    ``invite`` is the link that adds it to a server; ``endpoint`` is the address that Discord sends
    commands to, where that is not the bot's connection.
    """

    account: str
    application: int
    places: int
    invite: str
    absent: tuple[int, ...] = ()
    endpoint: str = ""


async def look(section: DiscordSection, token: str) -> Standing:
    """Log in, look and leave; no commands are taken. Raises what a start would raise."""
    expect_no_voice()
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        with start_faults(section.api_url):
            point_at(section)
            await client.login(token)
            absent = await _absent(client, section.guilds)
        return _standing(client, absent)
    finally:
        await client.close()


def _standing(client: discord.Client, absent: tuple[int, ...]) -> Standing:
    about, user = client.application, client.user
    if about is None or user is None:
        raise RuntimeError("logged in as nobody")
    return Standing(
        account=str(user),
        application=about.id,
        places=about.approximate_guild_count,
        invite=discord_invite(str(about.id)),
        absent=absent,
        endpoint=about.interactions_endpoint_url or "",
    )


async def _absent(client: discord.Client, guilds: Sequence[int]) -> tuple[int, ...]:
    """Return the servers where the bot is not, or was invited without its commands."""
    tree = app_commands.CommandTree(client)
    absent = []
    for guild in guilds:
        try:
            await tree.fetch_commands(guild=discord.Object(guild))
        except (discord.Forbidden, discord.NotFound):
            absent.append(guild)
    return tuple(absent)

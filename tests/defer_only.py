"""A bot that does nothing but defer: what any bot on this library costs at least."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import discord
from discord import app_commands

from bot.adapters.discord.starting import gateway_of, point_at
from bot.config_sections import DiscordSection


async def main() -> None:
    """Defer every command until the process is killed."""
    client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None)
    tree = app_commands.CommandTree(client)

    @tree.command(name="imagine", description="Nothing comes of it.")
    async def imagine(interaction: discord.Interaction[Any], prompt: str) -> None:
        await interaction.response.defer()

    section = DiscordSection(api_url=os.environ["REROLL_DISCORD__API_URL"])
    point_at(section)
    await client.login(os.environ["DISCORD_BOT_TOKEN"])
    point_at(section, await gateway_of(client, section))
    await tree.sync()
    await client.connect()


if __name__ == "__main__":
    asyncio.run(main())

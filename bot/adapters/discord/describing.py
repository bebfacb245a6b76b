"""The bot's commands as Discord gets them, for whoever wants to read them beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import discord
from discord import app_commands

from bot.adapters.discord.compiling import compile_commands
from bot.adapters.discord.menus import menus
from bot.adapters.discord.starting import expect_no_voice
from bot.command import Command


def payloads(commands: Iterable[Command]) -> list[dict[str, Any]]:
    """Return what is sent to Discord for these commands and the menus of messages."""
    expect_no_voice()
    client = discord.Client(intents=discord.Intents(guilds=True))
    tree: app_commands.CommandTree[Any] = app_commands.CommandTree(client)
    for command in compile_commands(commands, _nobody_asks, lambda *_: ()):
        tree.add_command(command)
    for menu in menus(_nobody_asks):
        tree.add_command(menu)
    kinds = (discord.AppCommandType.chat_input, discord.AppCommandType.message)
    return [command.to_dict(tree) for kind in kinds for command in tree.get_commands(type=kind)]


async def _nobody_asks(*_: Any) -> None:
    raise RuntimeError("these commands are for reading only")

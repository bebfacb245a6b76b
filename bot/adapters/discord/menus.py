"""The entries that the bot adds to the menu of every message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord
from discord import app_commands

from bot import texts
from bot.adapters.discord.compiling import CONTEXTS, INSTALLS
from bot.adapters.discord.where import Interaction

Menu = Callable[[Interaction, str, discord.Message], Awaitable[None]]

ACTIONS: Final = ("recipe", "reroll", "use")
"""What the entries do, each as the button of that action does; their names are in the texts."""


def menus(chosen: Menu) -> list[app_commands.ContextMenu]:
    """Return the entries; ``chosen`` is told of the action and the message."""
    return [_menu(action, chosen) for action in ACTIONS]


def _menu(action: str, chosen: Menu) -> app_commands.ContextMenu:
    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await chosen(interaction, action, message)

    return app_commands.ContextMenu(
        name=texts.MENUS[action],
        callback=callback,
        allowed_contexts=CONTEXTS,
        allowed_installs=INSTALLS,
    )

"""Buttons that outlive every process: all they do is in their id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Protocol, Self

import discord

from bot.adapters.discord.where import Interaction
from bot.adapters.lasting import BUTTON, button_name
from bot.adapters.rows import rows_of
from bot.reply import Button

ROWS_MOST: Final = 5
"""What a message holds."""

_STYLES: Final = {
    "plain": discord.ButtonStyle.secondary,
    "danger": discord.ButtonStyle.danger,
    "primary": discord.ButtonStyle.primary,
}


class Presses(Protocol):
    """What a client that has such buttons can do."""

    async def pressed(self, interaction: Interaction, action: str, target: str) -> None:
        """Answer a press."""
        ...


class LastingButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=BUTTON):
    """A button of any message that the bot ever wrote."""

    def __init__(self, button: discord.ui.Button[Any], action: str, target: str) -> None:
        super().__init__(button)
        self.action = action
        self.target = target

    @classmethod
    def of(cls, button: Button) -> Self:
        """Make the button that a reply asks for."""
        item = discord.ui.Button[Any](
            style=_STYLES[button.style],
            label=button.label[:80],
            custom_id=button_name(button),
        )
        return cls(item, button.action, button.target)

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Read the button that was pressed."""
        if not isinstance(item, discord.ui.Button):
            raise TypeError("only buttons have such ids")
        return cls(item, match["action"], match["target"])

    async def callback(self, interaction: Interaction) -> None:
        """Hand the press to the client."""
        client: Presses = interaction.client
        await client.pressed(interaction, self.action, self.target)


def view_of(buttons: Iterable[Button]) -> discord.ui.View | None:
    """Return the buttons as a view, none where there are none. Needs a running loop.

    It is stopped from the beginning: the library then keeps nothing of it in memory.
    """
    rows = rows_of(buttons, ROWS_MOST)
    if not rows:
        return None
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for button in row:
            item = LastingButton.of(button)
            item.row = number
            view.add_item(item)
    view.stop()
    return view

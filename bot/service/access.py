"""Who may use the bot, and where: the owner's lists, and what is said to those they leave out."""

from __future__ import annotations

from bot.config_sections import AccessLists
from bot.errors import NotAllowed
from bot.invocation import Where


def refuse_strangers(lists: AccessLists, where: Where) -> None:
    """Raise ``NotAllowed`` unless all lists that are not empty hold something of the place.

    A list of guilds or channels shuts direct messages out, too: those are in none of them.
    """
    if lists.guilds and where.guild not in lists.guilds:
        raise NotAllowed("direct" if where.direct else "guild")
    if lists.channels and lists.channels.isdisjoint(where.channels):
        raise NotAllowed("direct" if where.direct else "channel")
    if lists.roles and lists.roles.isdisjoint(where.roles):
        raise NotAllowed("direct" if where.direct else "role")

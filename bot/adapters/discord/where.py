"""Who asked, where, and how the answer gets there: an interaction in the bot's own words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import discord

from bot.invocation import Where
from storage.records import ReplyTo, Ticket

PLATFORM: Final = "discord"
TICKET_LIFE: Final = timedelta(minutes=15)
"""How long an interaction's token is good for, by Discord's documentation."""

Interaction = discord.Interaction[Any]


def actor_of(interaction: Interaction) -> str:
    """Return the asker's key."""
    return f"{PLATFORM}:{interaction.user.id}"


def name_of(interaction: Interaction) -> str:
    """Return what the asker is called here."""
    return interaction.user.display_name


def reply_to_of(interaction: Interaction) -> ReplyTo:
    """Return where the answer goes, with the leave to answer for a quarter of an hour."""
    ticket = Ticket(
        id=str(interaction.id),
        token=interaction.token,
        expires=interaction.created_at + TICKET_LIFE,
        upload_limit=interaction.filesize_limit,
    )
    channel = interaction.channel_id
    return ReplyTo(
        PLATFORM,
        str(channel) if channel else "",
        ticket=ticket,
        age_restricted=_is_age_restricted(interaction.channel),
    )


def where_of(interaction: Interaction) -> Where:
    """Return where that was, as access lists see it; a thread counts as its channel, too."""
    channel, user = interaction.channel, interaction.user
    ids = [interaction.channel_id, getattr(channel, "parent_id", None)]
    roles = user.roles if isinstance(user, discord.Member) else []
    return Where(
        guild=str(interaction.guild_id or ""),
        channels=tuple(str(each) for each in ids if each),
        roles=tuple(str(role.id) for role in roles),
        direct=interaction.guild_id is None,
        age_restricted=_is_age_restricted(channel),
    )


def _is_age_restricted(channel: object) -> bool:
    told = getattr(channel, "is_nsfw", None)
    return bool(told()) if callable(told) else False


def is_on_private(interaction: Interaction) -> bool:
    """Whether a button was pressed below a message that only its presser sees."""
    message = interaction.message
    return message is not None and message.flags.ephemeral


def is_guest(interaction: Interaction) -> bool:
    """Whether only the interaction's token can answer here, while it lasts.

    So it is where a person installed the bot for themselves, and in channels that it may not see.
    """
    if interaction.guild_id is None:
        return not interaction.context.dm_channel and interaction.context.private_channel
    return not (interaction.is_guild_integration() and interaction.app_permissions.view_channel)

"""Interactions as the library hands them to a bot, without any connection."""

from __future__ import annotations

from typing import Any

import discord

from tests.discord_server.payloads import (
    channel_payload,
    dm_payload,
    guild_payload,
    member_payload,
    role_payload,
    user_payload,
)

GUILD, CHANNEL, THREAD, ROLE, PERSON = "10", "20", "30", "40", "50"
VIEW = str(discord.Permissions(view_channel=True).value)
ANN = user_payload(PERSON, "ann")
ART = channel_payload(CHANNEL, GUILD, "art")
IN_GUILD, IN_BOT_DM, IN_PRIVATE = 0, 1, 2
BY_GUILD, BY_PERSON = "0", "1"


def interaction(channel: dict[str, Any] = ART, **more: Any) -> discord.Interaction[Any]:
    """What Discord sends, as the library reads it in a bot that knows the guild."""
    state = discord.Client(intents=discord.Intents(guilds=True))._connection
    bot: Any = user_payload("1", "reroll", is_bot=True)
    state.user = discord.ClientUser(state=state, data=bot)
    roles = [role_payload(GUILD, "@everyone", 0), role_payload(ROLE, "artists", 1)]
    known: Any = guild_payload(GUILD, PERSON, roles) | {"channels": [ART]}
    state._add_guild_from_data(known)
    payload: Any = {
        "id": "1400000000000000000",
        "application_id": "1",
        "type": 2,
        "token": "leave",
        "version": 1,
        "channel_id": channel["id"],
        "channel": channel | {"permissions": "0"},
        "app_permissions": VIEW,
        "attachment_size_limit": 12345,
        "authorizing_integration_owners": {BY_GUILD: channel.get("guild_id", "0")},
        "context": IN_GUILD,
    }
    if "guild_id" in channel:
        member = member_payload(ANN, [ROLE]) | {"nick": "Annie", "permissions": "0"}
        payload |= {"guild_id": channel["guild_id"], "guild": {"id": GUILD}, "member": member}
    else:
        payload |= {"user": ANN, "context": IN_BOT_DM}
    return discord.Interaction(data=payload | more, state=state)


def direct(**more: Any) -> discord.Interaction[Any]:
    """What Discord sends from the talk between somebody and the bot."""
    return interaction(dm_payload("60", [ANN]), **more)

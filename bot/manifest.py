"""What the chat services have to be told of the bot, made from the command definitions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from bot import texts
from bot.commands import Command

SLACK_COMMANDS: Final = ("imagine", "reroll")
"""The commands that have a name of their own on Slack; all of them are also under ``/art``."""

SLACK_SCOPES: Final = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
)

DISCORD_PERMISSIONS: Final = {
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Embed Links": 1 << 14,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Send Messages in Threads": 1 << 38,
}
"""The permission bits of discord.com/developers/docs/topics/permissions that the bot needs."""

DISCORD_AUTHORIZE: Final = "https://discord.com/oauth2/authorize"


def slack_manifest(commands: Iterable[Command]) -> dict[str, Any]:
    """Return the app manifest for api.slack.com/apps, with Socket Mode."""
    own = [
        {
            "command": f"/{command.name}",
            "description": command.help,
            "usage_hint": command.examples[0] if command.examples else "",
            "should_escape": False,
        }
        for command in commands
        if command.name in SLACK_COMMANDS
    ]
    every = {
        "command": "/art",
        "description": texts.SLACK_ART,
        "usage_hint": "history red circle",
        "should_escape": False,
    }
    return {
        "display_information": {"name": texts.PRODUCT, "description": texts.CLI_HELP},
        "features": {
            "bot_user": {"display_name": texts.PRODUCT, "always_online": True},
            "slash_commands": [*own, every],
        },
        "oauth_config": {"scopes": {"bot": list(SLACK_SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_mention"]},
            "interactivity": {"is_enabled": True},
            "socket_mode_enabled": True,
            "org_deploy_enabled": False,
            "token_rotation_enabled": False,
        },
    }


def application_id(token: str) -> str | None:
    """Return the Discord application's id, which the first part of its bot token spells."""
    first = token.partition(".")[0]
    try:
        text = base64.b64decode(first + "=" * (-len(first) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text.isdigit() else None


def discord_permissions() -> int:
    """Return the permissions as the number that the invite link carries."""
    return sum(DISCORD_PERMISSIONS.values())


def discord_invite(application: str) -> str:
    """Return the link that adds the bot to a server with the permissions it needs."""
    query = {
        "client_id": application,
        "scope": "bot applications.commands",
        "permissions": discord_permissions(),
    }
    return f"{DISCORD_AUTHORIZE}?{urlencode(query)}"


def discord_install(application: str) -> str:
    """Return the link that adds the commands to a person's own account, for wherever they are."""
    query = {"client_id": application, "scope": "applications.commands", "integration_type": 1}
    return f"{DISCORD_AUTHORIZE}?{urlencode(query)}"

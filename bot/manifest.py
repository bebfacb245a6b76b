"""What the chat services have to be told of the bot, made from the command definitions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

from bot import texts
from bot.command import Command

SLACK_COMMANDS: Final = ("imagine", "reroll")
"""The commands that have a name of their own on Slack; all of them are also under ``/art``."""

SLACK_SCOPES: Final = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
)
"""What the bot asks for; a direct message needs no more than the right to write."""

SLACK_EVENTS: Final = ("app_home_opened", "app_mention", "message.im")
SLACK_SHORTCUT: Final = "imagine"
"""The ``callback_id`` of the entry that opens the modal of /imagine from anywhere."""

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


def slack_manifest(commands: Iterable[Command], request_url: str = "") -> dict[str, Any]:
    """Return the app manifest for api.slack.com/apps.

    With a ``request_url`` Slack sends what happens there, signed; otherwise over Socket Mode.
    """
    url = {"url": request_url} if request_url else {}
    named = {command.name: command for command in commands}
    own = [_slash(name, named[name].help, named[name].examples[0]) for name in SLACK_COMMANDS]
    every = _slash("art", texts.SLACK_ART, texts.SLACK_ART_HINT)
    return {
        "display_information": {"name": texts.PRODUCT, "description": texts.SLACK_ABOUT},
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            # Slack allows small letters only.
            "bot_user": {"display_name": texts.PRODUCT.lower(), "always_online": True},
            "shortcuts": list(_shortcuts(named[SLACK_SHORTCUT])),
            "slash_commands": [{**command, **url} for command in (*own, every)],
        },
        "oauth_config": {"scopes": {"bot": list(SLACK_SCOPES)}},
        "settings": _slack_settings(request_url),
    }


def _slash(name: str, help_: str, hint: str) -> dict[str, Any]:
    return {
        "command": f"/{name}",
        "description": help_,
        "usage_hint": hint,
        "should_escape": False,
    }


def _shortcuts(imagine: Command) -> Iterator[dict[str, str]]:
    """Yield the entry that is everywhere, and those that every message has in its menu."""
    yield {
        "name": texts.SLACK_IMAGINE,
        "type": "global",
        "callback_id": SLACK_SHORTCUT,
        "description": imagine.help,
    }
    for action, name in texts.MENUS.items():
        yield {
            "name": name,
            "type": "message",
            "callback_id": action,
            "description": texts.MENU_HELP[action],
        }


def _slack_settings(request_url: str) -> dict[str, Any]:
    events: dict[str, Any] = {"bot_events": list(SLACK_EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if request_url:
        events = {"request_url": request_url, **events}
        # Selects with a search ask at an address of their own.
        interactivity |= {"request_url": request_url, "message_menu_options_url": request_url}
    return {
        "event_subscriptions": events,
        "interactivity": interactivity,
        "org_deploy_enabled": False,
        "socket_mode_enabled": not request_url,
        "token_rotation_enabled": False,
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

"""People, guilds and channels in the form in which Discord sends them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tests.discord_server.permissions import EVERYONE
from tests.discord_server.records import Payload

LONG_AGO = "2024-01-01T00:00:00+00:00"

TEXT, DM, GROUP_DM, THREAD, FORUM = 0, 1, 3, 11, 15

INTENT_FLAGS = 0x8A000
"""The application's flags that let it ask for the privileged intents."""


def timestamp() -> str:
    """Now, as Discord writes it."""
    now = time.time()
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    return f"{seconds}.{int(now % 1 * 1e6):06d}+00:00"


def user_payload(user_id: str, name: str, *, is_bot: bool = False) -> Payload:
    """A person, or a bot."""
    payload: Payload = {
        "id": user_id,
        "username": name,
        "avatar": None,
        "discriminator": "0000" if is_bot else "0",
        "public_flags": 0,
        "flags": 0,
        "global_name": None if is_bot else name.title(),
        "primary_guild": None,
    }
    return {**payload, "bot": True} if is_bot else payload


def member_payload(user: Payload, roles: Iterable[str]) -> Payload:
    """A person as a member of the guild."""
    return {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": LONG_AGO,
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": list(roles),
        "mute": False,
        "deaf": False,
        "user": user,
    }


def role_payload(role_id: str, name: str, position: int, permissions: int = EVERYONE) -> Payload:
    """A role of the guild."""
    colours = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
    return {
        "id": role_id,
        "name": name,
        "permissions": str(permissions),
        "position": position,
        "color": 0,
        "colors": colours,
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def channel_payload(
    channel_id: str, guild_id: str, name: str, *, kind: int = TEXT, nsfw: bool = False
) -> Payload:
    """A channel of a guild."""
    payload: Payload = {
        "id": channel_id,
        "type": kind,
        "flags": 0,
        "guild_id": guild_id,
        "name": name,
        "position": 0,
        "nsfw": nsfw,
        "permission_overwrites": [],
        "topic": None,
        "parent_id": None,
        "last_message_id": None,
        "rate_limit_per_user": 0,
    }
    if kind == FORUM:
        payload |= {
            "available_tags": [],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
            "default_thread_rate_limit_per_user": 0,
        }
    return payload


def thread_payload(thread_id: str, parent: Payload, name: str, owner_id: str) -> Payload:
    """A public thread in a text channel, or a post in a forum."""
    return {
        "id": thread_id,
        "type": THREAD,
        "flags": 0,
        "guild_id": parent["guild_id"],
        "name": name,
        "parent_id": parent["id"],
        "owner_id": owner_id,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "message_count": 0,
        "member_count": 1,
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": False,
            "archive_timestamp": timestamp(),
            "auto_archive_duration": 4320,
            "locked": False,
            "create_timestamp": timestamp(),
        },
    }


def dm_payload(channel_id: str, recipients: list[Payload], kind: int = DM) -> Payload:
    """A conversation outside any guild."""
    payload: Payload = {
        "id": channel_id,
        "type": kind,
        "flags": 0,
        "last_message_id": None,
        "recipients": recipients,
    }
    if kind == GROUP_DM:
        payload |= {"name": None, "icon": None, "owner_id": recipients[0]["id"]}
    return payload


def guild_payload(guild_id: str, owner_id: str, roles: list[Payload]) -> Payload:
    """The guild, as the REST API shows it."""
    nothing = (
        "icon description home_header splash discovery_splash banner application_id afk_channel_id"
        " system_channel_id widget_channel_id max_presences vanity_url_code rules_channel_id"
        " safety_alerts_channel_id public_updates_channel_id incidents_data"
    )
    zero = (
        "system_channel_flags verification_level default_message_notifications mfa_level"
        " explicit_content_filter premium_tier premium_subscription_count nsfw_level"
    )
    return {
        "id": guild_id,
        "name": "Emu Guild",
        "owner_id": owner_id,
        "roles": roles,
        "region": "us-east",
        "preferred_locale": "en-US",
        "afk_timeout": 300,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "widget_enabled": False,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "features": [],
        "emojis": [],
        "stickers": [],
        **dict.fromkeys(nothing.split()),
        **dict.fromkeys(zero.split(), 0),
    }


def application_payload(app_id: str, owner: Payload, flags: int) -> Payload:
    """The bot's application."""
    nothing = "icon type interactions_endpoint_url role_connections_verification_url team"
    zero = (
        "approximate_user_install_count approximate_user_authorization_count"
        " explicit_content_filter"
    )
    return {
        "id": app_id,
        "name": "emubot",
        "description": "",
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": "0",
        "redirect_uris": [],
        "owner": owner,
        "approximate_guild_count": 1,
        "eligible_oauth2_scopes": [],
        "bot_public": True,
        "bot_require_code_grant": False,
        **dict.fromkeys(nothing.split()),
        **dict.fromkeys(zero.split(), 0),
    }


def command_payload(command: Payload, command_id: str, version: str, app_id: str) -> Payload:
    """A command as it is stored, from the form in which it was sent."""
    permissions = command.get("default_member_permissions")
    return {
        "id": str(command.get("id") or command_id),
        "application_id": app_id,
        "version": version,
        "default_member_permissions": None if permissions is None else str(permissions),
        "type": command.get("type") or 1,
        "name": command["name"],
        "name_localizations": command.get("name_localizations"),
        "description": command.get("description") or "",
        "description_localizations": command.get("description_localizations"),
        "contexts": command.get("contexts"),
        "integration_types": command.get("integration_types") or [0],
        "nsfw": bool(command.get("nsfw")),
        "options": [_option_payload(option) for option in command.get("options") or []],
    }


def _option_payload(option: Payload) -> Payload:
    payload = without_nulls(option)
    if "options" in payload:
        payload["options"] = [_option_payload(inner) for inner in payload["options"]]
    if "choices" in payload:
        payload["choices"] = [without_nulls(choice) for choice in payload["choices"]]
    return payload


def without_nulls(payload: Payload) -> Payload:
    """The keys that hold something."""
    return {key: value for key, value in payload.items() if value is not None}

"""The guild, its members, roles and channels."""

from __future__ import annotations

import time

from tests.discord_server.form_errors import ApiError
from tests.discord_server.message_store import MessageStore
from tests.discord_server.payloads import THREAD
from tests.discord_server.permissions import ATTACH, SEND, SEND_IN_THREADS, VIEW
from tests.discord_server.records import Payload
from tests.discord_server.rest.calls import Answer, Call, Operation
from tests.discord_server.routes import Route


def accessible_channel(server: MessageStore, channel_id: str) -> Payload:
    """A place that the bot sees; ``ApiError`` if there is none."""
    channel = server.place(channel_id)
    if channel is None:
        raise ApiError(404, 10003, "Unknown Channel")
    if not server.bot_permissions(channel) & VIEW:
        raise ApiError(403, 50001, "Missing Access")
    return channel


def writable_channel(server: MessageStore, channel_id: str, *, with_files: bool = False) -> Payload:
    """A place that the bot may write in; ``ApiError`` if it may not."""
    channel = accessible_channel(server, channel_id)
    if not server.takes_dms(channel_id):
        raise ApiError(403, 50007, "Cannot send messages to this user")
    needed = SEND_IN_THREADS if channel["type"] == THREAD else SEND
    needed |= ATTACH if with_files else 0
    if needed & ~server.bot_permissions(channel):
        raise ApiError(403, 50013, "Missing Permissions")
    return channel


def get_guild(server: MessageStore, call: Call) -> Answer:
    """The guild."""
    _check_guild(server, call)
    return 200, server.guild()


def list_channels(server: MessageStore, call: Call) -> Answer:
    """The guild's channels, without threads."""
    _check_guild(server, call)
    return 200, [channel for channel in server.channels.values() if channel["type"] != THREAD]


def list_roles(server: MessageStore, call: Call) -> Answer:
    """The guild's roles."""
    _check_guild(server, call)
    return 200, server.roles


def get_member(server: MessageStore, call: Call) -> Answer:
    """A person as a member."""
    _check_guild(server, call)
    user = server.user_by_id(call.params["user_id"])
    if user is None:
        raise ApiError(404, 10007, "Unknown Member")
    return 200, server.member(user)


def get_channel(server: MessageStore, call: Call) -> Answer:
    """A channel, a thread or a conversation."""
    return 200, accessible_channel(server, call.params["channel_id"])


def trigger_typing(server: MessageStore, call: Call) -> Answer:
    """Show that the bot is typing."""
    writable_channel(server, call.params["channel_id"])
    server.typing.append((time.monotonic(), call.params["channel_id"]))
    return 204, None


def _check_guild(server: MessageStore, call: Call) -> None:
    if call.params["guild_id"] == server.other_guild_id:
        raise ApiError(403, 50001, "Missing Access")
    if call.params["guild_id"] != server.guild_id:
        raise ApiError(404, 10004, "Unknown Guild")


GUILD_OPERATIONS = (
    Operation(Route("GET", "/guilds/{guild_id}", "get_guild"), get_guild),
    Operation(Route("GET", "/guilds/{guild_id}/channels", "list_guild_channels"), list_channels),
    Operation(Route("GET", "/guilds/{guild_id}/roles", "list_guild_roles"), list_roles),
    Operation(Route("GET", "/guilds/{guild_id}/members/{user_id}", "get_guild_member"), get_member),
    Operation(Route("GET", "/channels/{channel_id}", "get_channel"), get_channel),
    Operation(
        Route("POST", "/channels/{channel_id}/typing", "trigger_typing_indicator"), trigger_typing
    ),
)

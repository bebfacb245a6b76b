"""Messages of channels, written with the bot's own token."""

from __future__ import annotations

import math
import time

from tests.discord_server.form_errors import ApiError
from tests.discord_server.message_store import MessageStore
from tests.discord_server.records import Message
from tests.discord_server.rest.calls import Answer, Call, Operation
from tests.discord_server.rest.guild import accessible_channel, writable_channel
from tests.discord_server.routes import Route

MESSAGES = "/channels/{channel_id}/messages"
ONE = MESSAGES + "/{message_id}"


def create_message(server: MessageStore, call: Call) -> Answer:
    """Post a message; an enforced nonce that was used lately gives the first one again."""
    channel_id, body = call.params["channel_id"], call.form
    writable_channel(server, channel_id, with_files=bool(call.uploads))
    nonce = body.get("nonce")
    key = (channel_id, str(nonce))
    if body.get("enforce_nonce") and nonce is not None:
        then, first = server.nonces.get(key, (0.0, None))
        if first is not None and time.monotonic() - then < server.nonce_ttl:
            return 200, first.payload
    server.message_rules.check(body, call.uploads)
    reference = body.get("message_reference")
    replies_to = str(reference["message_id"]) if reference else None
    message = server.post_message(channel_id, server.bot_user, body, call.uploads, replies_to)
    if nonce is not None:
        server.nonces[key] = (time.monotonic(), message)
    return 200, message.payload


def get_message(server: MessageStore, call: Call) -> Answer:
    """One message."""
    return 200, _message(server, call).payload


def list_messages(server: MessageStore, call: Call) -> Answer:
    """The newest messages of a channel, newest first; those before one, if it is named."""
    channel_id = call.params["channel_id"]
    accessible_channel(server, channel_id)
    before = int(call.query.get("before", "0")) or math.inf
    messages = [
        message.payload
        for message in reversed(server.visible_to(server.bot_user, channel_id))
        if not message.ephemeral and int(message.id) < before
    ]
    return 200, messages[: int(call.query.get("limit", "50"))]


def update_message(server: MessageStore, call: Call) -> Answer:
    """Change a message of the bot's own."""
    message = _message(server, call)
    if message.payload["author"]["id"] != server.app_id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    writable_channel(server, message.channel_id, with_files=bool(call.uploads))
    server.message_rules.check(call.form, call.uploads, message)
    server.edit(message, call.form, call.uploads)
    return 200, message.payload


def delete_message(server: MessageStore, call: Call) -> Answer:
    """Take a message away."""
    server.delete(_message(server, call))
    return 204, None


def add_reaction(server: MessageStore, call: Call) -> Answer:
    """Put a reaction under a message."""
    _message(server, call)
    return 204, None


def _message(server: MessageStore, call: Call) -> Message:
    accessible_channel(server, call.params["channel_id"])
    message = server.message(call.params["channel_id"], call.params["message_id"])
    if message.ephemeral:
        raise ApiError(404, 10008, "Unknown Message")
    return message


MESSAGE_OPERATIONS = (
    Operation(Route("POST", MESSAGES, "create_message", takes_files=True), create_message),
    Operation(Route("GET", MESSAGES, "list_messages"), list_messages),
    Operation(Route("GET", ONE, "get_message"), get_message),
    Operation(Route("PATCH", ONE, "update_message", takes_files=True), update_message),
    Operation(Route("DELETE", ONE, "delete_message"), delete_message),
    Operation(
        Route("PUT", ONE + "/reactions/{emoji_name}/@me", "add_my_message_reaction"), add_reaction
    ),
)

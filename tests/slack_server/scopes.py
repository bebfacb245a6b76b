"""What a bot has to be allowed to do for which method."""

from __future__ import annotations

from collections.abc import Mapping

from tests.slack_server.records import Payload

PUBLIC_POSTING = "chat:write.public"
CONNECTING = "connections:write"

BY_METHOD: Mapping[str, str] = {
    "bots.info": "users:read",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "reactions.add": "reactions:write",
    "assistant.threads.setStatus": "chat:write",
    "users.info": "users:read",
}
BY_PLACE: Mapping[str, str] = {
    "conversations.history": "history",
    "conversations.info": "read",
    "conversations.replies": "history",
}
"""What has to be allowed for the kind of place that is asked about."""


def place_scope(right: str, channel: Payload) -> str:
    """The scope for a right in a place: ``channels:history``, ``im:read`` and so on."""
    if channel["is_im"]:
        return f"im:{right}"
    return f"groups:{right}" if channel["is_private"] else f"channels:{right}"

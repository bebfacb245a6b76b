"""Messages and what hangs on them, in the form in which Discord sends them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.discord_server.payloads import timestamp, without_nulls
from tests.discord_server.records import Attachment, Interaction, Payload

BINARY = "application/octet-stream"
PNG = b"\x89PNG\r\n\x1a\n"
SELECT = 3


def attachment_payload(attachment: Attachment, url: str, *, ephemeral: bool) -> Payload:
    """A file of a message, with its pixels counted if it is a PNG."""
    payload: Payload = {
        "id": attachment.id,
        "filename": attachment.filename,
        "size": attachment.size,
        "url": url,
        "proxy_url": url,
        "content_type": attachment.content_type or BINARY,
    }
    if attachment.data.startswith(PNG):
        payload["width"], payload["height"] = struct.unpack(">II", attachment.data[16:24])
    if attachment.description:
        payload["description"] = attachment.description
    if ephemeral:
        payload["ephemeral"] = True
    return payload


def embed_payload(embed: Payload, urls: dict[str, str]) -> Payload:
    """An embed, its ``attachment://`` pictures replaced by addresses (by file name)."""
    payload = {"type": "rich", **without_nulls(embed)}
    for key in ("image", "thumbnail"):
        if isinstance(payload.get(key), dict):
            url = payload[key].get("url", "")
            url = urls.get(url.removeprefix("attachment://"), url)
            payload[key] = {"url": url, "proxy_url": url}
    if isinstance(payload.get("fields"), list):
        payload["fields"] = [
            {**field, "inline": bool(field.get("inline"))} for field in payload["fields"]
        ]
    return payload


def component_payloads(components: list[Payload], numbers: Iterator[int]) -> list[Payload]:
    """Components as people get them: numbered, without nulls."""
    return [_component_payload(component, numbers) for component in components]


def _component_payload(component: Payload, numbers: Iterator[int]) -> Payload:
    payload = without_nulls(component)
    payload.setdefault("id", next(numbers))
    if "components" in payload:
        payload["components"] = component_payloads(payload["components"], numbers)
    for key in ("items", "options"):
        if key in payload:
            payload[key] = [without_nulls(item) for item in payload[key]]
    for key in ("accessory", "component"):
        if isinstance(payload.get(key), dict):
            payload[key] = _component_payload(payload[key], numbers)
    if payload["type"] == SELECT:
        payload.setdefault("min_values", 1)
        payload.setdefault("max_values", 1)
    return payload


def message_payload(message_id: str, channel_id: str, author: Payload, kind: int) -> Payload:
    """A message that says nothing yet."""
    return {
        "type": kind,
        "content": "",
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "timestamp": timestamp(),
        "edited_timestamp": None,
        "flags": 0,
        "components": [],
        "id": message_id,
        "channel_id": channel_id,
        "author": author,
        "pinned": False,
        "mention_everyone": False,
        "tts": False,
    }


def interaction_marks(interaction: Interaction, user: Payload, app_id: str) -> Payload:
    """What a message says of the interaction that it answers."""
    owners = interaction.payload["authorizing_integration_owners"]
    origin: Payload = {"user": user, "authorizing_integration_owners": owners}
    metadata: Payload = {"id": interaction.id, "type": interaction.type, **origin}
    marks: Payload = {"webhook_id": app_id, "application_id": app_id}
    marks["interaction_metadata"] = metadata
    if interaction.type == 3 and interaction.source:
        metadata["interacted_message_id"] = interaction.source.id
    if interaction.type == 5:
        metadata["triggering_interaction_metadata"] = {"id": interaction.id, "type": 2, **origin}
    if interaction.type == 2:
        name = interaction.payload["data"]["name"]
        marks["interaction"] = {"id": interaction.id, "type": 2, "name": name, "user": user}
    return marks


def reference_payload(message_id: str, channel_id: str) -> Payload:
    """What a reply says of the message that it replies to."""
    return {"type": 0, "message_id": message_id, "channel_id": channel_id}

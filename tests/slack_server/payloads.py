"""People, places and files as Slack describes them."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import quote

from tests.slack_server.records import File, Payload

SIGNATURES: Mapping[bytes, str] = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
UNKNOWN_KIND = "application/octet-stream"
LONG_AGO = 1


def user_payload(user_id: str, team_id: str, name: str, *, is_admin: bool) -> Payload:
    """A person."""
    profile = {
        "display_name": name,
        "real_name": name.title(),
        "email": f"{name}@example.com",
    }
    return {
        "id": user_id,
        "team_id": team_id,
        "name": name,
        "real_name": name.title(),
        "is_bot": False,
        "is_admin": is_admin,
        "is_owner": is_admin,
        "deleted": False,
        "tz": "UTC",
        "locale": "en-US",
        "profile": profile,
    }


def person(user: Payload) -> Payload:
    """A person, as the payloads of what they do name them."""
    return {
        "id": user["id"],
        "username": user["name"],
        "name": user["name"],
        "team_id": user["team_id"],
    }


def channel_payload(channel_id: str, name: str, *, is_member: bool, is_private: bool) -> Payload:
    """What we keep of a channel."""
    return {
        "id": channel_id,
        "name": name,
        "is_channel": not is_private,
        "is_private": is_private,
        "is_im": False,
        "is_member": is_member,
        "is_archived": False,
    }


def dm_payload(channel_id: str, user_id: str) -> Payload:
    """What we keep of a conversation between a person and the bot."""
    channel = channel_payload(channel_id, channel_id, is_member=True, is_private=True)
    return {**channel, "is_im": True, "user": user_id}


def conversation_payload(channel: Payload) -> Payload:
    """A place, as the Web API describes it."""
    if channel["is_im"]:
        kept = {key: channel[key] for key in ("id", "is_im", "user", "is_archived")}
        return {**kept, "created": LONG_AGO, "is_org_shared": False, "priority": 0}
    shared = "is_general is_shared is_org_shared is_ext_shared is_pending_ext_shared is_mpim"
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        **channel,
        **dict.fromkeys(shared.split(), False),
        "name_normalized": channel["name"],
        "created": LONG_AGO,
        "creator": "U0EMU00000",
        "is_group": channel["is_private"],
        "pending_shared": [],
        "unlinked": 0,
        "parent_conversation": None,
        "previous_names": [],
        "topic": nothing,
        "purpose": nothing,
    }


def content_kind(file: File) -> str:
    """The kind of a file: what its bytes say, or else its name."""
    for signature, kind in SIGNATURES.items():
        if (file.data or b"").startswith(signature):
            return kind
    return mimetypes.guess_type(file.filename)[0] or UNKNOWN_KIND


def file_type(file: File) -> str:
    """The kind of a file by the end of its name, as Slack's own short word for it."""
    return PurePath(file.filename).suffix.removeprefix(".").lower()


def stub_payload(file: File) -> Payload:
    """A file of another workspace: the bot has to ask for the rest."""
    return {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}


def file_payload(file: File, root: str) -> Payload:
    """A file, with the address that it can be fetched from."""
    url = file.url or f"{root}/files-pri/{file.id}/{quote(file.filename)}"
    now = int(time.time())
    kind = file_type(file)
    places = {kind: [each for each in file.channels if each[0] == kind] for kind in "CGD"}
    return {
        "id": file.id,
        "created": now,
        "timestamp": now,
        "name": file.filename,
        "title": file.title or file.filename,
        "mimetype": content_kind(file),
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": file.user,
        "editable": False,
        "size": len(file.data or b""),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": bool(places["C"]),
        "url_private": url,
        "url_private_download": url,
        "permalink": url,
        "channels": places["C"],
        "groups": places["G"],
        "ims": places["D"],
        "shares": file.shares,
        "alt_txt": file.alt_txt,
        "has_rich_preview": False,
    }

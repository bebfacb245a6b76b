"""Files: announcing, completing, sharing, reading and deleting them."""

from __future__ import annotations

import asyncio
import time

from tests.slack_server.delivering import Delivering
from tests.slack_server.errors import SlackError, invalid_arguments
from tests.slack_server.records import File, Payload
from tests.slack_server.web.calls import Methods, required

COMPLETE = "files.completeUploadExternal"


def announce_file(server: Delivering, args: Payload) -> Payload:
    """An address to which a file can be uploaded."""
    name = required(args, "filename")
    try:
        length = int(required(args, "length"))
    except ValueError:
        raise invalid_arguments("length must be a number") from None
    file = server.announce_file(name, length, args.get("alt_txt"))
    return {"upload_url": file.upload_url, "file_id": file.id}


def complete_files(server: Delivering, args: Payload) -> Payload:
    """Complete uploaded files, and share them where that is asked for."""
    items = args.get("files")
    if not isinstance(items, list) or not items:
        raise invalid_arguments("missing required field: files")
    files = [server.uploaded_file(item.get("id")) for item in items]
    channels = _channels(server, args)
    if channels:
        server.check_content(args, may_be_empty=True)
        server.watch(COMPLETE, {**args, "text": args.get("initial_comment")}, may_unfurl=False)
    for file, item in zip(files, items, strict=True):
        file.title, file.completed = item.get("title"), time.monotonic()
    _share(server, files, channels, args)
    if server.share_delay:
        return {"files": [{"id": file.id, "title": file.title} for file in files]}
    return {"files": [server.file_payload(file) for file in files]}


def file_info(server: Delivering, args: Payload) -> Payload:
    """A file."""
    file = server.existing_file(args.get("file"))
    metadata = {"next_cursor": ""}
    return {"file": server.file_payload(file), "comments": [], "response_metadata": metadata}


def delete_file(server: Delivering, args: Payload) -> Payload:
    """Take a file of the bot away."""
    file = server.files.get(str(args.get("file")))
    if file is None or file.deleted:
        raise SlackError("file_not_found")
    if file.user != server.bot_user:
        raise SlackError("cant_delete_file")
    file.deleted = True
    for message in server.messages:
        message.files = [other for other in message.files if other is not file]
    return {}


def _channels(server: Delivering, args: Payload) -> list[str]:
    names = [args["channel_id"]] if args.get("channel_id") else []
    names = names or [name for name in str(args.get("channels") or "").split(",") if name]
    return [server.place_to_post(name)["id"] for name in names]


def _share(server: Delivering, files: list[File], channels: list[str], args: Payload) -> None:
    comment = {"text": args.get("initial_comment") or "", "thread_ts": args.get("thread_ts")}
    if not args.get("initial_comment"):  # a comment takes the place of blocks
        comment["blocks"] = args.get("blocks")

    def post() -> None:
        for channel in channels:
            message = server.post(channel, comment, via=COMPLETE, files=files)
            server.share(message)
        server.changes.tell()

    if server.share_delay:
        asyncio.get_running_loop().call_later(server.share_delay, post)
    else:
        post()


FILES: Methods = {
    COMPLETE: complete_files,
    "files.delete": delete_file,
    "files.getUploadURLExternal": announce_file,
    "files.info": file_info,
}

"""Messages: making, editing, deleting them, and who sees them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any

from tests.slack_server.block_rules import message_flaws
from tests.slack_server.conduct import Marks, misconduct
from tests.slack_server.errors import SlackError, invalid_arguments
from tests.slack_server.file_store import FileStore
from tests.slack_server.records import BY_USER, Edit, File, Message, Payload, snapshot
from tests.slack_server.texts import texts_of, typed

NEW_TEXT, CHANGED_TEXT = 40_000, 4000
"""Characters of the text at the top that a new and a changed message may have."""


class MessageStore(FileStore):
    """All messages everywhere."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._by_ts: dict[tuple[str, str], Message] = {}
        self._marks = Marks()

    def visible_to(self, user: Payload, channel: str | None = None) -> list[Message]:
        """What a person sees in a channel: of what is ephemeral only their own."""
        where = channel or self.channel_id
        return [message for message in self.messages if self._is_seen(message, user, where)]

    def _is_seen(self, message: Message, user: Payload, channel: str) -> bool:
        is_for_them = message.user_only in (None, user["id"])
        return not message.deleted and message.channel == channel and is_for_them

    def check_content(
        self, args: Payload, *, may_be_empty: bool = False, most: int = NEW_TEXT
    ) -> None:
        """``SlackError`` for what Slack does not take as a message."""
        text, blocks = args.get("text"), args.get("blocks")
        if text is not None and not isinstance(text, str):
            raise invalid_arguments("text must be a string")
        if len(text or "") > most:
            raise SlackError("msg_too_long")
        if blocks:
            self._check_blocks(blocks)
        if not text and not blocks and not args.get("attachments") and not may_be_empty:
            raise SlackError("no_text")
        _check_metadata(args.get("metadata"))

    def _check_blocks(self, blocks: Any) -> None:
        flaws = message_flaws(blocks, self.find_file)
        if flaws.words:
            raise SlackError(
                "invalid_blocks",
                blameless=flaws.is_patience_asked,
                errors=flaws.words,
                response_metadata={"messages": flaws.words},
            )
        if sum(len(text.words) for text in texts_of(blocks)) > self.blocks_limit:
            raise SlackError("msg_blocks_too_long")

    def watch(self, method: str, args: Payload, *, may_unfurl: bool = False) -> None:
        """Note what Slack takes, but no bot should send."""
        for words in misconduct(args, may_unfurl=may_unfurl):
            self.blame(method, words, args)

    def post(
        self,
        channel: str,
        args: Payload,
        *,
        user_only: str | None = None,
        via: str = "chat.postMessage",
        files: Sequence[File] = (),
    ) -> Message:
        """A new message of the bot."""
        payload: Payload = {
            "type": "message",
            "user": self.bot_user,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "team": self.team["id"],
        }
        message = Message(channel, self.new_ts(), payload, user_only, files=list(files), via=via)
        self._write(message, args)
        if via == "chat.postMessage" and self._marks.note(message):
            self.blame(via, "posted twice", args)
        return self._keep(message)

    def write(
        self,
        text: str,
        user: Payload,
        channel: str,
        *,
        thread_ts: str | None = None,
        files: Sequence[File] = (),
    ) -> Message:
        """A new message of a person."""
        payload: Payload = {
            "type": "message",
            "user": user["id"],
            "team": self.team["id"],
            "text": text,
        }
        message = Message(channel, self.new_ts(), payload, files=list(files), via=BY_USER)
        payload |= {"ts": message.ts, **({"thread_ts": thread_ts} if thread_ts else {})}
        if files:
            self.share(message)
        return self._keep(message)

    def say(
        self,
        text: str = "",
        *,
        user: Payload | None = None,
        channel: Payload | None = None,
        thread_ts: str | None = None,
        files: Sequence[File] = (),
    ) -> Message:
        """A person writes where the bot does not listen: it is told nothing."""
        where = channel["id"] if channel else self.channel_id
        author = user or self.user()
        return self.write(typed(text), author, where, thread_ts=thread_ts, files=files)

    def share(self, message: Message) -> None:
        """Let a message show its files, and its files know where they are."""
        is_private = self.channels[message.channel]["is_private"]
        place = {"ts": message.ts}
        if message.thread_ts:
            place["thread_ts"] = message.thread_ts
        for file in message.files:
            file.channels.append(message.channel)
            shares = file.shares.setdefault("private" if is_private else "public", {})
            shares[message.channel] = [place]
        message.payload["files"] = [self.told_file(file) for file in message.files]
        message.payload |= {"upload": True, "subtype": "file_share"}

    def edit(self, message: Message, args: Payload, op: str) -> None:
        """Change a message."""
        self._write(message, args, is_edit=True)
        message.payload["edited"] = {"user": self.bot_user, "ts": self.new_ts()}
        self._record(message, op)

    def delete(self, message: Message, op: str = "delete") -> None:
        """Take a message away."""
        message.deleted = True
        message.history.append(Edit(time.monotonic(), op, {}))
        self.changes.tell()

    def moderate(self, message: Message) -> None:
        """A moderator deletes a message: for the bot it is no longer there."""
        self.delete(message, "moderated")

    def message(self, channel: object, ts: object) -> Message:
        """A message that the bot can name; ``SlackError`` if there is none, or one saw it alone."""
        message = self._by_ts.get((str(channel), str(ts)))
        if message is None or message.deleted or message.user_only:
            raise SlackError("message_not_found")
        return message

    def _write(self, message: Message, args: Payload, *, is_edit: bool = False) -> None:
        payload, blocks = message.payload, args.get("blocks")
        payload |= {"ts": message.ts, "text": args.get("text") or ""}
        if blocks is not None:
            payload["blocks"] = with_ids(blocks)
        elif is_edit and args.get("text") is not None:
            payload.pop("blocks", None)  # a text alone takes their place
        if args.get("thread_ts") and not is_edit:
            payload["thread_ts"] = args["thread_ts"]
        if args.get("metadata"):
            payload["metadata"] = args["metadata"]
        elif args.get("metadata") is not None:
            payload.pop("metadata", None)

    def _keep(self, message: Message) -> Message:
        self.messages.append(message)
        self._by_ts[message.channel, message.ts] = message
        self._record(message, "post")
        return message

    def _record(self, message: Message, op: str) -> None:
        message.history.append(Edit(time.monotonic(), op, snapshot(message.payload)))
        self.changes.tell()


def with_ids(blocks: list[Payload]) -> list[Payload]:
    """Blocks with the ids that Slack gives where the bot gave none."""
    named = [
        {**block, "block_id": block.get("block_id") or secrets.token_hex(3)} for block in blocks
    ]
    for block in named:
        inside = block.get("elements", []) if block["type"] == "actions" else []
        inside = [*inside, *(block[key] for key in ("accessory", "element") if key in block)]
        for element in inside:
            if element.get("type") != "image":
                element.setdefault("action_id", secrets.token_hex(3))
    return named


def _check_metadata(metadata: Any) -> None:
    if not metadata and metadata in (None, {}):
        return
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    is_named = isinstance(metadata.get("event_type"), str) and bool(metadata["event_type"])
    if not is_named or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")

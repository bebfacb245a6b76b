"""Messages: making, editing, deleting them, and who sees them."""

from __future__ import annotations

import copy
import itertools
import time

from tests.discord_server.form_errors import ApiError, Flaw, invalid_form
from tests.discord_server.gateway import Gateway
from tests.discord_server.message_payloads import (
    attachment_payload,
    component_payloads,
    embed_payload,
    interaction_marks,
    message_payload,
    reference_payload,
)
from tests.discord_server.message_rules import MessageRules
from tests.discord_server.payloads import timestamp
from tests.discord_server.permissions import VIEW
from tests.discord_server.records import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SUPPRESS_EMBEDS,
    Attachment,
    Edit,
    Interaction,
    Message,
    Payload,
)
from tests.discord_server.uploads import Uploads

GUILD_MESSAGES_INTENT = 1 << 9
DM_MESSAGES_INTENT = 1 << 12
MOST_ATTACHMENTS = 10
CHANGEABLE_FLAGS = SUPPRESS_EMBEDS | COMPONENTS_V2

PLAIN, REPLY, COMMAND_ANSWER = 0, 19, 20


class MessageStore(Gateway):
    """All messages everywhere."""

    cdn_url = ""

    @property
    def message_rules(self) -> MessageRules:
        """The rules that bodies of messages have to keep."""
        return MessageRules(strict_embed_files=self.strict_embed_files)

    def visible_to(self, user: Payload, channel_id: str | None = None) -> list[Message]:
        """What a person sees in a channel: of what is ephemeral only their own."""
        channel_id = channel_id or self.channel_id
        return [
            message
            for message in self.messages.values()
            if message.channel_id == channel_id
            and not message.deleted
            and (not message.ephemeral or message.owner_id == user["id"])
        ]

    def post_message(
        self,
        channel_id: str,
        author: Payload,
        body: Payload,
        uploads: Uploads,
        replies_to: str | None = None,
    ) -> Message:
        """A new message in a channel."""
        kind = REPLY if replies_to else PLAIN
        payload = message_payload(self.snowflake(), channel_id, author, kind)
        if replies_to:
            payload["message_reference"] = reference_payload(replies_to, channel_id)
        return self._keep(Message(payload), body, uploads)

    def post_answer(
        self,
        interaction: Interaction,
        body: Payload,
        uploads: Uploads,
        *,
        is_first: bool,
        is_loading: bool = False,
    ) -> Message:
        """A new message of the bot that answers an interaction."""
        source = interaction.source if is_first else None
        kind = PLAIN
        if is_first and interaction.type == 2:
            kind = COMMAND_ANSWER
        elif source:
            kind = REPLY
        payload = message_payload(self.snowflake(), interaction.channel_id, self.bot_user, kind)
        user = self.user_by_id(interaction.user_id)
        assert user is not None
        payload |= interaction_marks(interaction, user, self.app_id)
        if source:
            payload["message_reference"] = reference_payload(source.id, source.channel_id)
        payload["flags"] = (body.get("flags") or 0) & EPHEMERAL
        payload["flags"] |= LOADING if is_loading else 0
        message = Message(payload, interaction=interaction, owner_id=interaction.user_id)
        return self._keep(message, body, uploads)

    def edit(self, message: Message, body: Payload, uploads: Uploads, op: str = "edit") -> None:
        """Change a message."""
        self._write(message, body, uploads)
        message.payload["flags"] &= ~LOADING
        message.payload["edited_timestamp"] = timestamp()
        self._publish(message, op, "MESSAGE_UPDATE")

    def delete(self, message: Message) -> None:
        """Take a message away, as its author or a moderator does."""
        message.deleted = True
        message.history.append(Edit(time.monotonic(), "delete", {}, []))
        payload: Payload = {"id": message.id, "channel_id": message.channel_id}
        if message.channel_id in self.channels:
            payload["guild_id"] = self.guild_id
        self._tell_bot(message, "MESSAGE_DELETE", payload)
        self.changes.tell()

    def file_payload(self, attachment: Attachment, channel_id: str, *, ephemeral: bool) -> Payload:
        """A file with its address."""
        url = self._file_url(attachment, channel_id)
        return attachment_payload(attachment, url, ephemeral=ephemeral)

    def _file_url(self, attachment: Attachment, channel_id: str) -> str:
        return f"{self.cdn_url}/attachments/{channel_id}/{attachment.id}/{attachment.filename}"

    def _keep(self, message: Message, body: Payload, uploads: Uploads) -> Message:
        self._write(message, body, uploads)
        self.messages[message.id] = message
        self._publish(message, "create", "MESSAGE_CREATE")
        return message

    def _write(self, message: Message, body: Payload, uploads: Uploads) -> None:
        payload = message.payload
        self._write_files(message, body, uploads)
        if "content" in body:
            payload["content"] = body["content"] or ""
        if "embeds" in body:
            urls = {
                file.filename: self._file_url(file, message.channel_id)
                for file in message.attachments
            }
            payload["embeds"] = [embed_payload(embed, urls) for embed in body["embeds"] or []]
        if "components" in body:
            numbers = itertools.count(1)
            payload["components"] = component_payloads(body["components"] or [], numbers)
        if body.get("flags") is not None:
            kept = payload["flags"] & ~SUPPRESS_EMBEDS  # a message of components stays one
            payload["flags"] = kept | (body["flags"] & CHANGEABLE_FLAGS)

    def _write_files(self, message: Message, body: Payload, uploads: Uploads) -> None:
        listed = {str(entry["id"]): entry for entry in body.get("attachments") or []}
        files = message.attachments
        if "attachments" in body:  # the list says which of the old ones stay
            files = [file for file in files if file.id in listed]
        for number, upload in sorted(uploads.items()):
            entry = listed.get(str(number), {})
            name = entry.get("filename") or upload.filename
            description = entry.get("description")
            files = [
                *files,
                Attachment(self.snowflake(), name, upload.data, description, upload.content_type),
            ]
        if len(files) > MOST_ATTACHMENTS:
            words = f"Must be {MOST_ATTACHMENTS} or fewer in length."
            raise invalid_form([Flaw(["attachments"], "BASE_TYPE_MAX_LENGTH", words)])
        self.files.update((file.id, file) for file in files)
        message.attachments = files
        message.payload["attachments"] = [
            self.file_payload(file, message.channel_id, ephemeral=message.ephemeral)
            for file in files
        ]

    def _publish(self, message: Message, op: str, event: str) -> None:
        """Record the state of a message, and tell the bot."""
        snapshot = copy.deepcopy(message.payload)
        message.history.append(Edit(time.monotonic(), op, snapshot, list(message.attachments)))
        author = self.user_by_id(snapshot["author"]["id"])
        if message.channel_id in self.channels and author is not None:
            member = self.member(author)
            del member["user"]
            snapshot = {**snapshot, "guild_id": self.guild_id, "member": member}
        self._tell_bot(message, event, snapshot)

    def _tell_bot(self, message: Message, event: str, payload: Payload) -> None:
        channel = self.place(message.channel_id)
        if channel is None or message.ephemeral or message.channel_id in self.outside:
            return
        if self.bot_permissions(channel) & VIEW:
            is_dm = message.channel_id not in self.channels
            self.broadcast(event, payload, DM_MESSAGES_INTENT if is_dm else GUILD_MESSAGES_INTENT)

    def message(self, channel_id: str, message_id: str) -> Message:
        """A message of a channel; ``ApiError`` if it is not or no longer there."""
        message = self.messages.get(message_id)
        if message is None or message.deleted or message.channel_id != channel_id:
            raise ApiError(404, 10008, "Unknown Message")
        return message

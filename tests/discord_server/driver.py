"""What a test lets people do."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.discord_server.client import CommandForm, ModalForm, descend
from tests.discord_server.message_store import MessageStore
from tests.discord_server.payloads import DM
from tests.discord_server.records import Interaction, Message, Payload
from tests.discord_server.uploads import Upload

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
SLASH, ON_MESSAGE = 1, 3
BUTTON, SELECT = 2, 3
IN_GUILD, IN_BOT_DM, IN_PRIVATE = 0, 1, 2
BY_GUILD, BY_USER = "0", "1"


class Driver(MessageStore):
    """People at their clients."""

    def command(self, name: str, kind: int = SLASH) -> Payload:
        """A command that the bot has registered."""
        commands = [*self.global_commands, *self.guild_commands.get(self.guild_id, [])]
        for command in commands:
            if (command["name"], command["type"]) == (name, kind):
                return command
        there = [command["name"] for command in commands]
        raise LookupError(f"command {name!r} not synced; there are {there}")

    async def slash(
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        *,
        user: Payload | None = None,
        channel: Payload | None = None,
        dm: bool = False,
    ) -> Interaction:
        """A person gives a command; its name may hold subcommands. Files are (name, data, type)."""
        user = user or self.user()
        place = self._place(user, channel, dm)
        data = self._command_data(name, options or {}, place)
        return await self._interact(COMMAND, data, user, place)

    async def autocomplete(
        self,
        name: str,
        option: str,
        value: Any,
        *,
        others: Mapping[str, Any] | None = None,
        user: Payload | None = None,
        channel: Payload | None = None,
        dm: bool = False,
    ) -> Interaction:
        """A person types at an option."""
        user = user or self.user()
        place = self._place(user, channel, dm)
        given = {**(others or {}), option: value}
        data = self._command_data(name, given, place, focus=option)
        return await self._interact(AUTOCOMPLETE, data, user, place)

    async def message_command(
        self, name: str, message: Message, *, user: Payload | None = None
    ) -> Interaction:
        """A person picks a command in the menu of a message."""
        user = user or self.user()
        place = self._place_of(message, user)
        command = self.command(name, ON_MESSAGE)
        self._check_offered(command, place)
        data = {
            "id": command["id"],
            "name": name,
            "type": ON_MESSAGE,
            "target_id": message.id,
            "resolved": {"messages": {message.id: message.payload}},
        }
        return await self._interact(COMMAND, data, user, place)

    async def click(
        self,
        message: Message,
        custom_id: str | None = None,
        *,
        label: str | None = None,
        values: Sequence[str] | None = None,
        user: Payload | None = None,
    ) -> Interaction:
        """A person presses a button, or picks values of a select."""
        user = user or self.user()
        place = self._place_of(message, user)
        component = message.find(custom_id, label)
        assert not component.get("disabled"), f"{component.get('label')} is disabled"
        data: Payload = {
            "component_type": component["type"],
            "custom_id": component["custom_id"],
            "id": component["id"],
        }
        if component["type"] != BUTTON:
            data["values"] = list(values or [])
        if component["type"] == SELECT:
            there = {option["value"] for option in component["options"]}
            assert set(data["values"]) <= there, f"no such values in {there}"
        return await self._interact(COMPONENT, data, user, place, message)

    select = click

    async def submit_modal(
        self, ix: Interaction, values: Mapping[str, Any], *, user: Payload | None = None
    ) -> Interaction:
        """The person whose interaction opened a form sends it."""
        assert ix.modal, "that interaction opened no form"
        user = user or self.user_by_id(ix.user_id)
        place = self.place(ix.channel_id)
        assert user is not None
        assert place is not None
        data = {
            "custom_id": ix.modal["custom_id"],
            "components": ModalForm(ix.modal, values).fill(),
        }
        return await self._interact(FORM, data, user, place, ix.source)

    async def say(
        self,
        text: str,
        *,
        user: Payload | None = None,
        channel: Payload | None = None,
        files: Sequence[tuple[str, bytes, str | None]] = (),
    ) -> Message:
        """A person writes in a channel. Files are (name, data, type)."""
        uploads = {number: Upload(*file) for number, file in enumerate(files)}
        channel_id = channel["id"] if channel else self.channel_id
        return self.post_message(channel_id, user or self.user(), {"content": text}, uploads)

    def _place(self, user: Payload, channel: Payload | None, dm: bool) -> Payload:
        return self.dm(user) if dm else channel or self.channels[self.channel_id]

    def _place_of(self, message: Message, user: Payload) -> Payload:
        is_visible = message in self.visible_to(user, message.channel_id)
        assert is_visible, "this person does not see that message"
        place = self.place(message.channel_id)
        assert place is not None
        return place

    def _context(self, place: Payload) -> int:
        if place.get("guild_id"):
            return IN_GUILD
        return IN_BOT_DM if place["type"] == DM else IN_PRIVATE

    def _check_offered(self, command: Payload, place: Payload) -> None:
        """A client offers a command only where it is registered for."""
        context, name = self._context(place), command["name"]
        contexts = command["contexts"]
        if command.get("guild_id"):
            contexts = [IN_GUILD]
        is_offered = contexts is None or context in contexts
        assert is_offered, f"client would not offer {name!r} in context {context}"
        if place["id"] in self.outside:
            is_installable = int(BY_USER) in command["integration_types"]
            assert is_installable, f"client would not offer {name!r}: not for people to install"

    def _command_data(
        self, name: str, given: Mapping[str, Any], place: Payload, focus: str | None = None
    ) -> Payload:
        first, *rest = name.split()
        command = self.command(first)
        self._check_offered(command, place)
        chain, definitions = descend(command, rest)
        form = CommandForm(self, place["id"], focus)
        options = form.fill(definitions, given)
        for inner in reversed(chain):
            options = [{"name": inner["name"], "type": inner["type"], "options": options}]
        data: Payload = {"id": command["id"], "name": first, "type": SLASH, "options": options}
        if command.get("guild_id"):
            data["guild_id"] = command["guild_id"]
        if form.resolved:
            data["resolved"] = form.resolved
        return data

    async def _interact(
        self,
        kind: int,
        data: Payload,
        user: Payload,
        place: Payload,
        source: Message | None = None,
    ) -> Interaction:
        token = "aW50ZXJhY3Rpb246" + secrets.token_urlsafe(90)
        interaction = Interaction(
            self.changes,
            self.snowflake(),
            token,
            kind,
            user["id"],
            place["id"],
            place.get("guild_id"),
            self._interaction_payload(kind, user, place),
            source=source,
        )
        interaction.payload |= {"id": interaction.id, "token": token, "data": data}
        if source is not None:
            interaction.payload["message"] = source.payload
            self._self_check("MessageResponse", source.payload)
        if not self.sessions:
            raise RuntimeError("no gateway session")
        self.interactions[interaction.id] = self.by_token[token] = interaction
        interaction.created = time.monotonic()
        if self.delivery_delay:
            await asyncio.sleep(self.delivery_delay)
        session = list(self.sessions.values())[-1]
        await session.tell("INTERACTION_CREATE", interaction.payload)
        return interaction

    def _interaction_payload(self, kind: int, user: Payload, place: Payload) -> Payload:
        allowed = str(self.standing(user).permissions)
        payload: Payload = {
            "application_id": self.app_id,
            "type": kind,
            "version": 1,
            "channel_id": place["id"],
            "channel": {**place, "permissions": allowed},
            "app_permissions": str(self.bot_permissions(place)),
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": self._owners(user, place),
            "context": self._context(place),
            "attachment_size_limit": self.attachment_limit,
        }
        guild_id = place.get("guild_id")
        if guild_id is None:
            return {**payload, "user": user}
        member = self.member(user)
        if place["id"] in self.outside:
            member["roles"] = []
        return {
            **payload,
            "guild_id": guild_id,
            "guild": {"id": guild_id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": {**member, "permissions": allowed},
        }

    def _owners(self, user: Payload, place: Payload) -> dict[str, str]:
        """By whose leave the bot is there: the guild's (0 in a conversation), or the person's."""
        if place["id"] in self.outside:
            return {BY_USER: user["id"]}
        return {BY_GUILD: place.get("guild_id") or "0"}

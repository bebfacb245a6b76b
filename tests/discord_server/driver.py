"""What a test lets people do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.discord_server.client import CommandForm, ModalForm, descend
from tests.discord_server.interacting import BY_USER, IN_GUILD, Interacting
from tests.discord_server.records import Interaction, Message, Payload
from tests.discord_server.uploads import Upload

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
SLASH, ON_MESSAGE = 1, 3
BUTTON, SELECT = 2, 3


class Driver(Interacting):
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

    def _check_offered(self, command: Payload, place: Payload) -> None:
        """A client offers a command only where it is registered for."""
        context, name = self.context(place), command["name"]
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

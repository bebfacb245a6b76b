"""What Discord's own client lets a person send; anything else is a fault of the test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.discord_server.message_store import MessageStore
from tests.discord_server.records import Attachment, Payload

TEXT, INTEGER, BOOLEAN, USER, NUMBER, ATTACHMENT = 3, 4, 5, 6, 10, 11
GROUPS = (1, 2)
TEXT_INPUT = 4
MOST_CHARACTERS = 6000
MOST_TYPED = 4000


@dataclass
class CommandForm:
    """A command that a person fills in."""

    server: MessageStore
    channel_id: str
    focus: str | None = None
    """The option being typed, while the client asks for suggestions."""
    resolved: dict[str, dict[str, Payload]] = field(default_factory=dict)

    def fill(self, definitions: list[Payload], given: Mapping[str, Any]) -> list[Payload]:
        """The options as the client sends them, in the order of their definitions."""
        left = dict(given)
        options = []
        for definition in definitions:
            name = definition["name"]
            if name in left:
                options.append(self._option(definition, left.pop(name)))
            else:
                is_missing = definition.get("required") and self.focus is None
                assert not is_missing, f"client would refuse: {name} is required"
        assert not left, f"unknown options {list(left)}"
        return options

    def _option(self, definition: Payload, value: Any) -> Payload:
        option = {"name": definition["name"], "type": definition["type"], "value": value}
        if definition["name"] == self.focus:
            assert definition.get("autocomplete"), f"{self.focus} has no autocomplete"
            return {**option, "focused": True}
        _check_value(definition, value)
        if definition["type"] == ATTACHMENT:
            option["value"] = self._attach(*value)
        elif definition["type"] == USER:
            option["value"] = self._mention(value)
        return option

    def _attach(self, filename: str, data: bytes, content_type: str | None) -> str:
        file = Attachment(self.server.snowflake(), filename, data, None, content_type)
        self.server.files[file.id] = file
        payload = self.server.file_payload(file, self.channel_id, ephemeral=True)
        self.resolved.setdefault("attachments", {})[file.id] = payload
        return file.id

    def _mention(self, user: Payload) -> str:
        user_id = str(user["id"])
        member = self.server.member(user)
        del member["user"]
        member["permissions"] = str(self.server.standing(user).permissions)
        self.resolved.setdefault("users", {})[user_id] = user
        self.resolved.setdefault("members", {})[user_id] = member
        return user_id


def _check_value(definition: Payload, value: Any) -> None:
    refused = f"client would refuse: {definition['name']}={value!r}"
    if definition.get("choices"):
        assert value in [choice["value"] for choice in definition["choices"]], refused
    match definition["type"]:
        case 3:
            least = definition.get("min_length", 0)
            assert isinstance(value, str), refused
            assert least <= len(value) <= definition.get("max_length", MOST_CHARACTERS), refused
        case 4:
            assert isinstance(value, int), refused
        case 5:
            assert isinstance(value, bool), refused
    if definition["type"] in (INTEGER, NUMBER):
        most = definition.get("max_value", value)
        assert definition.get("min_value", value) <= value <= most, refused


def descend(command: Payload, names: list[str]) -> tuple[list[Payload], list[Payload]]:
    """The chain of subcommands of these names, and the options of the last."""
    chain: list[Payload] = []
    options: list[Payload] = command["options"]
    for name in names:
        inner = [o for o in options if o["name"] == name and o["type"] in GROUPS]
        assert inner, f"no subcommand {name!r} of {command['name']!r}"
        chain.append(inner[0])
        options = inner[0].get("options", [])
    return chain, options


class ModalForm:
    """A form that a person fills in."""

    def __init__(self, modal: Payload, values: Mapping[str, Any]) -> None:
        self._modal = modal
        self._left = dict(values)
        self._numbers: Iterator[int] = count(1)

    def fill(self) -> list[Payload]:
        """The fields as the client sends them."""
        rows = [self._component(row) for row in self._modal["components"]]
        assert not self._left, f"no such fields {list(self._left)}"
        return rows

    def _component(self, component: Payload) -> Payload:
        number = next(self._numbers)
        filled: Payload = {"type": component["type"], "id": component.get("id") or number}
        if component["type"] == TEXT_INPUT:
            return {**filled, "custom_id": component["custom_id"], "value": self._text(component)}
        if "custom_id" in component:
            values = self._left.pop(component["custom_id"], [])
            return {**filled, "custom_id": component["custom_id"], "values": values}
        if "components" in component:
            filled["components"] = [self._component(inner) for inner in component["components"]]
        if "component" in component:
            filled["component"] = self._component(component["component"])
        return filled

    def _text(self, component: Payload) -> str:
        custom_id = component["custom_id"]
        value = str(self._left.pop(custom_id, component.get("value") or ""))
        refused = f"client would refuse: {custom_id}={value!r}"
        assert value or not component.get("required", True), f"{refused}, it is required"
        assert len(value) <= (component.get("max_length") or MOST_TYPED), refused
        assert not value or len(value) >= (component.get("min_length") or 0), refused
        return value

"""What Slack's own client lets a person choose; anything else is a fault of the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.slack_server.element_rules import FILES, INPUT_LENGTH
from tests.slack_server.payloads import file_type
from tests.slack_server.records import File, Payload, View

DescribeFile = Callable[[File], Payload]

VALUE_KEYS: Mapping[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "file_input": ("files", ""),
}
"""Where the state of each kind of element stands, and with what it begins."""
STATELESS = ("button", "overflow", "image", "workflow_button")
MANY = ("checkboxes", "multi_", "file_input")
"""How the kinds begin that take several values."""
CHOSEN = ("static_select", "radio_buttons", "overflow", "multi_static_select", "checkboxes")
EXTERNAL = ("external_select", "multi_external_select")


class Filling:
    """A person at the elements of a message or a view."""

    def __init__(self, describe_file: DescribeFile, channel: str | None = None) -> None:
        self._describe_file = describe_file
        self._channel = channel

    def chosen(self, element: Payload, value: Any) -> Payload:
        """The state of an element that something is chosen in."""
        kind = element["type"]
        key, _ = VALUE_KEYS[kind]
        if value in (None, "", [], ()):
            return {key: [] if kind.startswith(MANY) else None}
        return {key: self._value(element, value)}

    def initial(self, element: Payload) -> Payload:
        """The state of an element that nobody has touched."""
        key, begins = VALUE_KEYS[element["type"]]
        empty: list[Any] | None = [] if element["type"].startswith(MANY) else None
        value = element.get(begins, empty)
        if element.get("default_to_current_conversation") and value is None:
            value = self._channel
        return {key: value}

    def _value(self, element: Payload, value: Any) -> Any:
        kind = element["type"]
        if kind in CHOSEN or kind in EXTERNAL:
            find = self._option if kind in CHOSEN else _suggested
            is_many = kind.startswith(MANY)
            return [find(element, one) for one in value] if is_many else find(element, value)
        if kind == "file_input":
            return self._files(element, value)
        if kind.endswith("_input") and kind != "rich_text_input":
            return _typed(element, str(value))
        return value

    def _option(self, element: Payload, value: Any) -> Payload:
        options = [*(element.get("options") or [])]
        options += [
            option for group in element.get("option_groups") or [] for option in group["options"]
        ]
        for option in options:
            if value in (option["value"], option):
                found: Payload = option
                return found
        raise AssertionError(f"{value!r} is no option of {element['action_id']}")

    def _files(self, element: Payload, files: list[File]) -> list[Payload]:
        name = element["action_id"]
        most = element.get("max_files", FILES)
        assert len(files) <= most, f"client would refuse more than {most} files for {name}"
        allowed = element.get("filetypes")
        payloads = [self._describe_file(file) for file in files]
        for file, payload in zip(files, payloads, strict=True):
            kind = payload.get("filetype") or file_type(file)
            assert not allowed or kind in allowed, f"client would refuse {kind} for {name}"
        return payloads


def _suggested(element: Payload, value: Any) -> Payload:
    """An option of those that the bot suggests, whole or by its value."""
    if isinstance(value, dict):
        return value
    return {"text": {"type": "plain_text", "text": str(value), "emoji": True}, "value": str(value)}


def _typed(element: Payload, value: str) -> str:
    refused = f"client would refuse: {element['action_id']}={value!r}"
    if element["type"] == "number_input":
        number = Decimal(value)
        assert element["is_decimal_allowed"] or number == int(number), refused
        assert number >= Decimal(element.get("min_value", value)), refused
        assert number <= Decimal(element.get("max_value", value)), refused
    else:
        least, most = element.get("min_length", 0), element.get("max_length", INPUT_LENGTH)
        assert least <= len(value) <= most, refused
    return value


def block_state(blocks: list[Payload], filled: Mapping[str, Any], filling: Filling) -> Payload:
    """The state of all elements, with what was chosen in them by action id."""
    values: dict[str, Payload] = {}
    for block in blocks:
        inside = [*(block.get("elements") or [])] if block["type"] == "actions" else []
        inside += [block[key] for key in ("accessory", "element") if key in block]
        for element in inside:
            if element["type"] in STATELESS or element["type"] not in VALUE_KEYS:
                continue
            action_id = element["action_id"]
            state = filling.initial(element)
            if action_id in filled:
                state = filling.chosen(element, filled[action_id])
            there = values.setdefault(block["block_id"], {})
            there[action_id] = {"type": element["type"], **state}
    return {"values": values}


def check_required(view: View, state: Payload) -> None:
    """Refuse a form that lacks what is required."""
    for block in view.blocks:
        if block["type"] != "input" or block.get("optional"):
            continue
        action_id = block["element"]["action_id"]
        given = dict(state["values"][block["block_id"]][action_id])
        del given["type"]
        is_given = any(value not in (None, "", []) for value in given.values())
        assert is_given, f"client would refuse: {action_id} is required"

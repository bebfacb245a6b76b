"""What Slack asks of buttons, selects and inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tests.slack_server.flaws import PLAIN, Flaws
from tests.slack_server.records import Payload

SELECTS = frozenset(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
CHOICES = frozenset({"radio_buttons", "checkboxes", "datepicker", "timepicker", "datetimepicker"})
IN_ACTIONS = SELECTS | CHOICES | {"button", "overflow", "workflow_button", "rich_text_input"}
IN_SECTION = IN_ACTIONS | {"image"}
IN_INPUT = (
    SELECTS
    | CHOICES
    | {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
    | {"file_input", "rich_text_input"}
)

OPTION_COUNTS: Mapping[str, tuple[int, int]] = {
    "overflow": (1, 5),
    "radio_buttons": (1, 10),
    "checkboxes": (1, 10),
    "static_select": (1, 100),
    "multi_static_select": (1, 100),
}
OPTION_TEXT, OPTION_VALUE = 75, 150
OPTIONS = 100
ID = 255
INPUT_LENGTH = 3000
FILES = 10


class ElementRules:
    """Goes through the elements of one block."""

    def __init__(self, flaws: Flaws) -> None:
        self._flaws = flaws
        self._ids: set[str] = set()

    def check(self, element: Any, path: str, allowed: Collection[str]) -> None:
        """Look at an element of one of the kinds that are allowed there."""
        kind = element.get("type") if isinstance(element, dict) else None
        if kind is None or kind not in allowed:
            self._flaws.add(f"{path}/type", f"unsupported type: {kind}")
            return
        if kind == "image":
            self._flaws.check_image(element, path)
            return
        self._check_id(element, path)
        self._flaws.check_text(element, "placeholder", path, 150, PLAIN, required=False)
        self._check_confirm(element, path)
        if kind == "button":
            self._check_button(element, path)
        elif kind in OPTION_COUNTS:
            self._check_choices(element, path)
        elif kind == "plain_text_input":
            self._check_text_input(element, path)
        elif kind == "number_input" and "is_decimal_allowed" not in element:
            words = "missing required field: is_decimal_allowed"
            self._flaws.add(f"{path}/is_decimal_allowed", words)
        elif kind == "file_input" and not 1 <= element.get("max_files", FILES) <= FILES:
            self._flaws.add(f"{path}/max_files", f"must be between 1 and {FILES}")

    def _check_id(self, element: Payload, path: str) -> None:
        self._flaws.check_string(element, "action_id", path, ID)
        action_id = element.get("action_id")
        if action_id is None:
            return
        if action_id in self._ids:
            self._flaws.add(f"{path}/action_id", f'action_id "{action_id}" already exists')
        self._ids.add(action_id)

    def _check_confirm(self, element: Payload, path: str) -> None:
        confirm = element.get("confirm")
        if confirm is None:
            return
        here = f"{path}/confirm"
        self._flaws.check_text(confirm, "title", here, 100, PLAIN)
        self._flaws.check_text(confirm, "text", here, 300)
        self._flaws.check_text(confirm, "confirm", here, 30, PLAIN)
        self._flaws.check_text(confirm, "deny", here, 30, PLAIN)

    def _check_button(self, button: Payload, path: str) -> None:
        self._flaws.check_text(button, "text", path, 75, PLAIN)
        self._flaws.check_string(button, "value", path, 2000)
        self._flaws.check_string(button, "url", path, 3000)
        self._flaws.check_string(button, "accessibility_label", path, 75)
        if button.get("style") not in (None, "primary", "danger"):
            self._flaws.add(f"{path}/style", "must be primary or danger")

    def _check_choices(self, element: Payload, path: str) -> None:
        if ("options" in element) == ("option_groups" in element):
            self._flaws.add(path, "exactly one of options and option_groups")
        options: list[Payload] = []
        if "options" in element:
            least, most = OPTION_COUNTS[element["type"]]
            options = self._check_options(element["options"], f"{path}/options", least, most)
        if "option_groups" in element:
            options += self._check_groups(element["option_groups"], f"{path}/option_groups")
        initial = element.get("initial_options") or []
        initial = [*initial, *([element["initial_option"]] if "initial_option" in element else [])]
        if any(option not in options for option in initial):
            self._flaws.add(f"{path}/initial_option", "must be one of the options")

    def _check_groups(self, groups: object, path: str) -> list[Payload]:
        options = []
        for index, group in enumerate(self._flaws.check_objects(groups, path, 1, OPTIONS)):
            here = f"{path}/{index}"
            self._flaws.check_text(group, "label", here, 75, PLAIN)
            options += self._check_options(group.get("options"), f"{here}/options", 1, OPTIONS)
        return options

    def _check_options(self, items: object, path: str, least: int, most: int) -> list[Payload]:
        options = self._flaws.check_objects(items, path, least, most)
        for index, option in enumerate(options):
            check_option(self._flaws, option, f"{path}/{index}")
        if len({option.get("value") for option in options}) != len(options):
            self._flaws.add(path, "option values must be unique")
        return options

    def _check_text_input(self, element: Payload, path: str) -> None:
        for key in ("min_length", "max_length"):
            if not 0 <= element.get(key, 0) <= INPUT_LENGTH:
                self._flaws.add(f"{path}/{key}", f"must be between 0 and {INPUT_LENGTH}")
        initial = element.get("initial_value") or ""
        if len(initial) > element.get("max_length", INPUT_LENGTH):
            self._flaws.add(f"{path}/initial_value", "longer than max_length")


def check_option(flaws: Flaws, option: Payload, path: str) -> None:
    """Look at one option of a choice."""
    flaws.check_text(option, "text", path, OPTION_TEXT)
    flaws.check_string(option, "value", path, OPTION_VALUE, required=True)
    flaws.check_text(option, "description", path, OPTION_TEXT, required=False)

"""What Slack asks of rich text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.slack_server.flaws import Flaws
from tests.slack_server.records import Payload

SECTION, LIST = "rich_text_section", "rich_text_list"
CONTAINERS = (SECTION, LIST, "rich_text_preformatted", "rich_text_quote")
LIST_STYLES = ("bullet", "ordered")
TEXT_STYLES = ("bold", "italic", "strike", "code", "underline")

FIELDS: Mapping[str, str] = {
    "text": "text",
    "emoji": "name",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "broadcast": "range",
    "color": "value",
    "date": "format",
    "team": "team_id",
}
"""What each element is nothing without."""
HARMLESS = frozenset({"text", "emoji", "link"})
"""Elements that call nobody."""


def check_rich_text(flaws: Flaws, block: Payload, path: str) -> None:
    """Look at a block of rich text."""
    if not isinstance(block.get("elements"), list):
        flaws.add(f"{path}/elements", "missing required field: elements")
        return
    for index, container in enumerate(block["elements"]):
        _check_container(flaws, container, f"{path}/elements/{index}", CONTAINERS)


def _check_container(flaws: Flaws, container: Any, path: str, allowed: tuple[str, ...]) -> None:
    if not isinstance(container, dict) or container.get("type") not in allowed:
        flaws.add(f"{path}/type", "unsupported type of rich text")
        return
    if not isinstance(container.get("elements"), list):
        flaws.add(f"{path}/elements", "missing required field: elements")
        return
    is_list = container["type"] == LIST
    if is_list and container.get("style") not in LIST_STYLES:
        flaws.add(f"{path}/style", "must be bullet or ordered")
    for index, element in enumerate(container["elements"]):
        here = f"{path}/elements/{index}"
        if is_list:
            _check_container(flaws, element, here, (SECTION,))
        else:
            _check_element(flaws, element, here)


def _check_element(flaws: Flaws, element: Any, path: str) -> None:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind is None or kind not in FIELDS:
        flaws.add(f"{path}/type", f"unsupported type: {kind}")
        return
    key = FIELDS[kind]
    if element.get(key) in (None, ""):
        flaws.add(f"{path}/{key}", "must be more than 0 characters")
    style = element.get("style") or {}
    is_known = isinstance(style, dict) and set(style) <= {*TEXT_STYLES, "unlink"}
    if not is_known or not all(isinstance(value, bool) for value in style.values()):
        flaws.add(f"{path}/style", "unknown style")


def calling_elements(node: Any) -> set[str]:
    """The kinds of elements in blocks that are no plain text, emoji or link."""
    if isinstance(node, list):
        return {kind for inner in node for kind in calling_elements(inner)}
    if not isinstance(node, dict):
        return set()
    if node.get("type") == "rich_text":
        return set(_leaf_kinds(node)) - HARMLESS
    return calling_elements(list(node.values()))


def _leaf_kinds(node: Payload) -> list[str]:
    if "elements" not in node:
        return [str(node.get("type"))]
    return [kind for inner in node["elements"] for kind in _leaf_kinds(inner)]

"""What Slack's deliveries look like, as far as the bot reads them.

What is no such thing is known before anything is done with it, so that nothing of it can go wrong
later, where nobody waits for an answer any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Each:
    """The shape of all that a mapping holds, under whichever names."""

    shape: Shape


class Word(str):
    """The shape of a name or an address: a text that is not long and can be stored as it is."""

    __slots__ = ()


Shape = type | Each | list[Any] | Mapping[str, Any]
"""A type; a list with the shape of its parts; or the shapes of named parts.

A part may be missing or null unless its name ends in an exclamation mark; a list that is needed
has something in it.
"""
NEEDED: Final = "!"
WORD_MOST: Final = 600
"""Characters; Slack's own names and addresses have about a hundred."""

FILE: Final = {"id": Word, "name": str, "mimetype": str}
OPTION: Final = {"value" + NEEDED: str}
ELEMENT: Final = {
    "files": [FILE],
    "selected_options": [OPTION],
    "selected_option": OPTION,
    "selected_conversation": Word,
    "value": str,
}
BLOCKS: Final = [{"type" + NEEDED: Word, "block_id" + NEEDED: Word}]
VIEW: Final = {
    "id": Word,
    "hash": Word,
    "type": Word,
    "callback_id": Word,
    "private_metadata": str,
    "state": {"values": Each(Each(ELEMENT))},
    "blocks": BLOCKS,
}
MESSAGE: Final = {"ts": Word, "thread_ts": Word, "files": [FILE]}
INTERACTIVE: Final = {
    "user" + NEEDED: {"id" + NEEDED: Word, "name": Word, "username": Word, "team_id": Word},
    "team": {"id": Word},
    "channel": {"id": Word},
    "response_url": Word,
    "response_urls": [{"response_url": Word, "channel_id": Word}],
    "trigger_id": Word,
    "action_ts": Word,
    "message_ts": Word,
    "message": MESSAGE,
    "view": VIEW,
    "enterprise": {"id": Word},
}
CONTAINER: Final = {"type": Word, "message_ts": Word, "channel_id": Word, "thread_ts": Word}
COMMAND: Final = {
    "command" + NEEDED: Word,
    "user_id" + NEEDED: Word,
    "text": str,
    "team_id": Word,
    "user_name": Word,
    "channel_id": Word,
    "response_url": Word,
    "trigger_id": Word,
}
EVENT: Final = {
    "event_id": Word,
    "team_id": Word,
    "authorizations": [{"enterprise_id": Word, "team_id": Word, "user_id": Word}],
    "event" + NEEDED: MESSAGE
    | {
        "type" + NEEDED: Word,
        "subtype": Word,
        "channel": Word,
        "channel_type": Word,
        "user": Word,
        "team": Word,
        "tab": Word,
        "text": str,
    },
}
SHORTCUT: Final = INTERACTIVE | {"callback_id" + NEEDED: Word}
KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "event_callback": EVENT,
    "block_actions": INTERACTIVE
    | {"container": CONTAINER, "actions" + NEEDED: [{"action_id": Word}]},
    "block_suggestion": INTERACTIVE | {"view" + NEEDED: VIEW, "action_id": Word, "value": str},
    "view_submission": INTERACTIVE | {"view" + NEEDED: VIEW | {"blocks" + NEEDED: BLOCKS}},
    "shortcut": SHORTCUT,
    "message_action": SHORTCUT,
    "url_verification": {"challenge" + NEEDED: Word},
}
"""By the type of a delivery; commands have none."""


def is_readable(body: object) -> bool:
    """Whether a delivery is of a kind that somebody reads, and what Slack sends as such."""
    if not isinstance(body, Mapping):
        return False
    kind = body.get("type")
    if "command" in body:
        return fits(body, COMMAND)
    if not isinstance(kind, str):
        return "ssl_check" in body
    shape = KINDS.get(kind)
    if shape is None:
        return False
    return fits(body, shape) and not (_is_in_view(body) and not body.get("view"))


def _is_in_view(body: Mapping[Any, Any]) -> bool:
    """Whether something was pressed in a view, which has to come along then."""
    container = body.get("container")
    return isinstance(container, Mapping) and container.get("type") == "view"


def fits(value: object, shape: Shape) -> bool:
    """Whether a value has a shape."""
    if shape is Word:
        return isinstance(value, str) and len(value) <= WORD_MOST and _is_storable(value)
    if isinstance(shape, type):
        return isinstance(value, shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(part, shape[0]) for part in value)
    if not isinstance(value, Mapping):
        return False
    if isinstance(shape, Each):
        return all(fits(part, shape.shape) for part in value.values())
    return all(_has(value, name, part) for name, part in shape.items())


def _has(value: Mapping[Any, Any], name: str, shape: Shape) -> bool:
    part, needed = value.get(name.removesuffix(NEEDED)), name.endswith(NEEDED)
    if part is None:
        return not needed
    return fits(part, shape) and not (needed and part == [])


def _is_storable(text: str) -> bool:
    """Whether a text has no half of a character pair, which JSON can have and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

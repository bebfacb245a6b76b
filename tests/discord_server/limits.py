"""How long texts and lists may be.

The official file says most of these too; they stand here so that a bot is kept as strictly
without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import NamedTuple

from tests.discord_server.form_errors import Flaw, Path, length_flaw, required_flaw
from tests.discord_server.records import Payload


class Length(NamedTuple):
    """Bounds of a text's characters or a list's entries."""

    low: int
    high: int
    required: bool = False
    """Whether it has to be there; what is empty is not, unless ``low`` says more."""


Lengths = Mapping[str, Length]

MESSAGE: Lengths = {
    # The file allows 4000 in channels, which people with Nitro have; a bot has 2000.
    "content": Length(0, 2000),
    "embeds": Length(0, 10),
}
ATTACHMENT: Lengths = {"filename": Length(1, 1024), "description": Length(0, 1024)}
MENTIONS: Lengths = {"users": Length(0, 100), "roles": Length(0, 100)}
EMBED: Lengths = {
    "title": Length(0, 256),
    "description": Length(0, 4096),
    "url": Length(0, 2048),
    "fields": Length(0, 25),
}
EMBED_FIELD: Lengths = {"name": Length(0, 256, True), "value": Length(0, 1024, True)}
EMBED_FOOTER: Lengths = {"text": Length(0, 2048)}
EMBED_AUTHOR: Lengths = {"name": Length(0, 256)}

_CUSTOM_ID = Length(1, 100, True)
_LIST: Lengths = {"custom_id": _CUSTOM_ID, "placeholder": Length(0, 150)}
COMPONENTS: Mapping[int, Lengths] = {
    1: {"components": Length(1, 5, True)},
    2: {"custom_id": Length(1, 100), "label": Length(0, 80), "url": Length(0, 512)},
    3: {**_LIST, "options": Length(1, 25, True)},
    4: {
        "custom_id": _CUSTOM_ID,
        "label": Length(1, 45),
        "value": Length(0, 4000),
        "placeholder": Length(0, 100),
    },
    5: _LIST,
    6: _LIST,
    7: _LIST,
    8: _LIST,
    9: {"components": Length(1, 3, True)},
    10: {"content": Length(1, 4000, True)},
    12: {"items": Length(1, 10, True)},
    18: {"label": Length(1, 45, True), "description": Length(1, 100)},
    19: {"custom_id": _CUSTOM_ID},
}
SELECT_OPTION: Lengths = {
    "label": Length(1, 100, True),
    "value": Length(1, 100, True),
    "description": Length(0, 100),
}
MODAL: Lengths = {
    "custom_id": _CUSTOM_ID,
    "title": Length(1, 45, True),
    "components": Length(1, 5, True),
}
COMMAND: Lengths = {
    "name": Length(1, 32, True),
    "description": Length(0, 100),
    "options": Length(0, 25),
}
OPTION: Lengths = {
    "name": Length(1, 32, True),
    "description": Length(1, 100, True),
    "options": Length(0, 25),
    "choices": Length(0, 25),
}
CHOICE_NAME: Lengths = {"name": Length(1, 100, True)}
CHOICE_TEXT: Lengths = {"value": Length(0, 100)}


def length_flaws(holder: Payload, lengths: Lengths, path: Path) -> list[Flaw]:
    """What is too long, too short or missing in an object."""
    flaws = []
    for key, bounds in lengths.items():
        value = holder.get(key)
        if value is None or (value == "" and not bounds.low):
            if bounds.required:
                flaws.append(required_flaw([*path, key]))
        elif not isinstance(value, Sized):
            flaws.append(Flaw([*path, key], "MODEL_TYPE_CONVERT", "This value has no length."))
        elif not bounds.low <= len(value) <= bounds.high:
            flaws.append(length_flaw([*path, key], bounds.low, bounds.high))
    return flaws


def choice_flaws(choices: list[Payload], path: Path) -> list[Flaw]:
    """What is wrong with the choices of an option, or with those offered while one types."""
    flaws = []
    for index, choice in enumerate(choices):
        here = [*path, index]
        flaws += length_flaws(choice, CHOICE_NAME, here)
        value = choice.get("value")
        if value is None:
            flaws.append(required_flaw([*here, "value"]))
        elif isinstance(value, str):
            flaws += length_flaws(choice, CHOICE_TEXT, here)
    return flaws

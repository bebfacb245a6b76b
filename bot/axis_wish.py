"""An axis of a comparison as people write it: ``guidance=5,7.5,13``, ``weight:red=0.6..1.6/5``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot import texts
from bot.characters import clipped
from generation.errors import BadValue

_VALUE: Final = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|“(?P<curled>[^”]*)”|(?P<bare>[^,"“]*))\s*')


@dataclass(frozen=True, slots=True)
class AxisWish:
    """One axis as asked for: the values are what was typed, and not looked at yet.

    ``word`` is what stands behind a colon in the name: the word or phrase that is to be weighed.
    """

    name: str
    values: tuple[str, ...]
    word: str = ""


def read_axis(text: str) -> AxisWish:
    """Read ``NAME=VALUES``; values have commas between, and may be in quotes.

    Raises ``BadValue``.
    """
    name, equals, values = text.partition("=")
    name, colon, word = (part.strip() for part in name.partition(":"))
    word = " ".join(word.strip("\"“”'").split())
    if not equals or not name or (colon and not word):
        raise BadValue("axis", clipped(text), texts.AXIS_FORM)
    return AxisWish(name.lower().lstrip("-").replace("_", "-"), _values(text, values), word)


def _values(text: str, values: str) -> tuple[str, ...]:
    found: list[str] = []
    at = 0
    while True:
        match = _VALUE.match(values, at)
        if match is None or (match.end() < len(values) and values[match.end()] != ","):
            raise BadValue("axis", clipped(text), texts.VALUES_FORM)
        bare = match["bare"]
        found.append((match["quoted"] or match["curled"] or bare or "").strip())
        if bare is not None and not found[-1]:
            raise BadValue("axis", clipped(text), texts.VALUES_FORM)
        at = match.end() + 1
        if at > len(values):
            return tuple(found)

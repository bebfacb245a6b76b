"""What the values of a recipe may be, and the errors that say so."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from generation.errors import BadPrompt, BadValue

SEED_MAX: Final = 2**32 - 1
SIZE_STEP: Final = 8

HUGE: Final = 1e300
"""From here on a whole number may have no float."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The closed range of a numeric field."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        # NaN compares as false; so large a whole number has no float to ask about.
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} … {self.high:.10g}"


BOUNDS: Final[dict[str, Bounds]] = {
    "seed": Bounds(0, SEED_MAX),
    "width": Bounds(64, 16384),
    "height": Bounds(64, 16384),
    "steps": Bounds(1, 1000),
    "guidance": Bounds(0, 30),
    "guidance-end": Bounds(0, 1),
    "refiner": Bounds(0.5, 0.99),
    "strength": Bounds(0.05, 1),
    "lora scale": Bounds(-2, 2),
    "variation": Bounds(0.01, 1),
    "region": Bounds(0, 1),
    "extend": Bounds(0, 8192),
    "feather": Bounds(0, 256),
}
"""What a recipe may hold on any installation; an owner's limits lie within."""


def within(name: str, value: float) -> None:
    """Refuse a value outside the bounds of its name with ``BadValue``."""
    if value not in BOUNDS[name]:
        raise BadValue(field=name, value=_shown(value), allowed=str(BOUNDS[name]))


def check_whole(name: str, value: int) -> None:
    """Refuse what is no whole number within the bounds of its name with ``BadValue``."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadValue(name, str(value)[:100], f"a whole number, {BOUNDS[name]}")
    within(name, value)


def _shown(value: float) -> str:
    if abs(value) >= HUGE:
        return "inf" if value > 0 else "-inf"
    return f"{value:.12g}"


def plain_float(value: float) -> float:
    """Return the one float that JSON writes for it; -0.0 and 0.0 are the same recipe."""
    return float(value) + 0.0


def check_name(field: str, name: str, allowed: str) -> None:
    """Refuse an empty name, and one with control characters, with ``BadValue``."""
    try:
        check_text(field, name)
    except BadPrompt as error:
        raise BadValue(field, error.detail, allowed) from None
    if not name.strip():
        raise BadValue(field, name, allowed)


def check_text(name: str, text: str) -> None:
    """Refuse control characters and lone surrogates, which no tokenizer or database means to get.

    Tabs and line ends are text. Raises ``BadPrompt`` that points at the first such character.
    """
    for position, character in enumerate(text):
        if character in "\t\n\r":
            continue
        if unicodedata.category(character) in ("Cc", "Cs"):
            code = f"U+{ord(character):04X}"
            raise BadPrompt("control character", "", position, field=name, detail=code)

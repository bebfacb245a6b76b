"""What of people's characters is safe on any platform, and where a text may be cut."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"

_BREAKS: Final = re.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_BLANKS: Final = re.compile(r"[ \t\x1f]{2,}|[\t\x1f]")
_PLANE_ENDS: Final = "".join(f"\\U{plane:04x}fffe-\\U{plane:04x}ffff" for plane in range(17))
_DROPPED: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    "\ud800-\udfff"  # halves of pairs, which cannot be sent
    rf"\ufdd0-\ufdef{_PLANE_ENDS}"  # no characters
    "\u202a-\u202e\u2066-\u2069]"  # what turns all that follows: embeddings, overrides, isolates
)
ISOLATE: Final = "\u2068"
RELEASE: Final = "\u2069"
"""Between these two a text turns nothing beside it."""
_PARAGRAPHS_MOST: Final = 12

QUOTED_MOST: Final = 60
"""Characters of what somebody typed that a sentence about it repeats."""


def cleaned(text: str) -> str:
    """Return text on one line, without what cannot be sent or would steer what comes after it."""
    return _DROPPED.sub("", _BLANKS.sub(" ", _BREAKS.sub(" ", text)))


def sendable(text: str) -> str:
    """Return text without what ``cleaned`` leaves out, in its lines."""
    return _DROPPED.sub("", _BLANKS.sub(" ", _BREAKS.sub("\n", text)))


def paragraphs(text: str) -> list[str]:
    """Return a person's text in paragraphs that are not empty; of very many the last are joined."""
    parts = _BREAKS.split(text.strip())
    kept = [*parts[: _PARAGRAPHS_MOST - 1], " ".join(parts[_PARAGRAPHS_MOST - 1 :])]
    return [part for part in kept if cleaned(part).strip()]


def isolated(text: str) -> str:
    """Return clean text that turns nothing beside it."""
    clean = cleaned(text)
    return apart(clean, clean)


def apart(text: str, written: str) -> str:
    """Keep a text, as it is written, from turning what is beside it: some runs the other way."""
    return f"{ISOLATE}{written}{RELEASE}" if turns(text) else written


def turns(text: str) -> bool:
    """Whether some of a text runs from right to left."""
    return not text.isascii() and any(map(_from_right_to_left, set(text)))


def units(text: str) -> int:
    """Return the length in UTF-16 units, the strictest way that a platform may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clipped(text: str, most: int = QUOTED_MOST) -> str:
    """Return at most so many characters; where that cuts, an ellipsis is the last of them."""
    if len(text) <= most:
        return text
    return text[: place_to_cut(text, most - 1)].rstrip() + ELLIPSIS if most else ""


def place_to_cut(text: str, most: int) -> int:
    """Return where to cut so that what people see as one character stays whole.

    One that is made of absurdly many characters is cut all the same.
    """
    for place in range(most, max(0, most - 16), -1):
        if place < len(text) and not _joined(text, place):
            return place
    return most


def _joined(text: str, cut: int) -> bool:
    """Whether a cut would part what people see as one character."""
    before, after = text[cut - 1], text[cut]
    if before == "\u200d" or after == "\u200d" or unicodedata.category(after)[0] == "M":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    return _is_flag_half(after) and _flag_halves_before(text, cut) % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, cut: int) -> int:
    start = cut
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return cut - start


def _from_right_to_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL", "AN")

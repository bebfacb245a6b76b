"""Words in drawings: in a face that has their characters, and no longer than there is room."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, cast

from PIL import ImageDraw, ImageFont

Face = ImageFont.FreeTypeFont
Run = tuple[str, Face]
"""Some text in one face."""

TEXT_MOST: Final = 400
"""Characters of a text that are looked at; no drawing has room for more."""
_ELLIPSIS: Final = "…"
_OTHER_FACES: Final = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "Hiragino Sans GB.ttc", "msyh.ttc",
    "NotoEmoji-Regular.ttf", "Symbola_hint.ttf", "seguisym.ttf",
)  # fmt: skip
"""Looked for on the machine where the face that comes with Pillow lacks a character.

Those in colour are not among them: they are drawn in one size only.
"""
_ALIKE: Final = str.maketrans(
    {
        "×": "x", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "→": ">", "←": "<",
        "•": "·", "„": "“", "‚": "‘", "\u00a0": " ",
    }
)  # fmt: skip
"""Signs that the face of Pillow lacks, by those that look like them."""
_SPELLED: Final = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l",
        "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "ı": "i", "¡": "!", "¿": "?",
    }
)  # fmt: skip
"""Letters that are more than one with an accent, by the letters they are written with."""
_NO_CHARACTER: Final = "\U0010fffe"
"""Drawn as every character is that a face does not have."""
_LEADING: Final = 1.25


def fit(text: str, size: int, width: int, lines: int) -> list[str]:
    """Part a text into at most so many lines of a width in pixels, the last cut where need be."""
    rest = _flat(text)
    found: list[str] = []
    while rest and len(found) < lines:
        head, rest = _first_line(rest, size, width, last=len(found) == lines - 1)
        found.append(head)
    return found


def width_of(text: str, size: int) -> float:
    """Return the pixels that a text takes on one line."""
    words = text.split()
    return sum(_word_width(word, size) for word in words) + _space(size) * max(0, len(words) - 1)


def line_height(size: int) -> int:
    """Return the pixels from one line to the next."""
    return round(size * _LEADING)


def write(
    draw: ImageDraw.ImageDraw,
    lines: Sequence[str],
    place: tuple[int, int],
    size: int,
    *,
    colour: str,
    centred: int = 0,
) -> None:
    """Write lines downwards from a place; ``centred`` is the width that they are the middle of."""
    for number, line in enumerate(lines):
        left = place[0] + max(0.0, (centred - width_of(line, size)) / 2 if centred else 0.0)
        foot = place[1] + number * line_height(size) + size
        for word in line.split():
            for part, face in _runs(word, size):
                draw.text((left, foot), part, colour, face, anchor="ls")
                left += face.getlength(part)
            left += _space(size)


def _flat(text: str) -> str:
    """Return a text on one line, without what cannot be seen."""
    seen = (c if c.isprintable() else " " for c in text[:TEXT_MOST])
    return " ".join("".join(seen).split())


def _first_line(text: str, size: int, width: int, *, last: bool) -> tuple[str, str]:
    """Return as much of a text as a line holds, and the rest of it."""
    if width_of(text, size) <= width:
        return text, ""
    if last:
        room = _most(text, size, width - width_of(_ELLIPSIS, size))
        return text[:room].rstrip() + _ELLIPSIS, ""
    room = max(1, _most(text, size, width))
    between = text.rfind(" ", 0, room + 1)
    cut = between if between > 0 else room
    return text[:cut].rstrip(), text[cut:].lstrip()


def _most(text: str, size: int, width: float) -> int:
    """Return how many characters of a text a width holds."""
    least, most = 0, len(text)
    while least < most:
        middle = (least + most + 1) // 2
        if width_of(text[:middle], size) <= width:
            least = middle
        else:
            most = middle - 1
    return least


@lru_cache(maxsize=32)
def _space(size: int) -> float:
    return _own(size).getlength(" ")


@lru_cache(maxsize=4096)
def _word_width(word: str, size: int) -> float:
    return sum(face.getlength(part) for part, face in _runs(word, size))


@lru_cache(maxsize=1024)
def _runs(word: str, size: int) -> tuple[Run, ...]:
    """Return a word in faces that have it: in one, where there is one for all of it.

    What no face has is written in its nearest letters, and the rest of it as ``…``.
    """
    own, alike = _own(size), word.translate(_ALIKE)
    if _has(own, alike):
        return ((alike, own),)
    others = [face for name in _OTHER_FACES if (face := _other(name, size))]
    whole = next((face for face in others if _has(face, word)), None)
    if whole is not None:
        return ((word, whole),)
    faces = (own, *others)
    runs: list[Run] = []
    for character in alike:
        face = next((face for face in faces if _has(face, character)), None)
        part = (character, face) if face else (_spelled(character, own), own)
        if part[0] and (part[0] != _ELLIPSIS or not runs or runs[-1][0] != _ELLIPSIS):
            runs.append(part)
    return tuple(runs)


def _spelled(character: str, face: Face) -> str:
    """Write a character that a face lacks in letters that it has; a mark upon another is left."""
    bare = unicodedata.normalize("NFKD", character.translate(_SPELLED))
    kept = "".join(part for part in bare if _has(face, part))
    is_mark = unicodedata.category(character) in ("Mn", "Me", "Cf")
    return kept or ("" if is_mark else _ELLIPSIS)


@lru_cache(maxsize=32)
def _own(size: int) -> Face:
    return cast("Face", ImageFont.load_default(size))


@lru_cache(maxsize=256)
def _other(name: str, size: int) -> Face | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _has(face: Face, text: str) -> bool:
    return all(_is_drawn(face, character) for character in text)


@lru_cache(maxsize=4096)
def _is_drawn(face: Face, character: str) -> bool:
    """Whether a face has a character: it looks like no character at all where it does not."""
    mask, missing = face.getmask(character), face.getmask(_NO_CHARACTER)
    return mask.size != missing.size or bytes(mask) != bytes(missing)

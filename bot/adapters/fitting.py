"""Makes lines fit into what a message holds, whatever that is on a platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from bot import texts
from bot.characters import clipped, place_to_cut, sendable
from bot.reply import Line, Style

USER_LEAST: Final = 24
"""What a person wrote is not made shorter than this."""
OURS: Final[tuple[Style, ...]] = ("plain", "strong", "faint", "code")
OURS_MOST: Final = 500
"""Characters of our own words in one span, where all else was not enough."""
_WORD_MOST: Final = 200
"""How far before the middle a line is still parted between words."""

Packed = TypeVar("Packed")
Packing = Callable[[Sequence[Line]], Packed | None]
"""Makes what a message holds of lines; none where it holds less than all of them."""


def fitted(lines: Sequence[Line], packed: Packing[Packed], most: int) -> Packed | None:
    """Pack lines; ``most`` is the number of characters that one span can have at all.

    What a person wrote is shortened where nothing else helps, the longest first; whole lines are
    left out only after that, from the end, and a last line says how many. None: not even that
    last line has room.
    """
    # What nobody gets to see is not to take the room of what is read.
    lines = capped(_sendable(lines), "user", most)
    result = packed(lines)
    if result is None:
        result = packed(_shortened(lines, packed, most))
    if result is not None:
        return result
    for style in OURS:
        lines = capped(lines, style, OURS_MOST)
    result = packed(_shortened(lines, packed, most))
    return packed(_fewer(lines, packed, most)) if result is None else result


def capped(lines: Sequence[Line], style: Style, most: int) -> list[Line]:
    """Return the lines with no span of that style longer than so many characters."""
    return [
        tuple(
            replace(span, text=clipped(span.text, most)) if span.style == style else span
            for span in line
        )
        for line in lines
    ]


def _sendable(lines: Sequence[Line]) -> list[Line]:
    return [
        tuple(
            replace(span, text=sendable(span.text)) if span.style == "user" else span
            for span in line
        )
        for line in lines
    ]


def pieces(line: Line, fits: Callable[[Line], bool]) -> Iterator[Line]:
    """Yield a line, in pieces where it does not fit as a whole."""
    if sum(len(span.text) for span in line) < 2 or fits(line):
        yield line
        return
    for half in _halves(line):
        yield from pieces(half, fits)


def _halves(line: Line) -> tuple[Line, Line]:
    """Part a line of more than one character in its middle, between words where there are some."""
    middle = sum(len(span.text) for span in line) // 2
    for index, span in enumerate(line):
        if len(span.text) > middle:
            cut = span.text.rfind(" ", max(0, middle - _WORD_MOST), middle) + 1
            cut = cut or place_to_cut(span.text, middle)
            first, second = replace(span, text=span.text[:cut]), replace(span, text=span.text[cut:])
            return (*line[:index], first), (second, *line[index + 1 :])
        middle -= len(span.text)
    return line, ()


def _shortened(lines: Sequence[Line], packed: Packing[Packed], most: int) -> list[Line]:
    """Shorten what people wrote, the longest first and no more than it takes."""
    longest = max((len(s.text) for line in lines for s in line if s.style == "user"), default=0)
    least, most = USER_LEAST, min(longest, most)
    while least < most:
        middle = (least + most + 1) // 2
        if packed(capped(lines, "user", middle)) is not None:
            least = middle
        else:
            most = middle - 1
    return capped(lines, "user", least)


def _fewer(lines: Sequence[Line], packed: Packing[Packed], longest: int) -> list[Line]:
    """Leave out lines at the end, as few as possible, and say so."""
    short = capped(lines, "user", USER_LEAST)
    least, most = 0, len(short) - 1
    while least < most:
        middle = (least + most + 1) // 2
        if packed(_first(short, middle)) is not None:
            least = middle
        else:
            most = middle - 1
    # Where the lines were too many and not too long, there is room left for them.
    return _shortened(_first(lines, least), packed, longest)


def _first(lines: Sequence[Line], number: int) -> list[Line]:
    return [*lines[:number], texts.left_out(len(lines) - number)]

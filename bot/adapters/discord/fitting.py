"""Makes lines fit into one message: its content, or else embeds, which hold more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import texts
from bot.adapters.discord.markdown import clipped, markdown, place_to_cut, units
from bot.reply import Line, Style

CONTENT_MOST: Final = 2000
DESCRIPTION_MOST: Final = 4096
EMBEDS_MOST: Final = 10
EMBEDS_TOTAL: Final = 6000
"""Characters of all embeds of a message together."""

USER_LEAST: Final = 24
"""What a person wrote is not made shorter than this."""
OURS: Final[tuple[Style, ...]] = ("plain", "strong", "faint", "code")
OURS_MOST: Final = 500
"""Characters of our own words in one span, where all else was not enough."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The text of a message: its content, or the descriptions of its embeds."""

    content: str = ""
    descriptions: tuple[str, ...] = ()


def fitted(lines: Sequence[Line]) -> Fitted:
    """Fit lines into a message.

    What a person wrote is shortened where nothing else helps, the longest first; whole lines are
    left out only after that, from the end, and a last line says how many.
    """
    shown = [line for line in _capped(lines, "user", EMBEDS_TOTAL) if markdown(line).strip()]
    content = "\n".join(markdown(line) for line in shown)
    if units(content) <= CONTENT_MOST:
        return Fitted(content)
    packed = _packed(shown) or _packed(_shortened(shown))
    if not packed:
        for style in OURS:
            shown = _capped(shown, style, OURS_MOST)
        packed = _packed(_shortened(shown)) or _packed(_fewer(shown))
    return Fitted(descriptions=tuple(packed or ()))


def _packed(lines: Sequence[Line]) -> list[str] | None:
    """Put lines into as few embeds as hold them; none where all of them are too few."""
    packed: list[str] = []
    total = 0
    for text in (text for line in lines for text in _pieces(line)):
        if packed and units(packed[-1]) + 1 + units(text) <= DESCRIPTION_MOST:
            packed[-1] += f"\n{text}"
            total += 1
        else:
            packed.append(text)
        total += units(text)
        if len(packed) > EMBEDS_MOST or total > EMBEDS_TOTAL:
            return None
    return packed


def _pieces(line: Line) -> Iterator[str]:
    """Yield a line's text, in pieces where it is too long for one embed."""
    text = markdown(line)
    if units(text) <= DESCRIPTION_MOST:
        yield text
        return
    for half in _halves(line):
        yield from _pieces(half)


def _halves(line: Line) -> tuple[Line, Line]:
    """Part a line of more than one character in its middle, between words where there are some."""
    middle = sum(len(span.text) for span in line) // 2
    for index, span in enumerate(line):
        if len(span.text) > middle:
            cut = span.text.rfind(" ", max(0, middle - 200), middle) + 1
            cut = cut or place_to_cut(span.text, middle)
            first, second = replace(span, text=span.text[:cut]), replace(span, text=span.text[cut:])
            return (*line[:index], first), (second, *line[index + 1 :])
        middle -= len(span.text)
    return line, ()


def _shortened(lines: Sequence[Line]) -> list[Line]:
    """Shorten what people wrote, the longest first and no more than it takes."""
    longest = max((len(s.text) for line in lines for s in line if s.style == "user"), default=0)
    least, most = USER_LEAST, min(longest, EMBEDS_TOTAL)
    while least < most:
        middle = (least + most + 1) // 2
        if _packed(_capped(lines, "user", middle)):
            least = middle
        else:
            most = middle - 1
    return _capped(lines, "user", least)


def _capped(lines: Sequence[Line], style: Style, most: int) -> list[Line]:
    return [
        tuple(
            replace(span, text=clipped(span.text, most)) if span.style == style else span
            for span in line
        )
        for line in lines
    ]


def _fewer(lines: Sequence[Line]) -> list[Line]:
    """Leave out lines at the end, as few as possible, and say so."""
    short = _capped(lines, "user", USER_LEAST)
    least, most = 0, len(short) - 1
    while least < most:
        middle = (least + most + 1) // 2
        if _packed(_first(short, middle)):
            least = middle
        else:
            most = middle - 1
    return _first(short, least)


def _first(lines: Sequence[Line], number: int) -> list[Line]:
    return [*lines[:number], texts.left_out(len(lines) - number)]

"""Makes lines fit into one message: its content, or else embeds, which hold more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.adapters import fitting
from bot.adapters.discord.markdown import markdown
from bot.characters import units
from bot.reply import Line

CONTENT_MOST: Final = 2000
DESCRIPTION_MOST: Final = 4096
EMBEDS_MOST: Final = 10
EMBEDS_TOTAL: Final = 6000
"""Characters of all embeds of a message together."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The text of a message: its content, or the descriptions of its embeds."""

    content: str = ""
    descriptions: tuple[str, ...] = ()


def fitted(lines: Sequence[Line]) -> Fitted:
    """Fit lines into a message."""
    capped = fitting.capped(lines, "user", EMBEDS_TOTAL)
    shown = [line for line in capped if markdown(line).strip()]
    content = "\n".join(markdown(line) for line in shown)
    if units(content) <= CONTENT_MOST:
        return Fitted(content)
    return Fitted(descriptions=tuple(fitting.fitted(shown, _packed, EMBEDS_TOTAL) or ()))


def _packed(lines: Sequence[Line]) -> list[str] | None:
    """Put lines into as few embeds as hold them; none where all of them are too few."""
    packed: list[str] = []
    total = 0
    for text in (markdown(piece) for line in lines for piece in fitting.pieces(line, _fits)):
        if packed and units(packed[-1]) + 1 + units(text) <= DESCRIPTION_MOST:
            packed[-1] += f"\n{text}"
            total += 1
        else:
            packed.append(text)
        total += units(text)
        if len(packed) > EMBEDS_MOST or total > EMBEDS_TOTAL:
            return None
    return packed


def _fits(line: Line) -> bool:
    """Whether one embed holds a line."""
    return units(markdown(line)) <= DESCRIPTION_MOST

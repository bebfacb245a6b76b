"""How buttons stand below a message, wherever a row holds few of them and a message few rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.reply import Button

PER_ROW = 5
"""What Discord has room for, and what still looks like a row in Slack."""


def rows_of(buttons: Iterable[Button], most: int) -> list[Sequence[Button]]:
    """Return buttons in at most so many rows, those of one ``row`` together.

    Rows of a single button are joined: one picture has its buttons beside each other. Where that makes too many rows, they stand one after the other without gaps; what has no room
    even so is left out, from the highest row.
    """
    ordered = sorted(buttons, key=_row)
    alone: list[Button] = []
    rows: list[Sequence[Button]] = []
    for row in [list(each) for _, each in groupby(ordered, key=_row)]:
        if len(row) > 1:
            rows += _parts(row)
        else:
            alone += row
    rows += _parts(alone)
    return rows if len(rows) <= most else _parts(ordered)[:most]


def _parts(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    return [buttons[first : first + PER_ROW] for first in range(0, len(buttons), PER_ROW)]


def _row(button: Button) -> int:
    return button.row

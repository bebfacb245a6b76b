"""How buttons stand below a message, wherever a row holds few of them and a message few rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.reply import Button

PER_ROW = 5
"""What Discord has room for, and what still looks like a row in Slack."""


def rows_of(buttons: Iterable[Button], most: int) -> list[Sequence[Button]]:
    """Return buttons in at most so many rows, those of one ``row`` together.

    Where several rows would have one button each, as below a single picture, those stand beside
    each other. Where there are too many rows, all stand one after the other without gaps; what has
    no room even so is left out, from the highest row.
    """
    ordered = sorted(buttons, key=_row)
    sizes = Counter(map(_row, ordered))
    groups = groupby(ordered, key=lambda button: 0 if sizes[button.row] == 1 else button.row + 1)
    rows = [part for _, group in groups for part in _parts(list(group))]
    return rows if len(rows) <= most else _parts(ordered)[:most]


def _parts(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    return [buttons[first : first + PER_ROW] for first in range(0, len(buttons), PER_ROW)]


def _row(button: Button) -> int:
    return button.row

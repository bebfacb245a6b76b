"""How a picture too large for a network is cut into tiles that overlap."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

SHARE: Final = 4
"""Neighbours have at least this part of a tile's side in common: a quarter."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a tile lies along one side of the picture.

    ``rise`` and ``fall`` say from where to where in it, counted from its start, it takes over from
    the tile before and hands over to the next; at the picture's edge there is nothing to take.
    """

    start: int
    size: int
    rise: tuple[int, int] = (0, 0)
    fall: tuple[int, int] = (0, 0)

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + self.size

    def times(self, factor: int) -> Span:
        """Return the same place in a picture that is larger by a factor."""
        rise, fall = (tuple(factor * at for at in each) for each in (self.rise, self.fall))
        return Span(factor * self.start, factor * self.size, (rise[0], rise[1]), (fall[0], fall[1]))


def spans(length: int, size: int) -> tuple[Span, ...]:
    """Return evenly spread tiles of one ``size`` that cover a side of this length.

    Of three tiles in a row the first and the last never fade in the same place, so that the shares
    of all tiles add up to one everywhere.
    """
    if length <= size:
        return (Span(0, length),)
    most_apart = size - size // SHARE
    count = 1 + math.ceil((length - size) / most_apart)
    starts = [round(index * (length - size) / (count - 1)) for index in range(count)]
    found = [Span(0, size)]
    apart = min(after - before for before, after in itertools.pairwise(starts))
    for start in starts[1:]:
        before = found[-1]
        middle, width = (start + before.end) // 2, min(before.end - start, apart)
        first = middle - width // 2
        fade = first, first + width
        found[-1] = Span(before.start, size, before.rise, _from(before.start, fade))
        found.append(Span(start, size, _from(start, fade)))
    return tuple(found)


def _from(start: int, fade: tuple[int, int]) -> tuple[int, int]:
    return fade[0] - start, fade[1] - start


@dataclass(frozen=True, slots=True)
class Tiles:
    """The tiles of a picture, row by row."""

    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    @classmethod
    def over(cls, width: int, height: int, size: int) -> Tiles:
        """Return tiles of at most ``size`` × ``size`` over a picture."""
        return cls(spans(height, size), spans(width, size))

    @property
    def width(self) -> int:
        """The picture's width."""
        return self.columns[-1].end

    @property
    def height(self) -> int:
        """The picture's height."""
        return self.rows[-1].end

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows) * len(self.columns)

    @property
    def places(self) -> tuple[tuple[Span, Span], ...]:
        """Each tile's place along the height and along the width."""
        return tuple((row, column) for row in self.rows for column in self.columns)

    def times(self, factor: int) -> Tiles:
        """Return the same tiles of a picture that is larger by a factor."""
        rows, columns = (
            tuple(each.times(factor) for each in side) for side in (self.rows, self.columns)
        )
        return Tiles(rows, columns)

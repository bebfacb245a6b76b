"""Many pictures on one sheet: a contact sheet with a word below each, or a grid with heads."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from bot.drawing.colours import FAINT, GROUND, INK, PLACE
from bot.drawing.lettering import fit, line_height, width_of, write
from bot.drawing.thumbnails import shape_of, thumbnail

SIDE: Final = 2048
"""Pixels that neither side of a sheet goes beyond."""
_CELL: Final = (256, 512)
"""Pixels that the longer side of a picture has at least and at most, where the sheet has room."""
_CHAT: Final = (42, 25)
"""Lines of words that a sheet's width and height would be: so small a chat shows a sheet, and
words are to be read in it."""
_LETTERS: Final = 10
"""Times that the height of words goes into a picture's width, however many pictures there are."""
_WORDS_LEAST: Final = 14
_SHAPE: Final = 3 / 2
"""Width by height of the place that a chat has for a picture."""
_WITH_WORDS: Final = 1.15
"""Height of a picture with its label, by that of the picture."""
_ASPECTS: Final = (0.5, 2.0)
_HEAD_SHARE: Final = 0.22
"""Of a sheet's width, what the heads of rows may take."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of a sheet, and the ``label`` below it.

    Without a path it is an empty place; ``word`` is what stands in a place without a picture.
    """

    path: Path | None
    label: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where everything goes, in pixels."""

    across: int
    cell: tuple[int, int]
    words: int
    gap: int
    left: int
    """What the heads of rows take."""
    title: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    """Lines of the heads of columns, or of the cells where those wrap."""
    sides: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    per_cell: bool

    @property
    def down(self) -> int:
        return math.ceil(len(self.labels) / self.across)

    @property
    def line(self) -> int:
        return line_height(self.words)

    @property
    def head(self) -> int:
        return _tallest(self.heads) * self.line

    @property
    def label(self) -> int:
        return _tallest(self.labels) * self.line

    @property
    def top(self) -> int:
        """What the title and the heads of columns take."""
        title = len(self.title) * self.line + self.gap if self.title else 0
        return self.gap + title + (0 if self.per_cell else self.head)

    @property
    def step(self) -> tuple[int, int]:
        """From one cell to the next."""
        head = self.head if self.per_cell else 0
        return self.cell[0] + self.gap, head + self.cell[1] + self.label + self.gap

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.step
        return self.gap + self.left + self.across * width, self.top + self.down * height

    def place(self, number: int) -> tuple[int, int]:
        """Return where the picture of a cell begins."""
        width, height = self.step
        head = self.head if self.per_cell else 0
        return (
            self.gap + self.left + number % self.across * width,
            self.top + number // self.across * height + head,
        )


def draw_sheet(
    cells: Sequence[Cell],
    *,
    columns: Sequence[str] = (),
    rows: Sequence[str] = (),
    title: str = "",
) -> Image.Image:
    """Return a sheet of at least one cell as RGB, neither side longer than ``SIDE``.

    With ``rows`` it is a grid, filled row by row, with those heads at its left and ``columns``
    above it. Without them the cells wrap, and each has its own of the ``columns`` above it. Reads
    one file at a time; one that cannot be read is an empty place. Blocks.
    """
    plan = _planned(cells, columns, rows, title)
    sheet = Image.new("RGB", plan.size, GROUND)
    draw = ImageDraw.Draw(sheet)
    write(draw, plan.title, (plan.gap, plan.gap), plan.words, colour=INK)
    _draw_heads(draw, plan)
    for number, cell in enumerate(cells):
        left, top = plan.place(number)
        _draw_picture(sheet, draw, cell, plan, (left, top))
        below = (left, top + plan.cell[1])
        write(draw, plan.labels[number], below, plan.words, colour=FAINT, centred=plan.cell[0])
    return sheet


def _draw_heads(draw: ImageDraw.ImageDraw, plan: _Plan) -> None:
    for number, lines in enumerate(plan.heads):
        left, top = plan.place(number)
        # A short head stands just above its pictures.
        top -= len(lines) * plan.line + plan.gap // 4
        write(draw, lines, (left, top), plan.words, colour=INK, centred=plan.cell[0])
    for number, lines in enumerate(plan.sides):
        _, top = plan.place(number * plan.across)
        top += max(0, plan.cell[1] - len(lines) * plan.line) // 2
        write(draw, lines, (plan.gap, top), plan.words, colour=INK)


def _draw_picture(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    cell: Cell,
    plan: _Plan,
    place: tuple[int, int],
) -> None:
    """Draw a picture in the middle of its place, or a word where there is none."""
    (width, height), (left, top) = plan.cell, place
    picture = None if cell.path is None else thumbnail(cell.path, plan.cell)
    if picture is None or picture.size != plan.cell:
        draw.rectangle((left, top, left + width - 1, top + height - 1), PLACE)
    if picture is not None:
        free = width - picture.width, height - picture.height
        sheet.paste(picture, (left + free[0] // 2, top + free[1] // 2))
    elif cell.word:
        lines = fit(cell.word, plan.words, width - plan.gap, 3)
        middle = top + max(0, height - len(lines) * plan.line) // 2
        write(draw, lines, (left, middle), plan.words, colour=FAINT, centred=width)


def _planned(
    cells: Sequence[Cell], columns: Sequence[str], rows: Sequence[str], title: str
) -> _Plan:
    """Lay a sheet out with the largest pictures that it has room for."""
    shapes = [shape for cell in cells if (shape := shape_of(cell.path))]
    aspect = _aspect(shapes)
    across = math.ceil(len(cells) / len(rows)) if rows else _across(len(cells), aspect)
    longest = max((max(shape) for shape in shapes), default=_CELL[0])
    side = float(min(max(longest, _CELL[0]), _CELL[1]))
    while True:
        cell = _cell(side, aspect)
        plan = _plan(cells, columns, rows, title, across, cell)
        if max(plan.size) <= SIDE or min(cell) < 2:
            return plan
        side *= max(0.5, min(0.97, SIDE / max(plan.size)))


def _plan(
    cells: Sequence[Cell],
    columns: Sequence[str],
    rows: Sequence[str],
    title: str,
    across: int,
    cell: tuple[int, int],
) -> _Plan:
    down = math.ceil(len(cells) / across)
    width = across * cell[0]
    readable = max(width / _CHAT[0], down * cell[1] / _CHAT[1])
    words = max(_WORDS_LEAST, round(min(readable, cell[0] / _LETTERS)))
    widest = max((width_of(row, words) for row in rows), default=0.0)
    left = math.ceil(min(widest, width * _HEAD_SHARE))
    gap = max(6, round(words * 0.6))

    def parted(texts: Sequence[str], room: int, lines: int) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(fit(text, words, room, lines)) for text in texts)

    return _Plan(
        across=across,
        cell=cell,
        words=words,
        gap=gap,
        left=left + gap if rows else 0,
        title=tuple(fit(title, words, left + width, 2)),
        heads=parted(columns[: across if rows else len(cells)], cell[0], 3),
        sides=parted(rows, left, max(1, cell[1] // line_height(words))),
        labels=parted([each.label for each in cells], cell[0], 2),
        per_cell=not rows,
    )


def _tallest(texts: Sequence[Sequence[str]]) -> int:
    return max((len(lines) for lines in texts), default=0)


def _aspect(shapes: Sequence[tuple[int, int]]) -> float:
    """Return width by height of the places: as most pictures have it, within what is sensible."""
    if not shapes:
        return 1.0
    usual = statistics.median_low([width / height for width, height in shapes])
    return min(max(usual, _ASPECTS[0]), _ASPECTS[1])


def _cell(side: float, aspect: float) -> tuple[int, int]:
    """Return a place whose longer side has so many pixels."""
    return (
        max(1, round(side * min(1.0, aspect))),
        max(1, round(side * min(1.0, 1 / aspect))),
    )


def _across(count: int, aspect: float) -> int:
    """Return how many stand beside each other so that a chat shows them large, words included.

    Empty places count against a number.
    """

    def merit(across: int) -> tuple[float, int]:
        down = math.ceil(count / across)
        shown = min(_SHAPE / (across * aspect), 1 / (down * _WITH_WORDS))
        return shown * math.sqrt(count / (across * down)), across

    return max(range(1, count + 1), key=merit, default=1)

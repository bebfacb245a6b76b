"""Where a picture came from and what came from it, as a tree that grows from left to right."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageDraw

from bot.drawing.colours import EDGE, FAINT, GROUND, INK, MARK, PLACE
from bot.drawing.lettering import fit, line_height, width_of, write
from bot.drawing.sheet import SIDE, Cell
from bot.drawing.thumbnails import thumbnail

_WORDS: Final = (12, 30)
"""The height of words in pixels, at least and at most; all else is counted in it."""
_BOX: Final = 9
_BETWEEN: Final = 10
"""From one generation to the next, where the words of what changed have to stand."""
_ROW: Final = 12
"""From one picture to that below, its words included."""
_MORE_ROW: Final = 3
_MARGIN: Final = 1
_CHANGE_LINES: Final = 4
_ARROW: Final = 0.5


@dataclass(frozen=True, slots=True)
class Node:
    """One picture of a tree, ``change`` from the one that it came from, and what came from it.

    ``marked`` is the one that the drawing is about. One that is only ``words`` stands for those
    that there is no room for.
    """

    cell: Cell
    change: str = ""
    children: tuple[Node, ...] = ()
    marked: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True)
class _Placed:
    """A node with the middle of its left side, counted in the height of words."""

    node: Node
    left: float
    middle: float
    children: tuple[_Placed, ...] = field(default=())

    def all(self) -> Iterator[_Placed]:
        yield self
        for child in self.children:
            yield from child.all()


def draw_tree(root: Node) -> Image.Image:
    """Return the tree below a node as RGB, neither side longer than ``SIDE``. Blocks."""
    placed, below = _placed(root, _MARGIN, _MARGIN)
    across = max(each.left for each in placed.all()) + _BOX + _MARGIN
    words = int(min(_WORDS[1], SIDE / across, SIDE / (below + _MARGIN)))
    size = round(across * words), round(below * words)
    drawing = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(drawing)
    for each in placed.all():
        _draw_edges(draw, each, words)
    for each in placed.all():
        _draw_node(drawing, draw, each, words)
    return drawing


def _placed(node: Node, left: float, top: float) -> tuple[_Placed, float]:
    """Place a node in the middle of what came from it; returns it and where that ends."""
    bottom, children = top, []
    for child in node.children:
        placed, bottom = _placed(child, left + _BOX + _BETWEEN, bottom)
        children.append(placed)
    row = _MORE_ROW if node.words else _ROW
    if not children:
        return _Placed(node, left, top + _half(node)), top + row
    middle = (children[0].middle + children[-1].middle) / 2
    # A lone row of words is not as high as the picture that it belongs to.
    middle = max(middle, top + _half(node))
    return _Placed(node, left, middle, tuple(children)), max(bottom, middle - _half(node) + row)


def _half(node: Node) -> float:
    return _MORE_ROW / 2 if node.words else _BOX / 2


def _draw_edges(draw: ImageDraw.ImageDraw, placed: _Placed, words: int) -> None:
    """Draw what leads from a node to those that came from it, and say what changed on the way."""
    pen = max(2, words // 10)
    begin, start = placed.left + _BOX + 0.3, placed.middle
    turn = begin + 0.6
    for child in placed.children:
        end = child.left - 0.3
        points = [(begin, start), (turn, start), (turn, child.middle), (end, child.middle)]
        draw.line([(x * words, y * words) for x, y in points], EDGE, pen)
        tip, (x, y) = _ARROW * words, (end * words, child.middle * words)
        draw.polygon([(x, y), (x - tip, y - tip / 2), (x - tip, y + tip / 2)], EDGE)
        room = int((end - _ARROW - turn - 0.6) * words)
        lines = fit(child.node.change, words, room, _CHANGE_LINES)
        # Half of the lines stand above the edge, and half below.
        upper = (len(lines) + 1) // 2
        top = int(child.middle * words) - upper * line_height(words) - words // 8
        place = int((turn + 0.3) * words), top
        write(draw, lines[:upper], place, words, colour=INK, centred=room)
        below = place[0], int(child.middle * words) + words // 4
        write(draw, lines[upper:], below, words, colour=INK, centred=room)


def _draw_node(
    drawing: Image.Image, draw: ImageDraw.ImageDraw, placed: _Placed, words: int
) -> None:
    node, side = placed.node, _BOX * words
    left, top = round(placed.left * words), round(placed.middle * words - side / 2)
    if node.words:
        lines = fit(node.cell.word, words, side, 1)
        # Words stand next to their end of an edge.
        left += math.floor(side - width_of(lines[0], words)) if node.children else 0
        middle = round(placed.middle * words - line_height(words) / 2)
        write(draw, lines, (left, middle), words, colour=FAINT)
        return
    draw.rectangle((left, top, left + side - 1, top + side - 1), PLACE)
    picture = None if node.cell.path is None else thumbnail(node.cell.path, (side, side))
    if picture is not None:
        free = side - picture.width, side - picture.height
        drawing.paste(picture, (left + free[0] // 2, top + free[1] // 2))
    elif node.cell.word:
        lines = fit(node.cell.word, words, side - words, 2)
        centre = top + (side - len(lines) * line_height(words)) // 2
        write(draw, lines, (left, centre), words, colour=FAINT, centred=side)
    if node.marked:
        pen = max(3, words // 5)
        frame = (left - pen, top - pen, left + side + pen - 1, top + side + pen - 1)
        draw.rectangle(frame, outline=MARK, width=pen)
    label = fit(node.cell.label, words, side + words, 1)
    colour = MARK if node.marked else FAINT
    below = (left - words // 2, top + side + words // 4)
    write(draw, label, below, words, colour=colour, centred=side + words)

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bot.drawing.colours import MARK
from bot.drawing.sheet import SIDE, Cell
from bot.drawing.tree import Node, draw_tree
from tests.unit.bot.drawing.test_sheet import boxes


@pytest.fixture
def cells(tmp_path: Path) -> list[Cell]:
    made = []
    for colour in ("red", "lime", "blue", "yellow"):
        path = tmp_path / f"{colour}.png"
        Image.new("RGB", (64, 32), colour).save(path)
        made.append(Cell(path, f"#{colour}"))
    return made


def test_a_tree_grows_from_left_to_right_with_its_twigs_above_each_other(
    cells: list[Cell],
) -> None:
    red, lime, blue, yellow = cells
    twig = Node(lime, "guidance 9", (Node(yellow, "another seed"),))
    found = boxes(draw_tree(Node(red, children=(twig, Node(blue, "varied")))))
    assert found["red"][2] < found["lime"][0] == found["blue"][0] < found["yellow"][0]
    assert found["lime"][1] == found["yellow"][1] < found["red"][1] < found["blue"][1]
    assert len({(right - left, bottom - top) for left, top, right, bottom in found.values()}) == 1


def test_the_one_that_it_is_about_is_framed(cells: list[Cell]) -> None:
    tree = draw_tree(Node(cells[0], children=(Node(cells[1], "seed", marked=True),)))
    mark = Image.new("RGB", (1, 1), MARK).getpixel((0, 0))
    marked = [
        (x, y)
        for x in range(tree.width)
        for y in range(0, tree.height, 7)
        if tree.getpixel((x, y)) == mark
    ]
    left, _, right, _ = boxes(tree)["lime"]
    assert min(x for x, _ in marked) < left
    assert max(x for x, _ in marked) >= right
    assert min(x for x, _ in marked) > boxes(tree)["red"][2]


def test_a_tree_with_many_twigs_is_no_larger_than_what_a_chat_shows(cells: list[Cell]) -> None:
    more = Node(Cell(None, word="+7 more"), words=True)
    twigs = tuple(Node(cells[0], "x" * 200, (more, *[Node(cells[1])] * 2)) for _ in range(5))
    tree = Node(cells[2], "a b " * 50, (*twigs, more), marked=True)
    for _ in range(4):
        tree = Node(Cell(None, word="deleted"), "seed", (tree,))
    drawn = draw_tree(Node(Cell(None, word="and earlier"), children=(tree,), words=True))
    assert max(drawn.size) <= SIDE
    assert {"red", "lime", "blue"} <= boxes(drawn).keys()
    assert max(draw_tree(Node(cells[0])).size) <= SIDE

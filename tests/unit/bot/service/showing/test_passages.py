from __future__ import annotations

import pytest

from bot.service.showing.passages import changed_passages

LONG = "a portrait of an old sailor with a pipe, harbour at night, oil on canvas, muted colours"


@pytest.mark.parametrize(
    ("before", "now", "passages"),
    [
        (LONG, LONG.replace("night", "dawn"), [("night", "dawn")]),
        (LONG, LONG + ", thick paint", [("", "thick paint")]),
        (LONG, LONG.replace(", oil on canvas", ""), [("oil on canvas", "")]),
        (
            LONG,
            LONG.replace("old", "very old").replace("muted ", ""),
            [("", "very"), ("muted", "")],
        ),
        ("red", "red++", [("red", "red++")]),
        ("a fox", "two green stars", [("a fox", "two green stars")]),
        ("red, circle", "red circle", [(",", "")]),
        ("a  fox", "a fox", []),
        (LONG, "a map of the seven seas on parchment with ships and a great kraken in it", None),
        ("a b c d e f g h i j", "a 1 c 2 e 3 g 4 i 5", None),
        ("a " * 600, "b " * 600, None),
        # So many pairs of words are not compared, but few are where much begins and ends alike.
        ("a b " * 300 + "x" + " c d" * 300, "a b " * 300 + "y z" + " c d" * 300, [("x", "y z")]),
        ("x " + "a " * 150 + "z", "y " + "a " * 150 + "w", None),
    ],
)
def test_of_a_prompt_only_the_passages_that_came_or_went_are_told(
    before: str, now: str, passages: list[tuple[str, str]] | None
) -> None:
    assert changed_passages(before, now) == passages

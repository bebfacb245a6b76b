"""Weights and negative prompts do what people use them for."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest

from generation.worker.training.judge import judge
from generation.worker.training.studio import Pictures, Studio

BLEND = "a big {} blue circle in the center on a white background"


def redness(pictures: Pictures) -> float:
    """Red less blue in the largest thing, from -255 to 255."""
    return mean(judge(picture).things[0].redness for picture in pictures)


@pytest.mark.parametrize(
    "words",
    [
        ["red---", "red--", "red-", "red", "red+", "red++", "red+++"],
        ["(red)0.5", "(red)0.7", "(red)0.85", "red", "(red)1.15", "(red)1.3", "(red)1.5"],
    ],
)
def test_a_heavier_word_shows_more(studio: Studio, words: list[str]) -> None:
    shades = [redness(studio.paint_weighted(BLEND.format(word), range(3))) for word in words]
    assert all(later > earlier for earlier, later in pairwise(shades)), shades
    assert shades[0] < -100
    assert shades[-1] > 40


def test_a_negative_prompt_removes_what_was_not_asked_for(studio: Studio) -> None:
    prompts = ["an apple on a white background"] * 10
    red = [
        mean(judge(picture).colour == "red" for picture in studio.paint(prompts, range(10), text))
        for text in ("", "red")
    ]
    assert red[0] >= 0.7
    assert red[1] <= 0.3


def test_a_prompt_longer_than_one_reading_still_shows_its_thing(studio: Studio) -> None:
    filler = ", ".join(["masterpiece", "best quality", "sharp focus"] * 14)
    prompt = f"a red heart on a yellow background, {filler}"
    verdicts = [judge(picture) for picture in studio.paint_weighted(prompt, range(4))]
    assert mean(verdict.colour == "red" for verdict in verdicts) >= 0.75

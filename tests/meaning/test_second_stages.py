"""Refiner, image to image and inpainting each leave their mark, and only theirs."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import numpy as np
import pytest
from PIL import Image

from generation.worker.training.drawing import draw
from generation.worker.training.evaluation import single_prompts, single_text
from generation.worker.training.judge import difference, judge, share_of, sharpness
from generation.worker.training.scenes import Scene, Thing
from generation.worker.training.studio import Pictures, Studio

PROMPTS = single_prompts(6)
TEXTS = [single_text(*prompt) for prompt in PROMPTS]
SEEDS = range(40, 46)
PAIR = Scene(
    "row",
    "white",
    (Thing("circle", "green", 36, 64, 22), Thing("square", "purple", 92, 64, 22)),
)


@pytest.fixture(scope="module")
def plain(loaded: Studio) -> Pictures:
    return loaded.paint(TEXTS, SEEDS)


def test_the_refiner_sharpens(studio: Studio, plain: Pictures) -> None:
    refined = studio.paint_refined(TEXTS, SEEDS)
    sharper = [sharpness(b) > sharpness(a) for a, b in zip(plain, refined, strict=True)]
    assert mean(sharper) >= 0.8
    assert mean(map(sharpness, refined)) > 1.1 * mean(map(sharpness, plain))
    colours = [prompt[0] for prompt in PROMPTS]
    assert mean(judge(p).colour == c for p, c in zip(refined, colours, strict=True)) >= 0.8


def test_a_low_aesthetic_score_blurs(studio: Studio, plain: Pictures) -> None:
    blurred = studio.paint_refined(TEXTS, SEEDS, aesthetic_score=2.5, negative_aesthetic_score=6.0)
    assert mean(map(sharpness, blurred)) < mean(map(sharpness, plain))


def test_a_picture_changes_with_strength(studio: Studio) -> None:
    start = draw(Scene("one", "white", (Thing("star", "red", 64, 62, 32),)))
    changes = [
        mean(
            difference(studio.repaint("a blue star on a white background", start, s, seed), start)
            for seed in range(2)
        )
        for s in (0.1, 0.4, 0.7, 1.0)
    ]
    assert all(later > earlier for earlier, later in pairwise(changes)), changes
    assert changes[0] < 6


def test_inpainting_changes_the_mask_alone(studio: Studio) -> None:
    start, mask = draw(PAIR), Image.new("L", (128, 128))
    mask.paste(255, (64, 24, 124, 104))
    prompt = "a green circle left of a red heart on a white background"
    painted = studio.inpaint(prompt, start, mask, 3)
    outside = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(painted)[outside], np.asarray(start)[outside])
    assert share_of(painted, "red") > 0.02
    assert share_of(painted, "purple") < 0.01

"""The judge reads drawn pictures back as they were meant."""

from __future__ import annotations

import random
from statistics import mean

from PIL import Image, ImageFilter

from generation.worker.training.captions import describe, sentence
from generation.worker.training.drawing import draw
from generation.worker.training.judge import judge, sharpness
from generation.worker.training.scenes import BUCKETS, PALETTE, Scene, random_scene


def scenes(count: int) -> list[Scene]:
    rng = random.Random(5)
    drawn = [random_scene(rng, rng.choice(BUCKETS)) for _ in range(count)]
    return [scene for scene in drawn if scene.kind != "mixed"]


def test_drawn_pictures_are_read_back() -> None:
    right = []
    for scene in scenes(120):
        verdict = judge(draw(scene, blur=1.0))
        assert verdict.background == scene.background
        assert verdict.border == scene.border
        meant = sorted((thing.colour, thing.shape) for thing in scene.things)
        right.append(sorted((thing.colour, thing.shape) for thing in verdict.things) == meant)
    assert mean(right) >= 0.96


def test_an_empty_picture_holds_nothing() -> None:
    verdict = judge(Image.new("RGB", (128, 128), PALETTE["blue"]))
    assert (verdict.background, verdict.things, verdict.border) == ("blue", (), False)


def test_blur_lowers_sharpness() -> None:
    picture = draw(scenes(1)[0])
    assert sharpness(picture.filter(ImageFilter.GaussianBlur(2))) < sharpness(picture)


def test_a_caption_names_no_colour_that_is_not_there() -> None:
    rng = random.Random(9)
    for scene in scenes(300):
        there = {scene.background, *(thing.colour for thing in scene.things)}
        named = set(describe(scene, rng).text.replace(",", "").split()) & set(PALETTE)
        assert named <= there
        assert all(thing.colour in sentence(scene) for thing in scene.things)

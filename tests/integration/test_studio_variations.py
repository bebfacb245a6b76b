"""Variations: the noise of a picture part of the way towards that of another seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from bot.service.answers.varying import AMOUNTS, REPAINTED
from generation.recipe import Refiner, Variation
from generation.samplers import SAMPLERS
from generation.worker.studio import Studio
from tests.studio_bench import difference, new_studio, paint, save_input, sha256, starting_from

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 3}


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_all_the_way_is_the_picture_of_the_other_seed(studio: Studio, sampler: str) -> None:
    other = paint(studio, **SMALL, sampler=sampler, seed=12)
    varied = paint(studio, **SMALL, sampler=sampler, variations=(Variation(12, 1),))
    assert sha256(varied) == sha256(other)


@pytest.mark.parametrize("refiner", [None, Refiner(0.5), Refiner(0.5, "img2img")])
@pytest.mark.parametrize("part", ["whole", "masked"])
def test_the_noise_of_every_stage_is_varied(
    studio: Studio, tmp_path: Path, refiner: Refiner | None, part: str
) -> None:
    digest, inputs = save_input(tmp_path, Image.linear_gradient("L").resize((64, 64)))
    mask = Image.new("L", (64, 64))
    ImageDraw.Draw(mask).rectangle((8, 8, 55, 40), fill=255)
    masked, more = save_input(tmp_path, mask)
    options = {
        **SMALL,
        "steps": 4,
        "sampler": "euler-a",
        "refiner": refiner,
        "image": starting_from(digest, 0.8, masked if part == "masked" else None),
    }
    other = paint(studio, inputs | more, seed=12, **options)
    varied = paint(studio, inputs | more, variations=(Variation(12, 1),), **options)
    half = paint(studio, inputs | more, variations=(Variation(12, 0.5),), **options)
    assert sha256(varied) == sha256(other)
    plain = paint(studio, inputs | more, **options)
    assert len({sha256(picture) for picture in (other, half, plain)}) == 3


def test_a_picture_without_variations_comes_out_as_ever(studio: Studio) -> None:
    plain = paint(studio, **SMALL)
    paint(studio, **SMALL, variations=(Variation(12, 0.5), Variation(13, 0.2)))
    again = paint(studio, **SMALL, variations=())
    assert sha256(again) == sha256(plain)


def test_a_varied_picture_repeats_to_the_bit(studio: Studio) -> None:
    variations = (Variation(12, 0.15), Variation(99, 0.4))
    first = paint(studio, **SMALL, sampler="euler-a", variations=variations)
    paint(studio, **SMALL, sampler="euler-a")
    assert sha256(first) == sha256(paint(studio, **SMALL, sampler="euler-a", variations=variations))


PROMPTS = (
    "a red circle on a blue background",
    "two green stars on a black background",
    "a purple heart and a yellow square",
    "a big orange apple on a black background",
)


def test_subtle_is_nearer_than_strong_and_strong_than_a_new_seed(
    studio: Studio, tmp_path: Path
) -> None:
    """Measured as the mean difference of the pixels, over the same twelve seeds each."""
    apart: dict[str, list[float]] = {}
    for seed in range(1000, 1012):
        options: dict[str, Any] = {**SMALL, "steps": 4, "prompt": PROMPTS[seed % len(PROMPTS)]}
        other = seed + 5000
        picture = paint(studio, seed=seed, **options)
        digest, inputs = save_input(tmp_path, Image.fromarray(picture.pixels))
        found = {"new": paint(studio, seed=other, **options)}
        for strength in ("subtle", "strong"):
            towards = (Variation(other, AMOUNTS[strength]),)
            image = starting_from(digest, REPAINTED[strength])
            found |= {
                f"{strength} noise": paint(studio, seed=seed, variations=towards, **options),
                f"{strength} image": paint(studio, inputs, seed=other, image=image, **options),
            }
        for name, each in found.items():
            apart.setdefault(name, []).append(difference(picture, each))
    mean = {name: sum(each) / len(each) for name, each in apart.items()}
    for way in ("noise", "image"):
        assert 0 < mean[f"subtle {way}"] < 0.8 * mean[f"strong {way}"], mean
        assert mean[f"strong {way}"] < 0.6 * mean["new"], mean

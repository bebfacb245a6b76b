"""Guidance that ends early: as many single passes as asked for, in every way to a picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from generation.recipe import InputImage, Refiner, Upscale
from generation.recipe_parts import Region
from generation.worker.studio import Studio
from tests.studio_bench import difference, new_studio, paint, save_input, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio()


@contextmanager
def passes(studio: Studio) -> Iterator[list[int]]:
    """Note how many samples go through the UNets in each pass; what they do within is their own."""
    found: list[int] = []
    within: list[torch.nn.Module] = []

    def begin(unet: torch.nn.Module, given: tuple[Any, ...]) -> None:
        if not within:
            found.append(len(given[0]))
        within.append(unet)

    def end(*_: object) -> None:
        within.pop()

    unets = studio.easel("mini").loaded.unets
    hooks = [unet.register_forward_pre_hook(begin) for unet in unets]
    hooks += [unet.register_forward_hook(end, always_call=True) for unet in unets]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [2, 2, 1, 1]),
        ({"guidance_end": 0}, [1, 1, 1, 1]),
        ({"guidance_end": 1}, [2, 2, 2, 2]),
        ({"guidance_end": 0.51}, [2, 2, 2, 1]),
        ({"guidance": 1}, [1, 1, 1, 1]),
        ({"refiner": Refiner(0.5), "guidance_end": 0.75}, [2, 2, 2, 1]),
        ({"refiner": Refiner(0.5), "guidance_end": 0.25}, [2, 1, 1, 1]),
        ({"refiner": Refiner(0.5, "img2img"), "guidance_end": 0.7}, [2] * 5 + [1]),
        ({"sampler": "heun", "steps": 2}, [2, 2, 1]),
    ],
)
def test_so_many_steps_of_the_whole_picture_are_guided(
    studio: Studio, changes: dict[str, Any], expected: list[int]
) -> None:
    with passes(studio) as found:
        paint(studio, **{"guidance_end": 0.5, "width": 64, "height": 64, **changes})
    assert found == expected


@pytest.mark.parametrize(
    ("part", "changes"),
    [({}, {}), ({"region": Region(0, 0, 0.5, 1)}, {}), ({}, {"upscale": Upscale(2)})],
    ids=["whole", "region", "enlarged"],
)
def test_pictures_from_pictures_are_guided_as_long_as_they_are_to_be(
    studio: Studio, tmp_path: Path, part: dict[str, Any], changes: dict[str, Any]
) -> None:
    digest, inputs = save_input(tmp_path, Image.new("RGB", (64, 64), "orange"))
    image = InputImage(digest, 0.5, **part)
    given = {"image": image, "width": 64, "height": 64, "steps": 4, **changes}
    with passes(studio) as found:
        cut = paint(studio, inputs, **given, guidance_end=0.5)
    assert found == [2, 1]
    unguided = paint(studio, inputs, **given, guidance_end=0)
    assert sha256(paint(studio, inputs, **given, guidance=1)) == sha256(unguided)
    assert sha256(cut) != sha256(unguided)
    assert sha256(paint(studio, inputs, **given)) != sha256(cut)


def test_the_later_guidance_ends_the_nearer_is_the_picture_to_a_guided_one(studio: Studio) -> None:
    small: dict[str, Any] = {"width": 64, "height": 64, "steps": 8}
    whole = paint(studio, **small)
    later, sooner, never = (paint(studio, **small, guidance_end=end) for end in (0.75, 0.5, 0))
    assert 0 < difference(whole, later) < difference(whole, sooner) < difference(whole, never)
    assert sha256(paint(studio, **small)) == sha256(whole)


def test_a_negative_prompt_without_guidance_is_told_to_have_no_effect(studio: Studio) -> None:
    small: dict[str, Any] = {"width": 64, "height": 64, "steps": 1}
    assert paint(studio, **small, guidance=1, negative="red").warnings == ("unguided",)
    assert paint(studio, **small, guidance=1).warnings == ()
    assert paint(studio, **small, negative="red").warnings == ()

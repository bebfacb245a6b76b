"""Starting from a picture: how far it may change, and where it may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from generation.errors import BadImage
from generation.recipe import Refiner
from generation.worker.studio import Studio
from tests.studio_bench import Witness, new_studio, paint, save_input, sha256, starting_from

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio()


def scene(size: tuple[int, int] = (128, 128)) -> Image.Image:
    picture = Image.new("RGB", size, (250, 220, 40))
    ImageDraw.Draw(picture).ellipse((size[0] // 4, 30, size[0] * 3 // 4, 98), fill=(20, 60, 220))
    return picture


def distance(pixels: np.ndarray, picture: Image.Image) -> float:
    return float(np.abs(pixels.astype(float) - np.asarray(picture, dtype=float)).mean())


def test_the_stronger_the_more_a_picture_changes(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())
    changes = [
        distance(
            paint(studio, inputs, steps=10, image=starting_from(digest, strength)).pixels, scene()
        )
        for strength in (0.1, 0.4, 0.7, 1.0)
    ]
    assert changes == sorted(changes)
    assert changes[-1] > 2 * changes[0]


def test_the_weakest_strength_takes_one_step(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())
    witness = Witness()
    paint(studio, inputs, watch=witness, image=starting_from(digest, 0.05))
    assert [stage for stage, _, _ in witness.steps] == ["base", "decode"]


def test_a_picture_of_another_size_is_cut_to_the_recipe(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene((300, 128)).convert("RGBA"))
    painting = paint(studio, inputs, image=starting_from(digest, 0.3), width=96, height=160)
    assert painting.pixels.shape == (160, 96, 3)


def test_nothing_changes_outside_the_mask(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())
    mask = Image.new("L", (128, 128), 0)
    ImageDraw.Draw(mask).rectangle((33, 41, 90, 77), fill=255)
    mask_digest, more = save_input(tmp_path, mask)
    for strength in (0.5, 1.0):
        painting = paint(
            studio, inputs | more, steps=6, image=starting_from(digest, strength, mask_digest)
        )
        outside = np.asarray(mask) == 0
        before = np.asarray(scene())
        assert np.array_equal(painting.pixels[outside], before[outside])
        assert np.abs(painting.pixels[~outside].astype(int) - before[~outside]).mean() > 5


def test_a_mask_thinner_than_a_latent_still_opens_the_picture(
    studio: Studio, tmp_path: Path
) -> None:
    plain = Image.new("RGB", (128, 128), (250, 220, 40))
    digest, inputs = save_input(tmp_path, plain)
    mask = Image.new("L", (128, 128), 0)
    ImageDraw.Draw(mask).line((67, 0, 67, 127), fill=255, width=1)
    mask_digest, more = save_input(tmp_path, mask)
    image = starting_from(digest, 1.0, mask_digest)
    painting = paint(studio, inputs | more, prompt="a blue star", image=image)
    line = np.asarray(mask) > 0
    # The VAE alone, without a hole, moves this colour by far less.
    assert np.abs(painting.pixels[line].astype(int) - np.asarray(plain)[line]).mean() > 40


def test_the_refiner_goes_over_an_input_picture_when_asked(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())
    image = starting_from(digest, 0.8)
    alone = paint(studio, inputs, steps=8, image=image)
    witness = Witness()
    both = paint(studio, inputs, watch=witness, steps=8, image=image, refiner=Refiner(0.6))
    assert {stage for stage, _, _ in witness.steps} == {"base", "refiner", "decode"}
    assert sha256(alone) != sha256(both)


def test_input_pictures_repeat_to_the_bit(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())
    image = starting_from(digest, 0.6)
    first = paint(studio, inputs, image=image, sampler="euler-a")
    paint(studio)
    assert sha256(paint(studio, inputs, image=image, sampler="euler-a")) == sha256(first)


def test_an_input_that_is_gone_is_named(studio: Studio, tmp_path: Path) -> None:
    for inputs in ({}, {"a" * 64: tmp_path / "gone.png"}):
        with pytest.raises(BadImage) as caught:
            paint(studio, inputs, image=starting_from("a" * 64, 0.5))
        assert caught.value.reason == "missing"

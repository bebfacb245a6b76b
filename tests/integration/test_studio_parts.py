"""Painting a part of a picture, and beyond its edges: what stays, what fits, and how much."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageChops, ImageDraw
from scipy import ndimage

from generation.recipe import InputImage
from generation.recipe_parts import Extend, Region
from generation.worker.studio import Studio
from tests.studio_bench import new_studio, paint, save_input, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

Pixels = npt.NDArray[np.float64]
YELLOW, BLUE = (248, 218, 40), (42, 76, 216)
SCENES = (
    ("a blue circle on a yellow background", YELLOW, BLUE),
    ("a red circle on a purple background", (144, 50, 172), (220, 38, 38)),
)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio()


def scene(ground: tuple[int, int, int] = YELLOW, thing: tuple[int, int, int] = BLUE) -> Image.Image:
    picture = Image.new("RGB", (128, 128), ground)
    ImageDraw.Draw(picture).ellipse((34, 34, 94, 94), fill=thing)
    return picture


def pixels_of(studio: Studio, inputs: dict[str, Path], **changes: Any) -> Pixels:
    return paint(studio, inputs, **{"steps": 6, **changes}).pixels.astype(float)


# What stays ---------------------------------------------------------------------------------------


def edges(pixels: Pixels) -> Pixels:
    """Return how steep the greys are, over some pixels: an edge moved by one is still that edge."""
    soft = ndimage.gaussian_filter(pixels.mean(axis=-1), 4)
    return np.asarray(np.hypot(*np.gradient(soft)))


def alike(one: Pixels, other: Pixels) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_the_stronger_the_less_structure_is_kept(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())
    before = np.asarray(scene(), dtype=float)
    by_edges, by_pixels = [], []
    for strength in (0.2, 0.4, 0.6, 0.8, 1.0):
        options: dict[str, Any] = {"prompt": "a red star on a white background", "steps": 10}
        options["image"] = InputImage(digest, strength)
        painted = [pixels_of(studio, inputs, seed=seed, **options) for seed in (1, 2)]
        by_edges.append(mean(alike(edges(before), edges(each)) for each in painted))
        by_pixels.append(mean(alike(before, each) for each in painted))
    for kept in (by_edges, by_pixels):
        assert kept == sorted(kept, reverse=True)
        assert kept[0] > 2 * kept[-1]


@pytest.mark.parametrize("feather", [0, 8])
def test_nothing_changes_outside_a_region(studio: Studio, tmp_path: Path, feather: int) -> None:
    digest, inputs = save_input(tmp_path, scene())
    region = Region(0.2, 0.3, 0.7, 0.9)
    image = InputImage(digest, 0.9, region=region, feather=feather)
    painted = pixels_of(studio, inputs, image=image)
    inside = np.zeros((128, 128), bool)
    inside[38:115, 26:90] = True
    before = np.asarray(scene())
    assert not (painted != before)[~inside].any()
    assert np.abs(painted - before)[inside].mean() > 5


@pytest.mark.parametrize("feather", [0, 8])
def test_nothing_changes_outside_a_mask(studio: Studio, tmp_path: Path, feather: int) -> None:
    mask = Image.new("L", (128, 128), 0)
    ImageDraw.Draw(mask).polygon([(20, 100), (64, 13), (115, 90)], fill=255)
    digest, inputs = save_input(tmp_path, scene())
    mask_digest, more = save_input(tmp_path, mask)
    image = InputImage(digest, 0.9, mask=mask_digest, feather=feather)
    painted = pixels_of(studio, inputs | more, image=image)
    outside = np.asarray(mask) == 0
    before = np.asarray(scene())
    assert not (painted != before)[outside].any()
    assert np.abs(painted - before)[~outside].mean() > 5


def test_no_feather_paints_as_ever(studio: Studio, tmp_path: Path) -> None:
    """A region of whole latents is the same as the mask of it, which is as old as inpainting."""
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (64, 0, 128, 128))
    digest, inputs = save_input(tmp_path, scene())
    mask_digest, more = save_input(tmp_path, mask)
    by_mask = paint(studio, inputs | more, image=InputImage(digest, 0.8, mask=mask_digest))
    region = InputImage(digest, 0.8, region=Region(0.5, 0, 1, 1))
    assert sha256(paint(studio, inputs, image=region)) == sha256(by_mask)


def test_the_new_fades_in_over_the_feather(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene(YELLOW, YELLOW))
    changes = []
    for feather in (0, 16):
        image = InputImage(digest, 1.0, region=Region(0.5, 0, 1, 1), feather=feather)
        painted = pixels_of(studio, inputs, prompt="a red star on a white background", image=image)
        changes.append(np.abs(painted - YELLOW).mean(axis=(0, 2)))
    hard, soft = changes
    assert soft[64:68].mean() < hard[64:68].mean() / 2
    assert soft[96:].mean() > 5


@pytest.mark.parametrize("feather", [0, 8])
def test_beyond_the_feather_an_extended_picture_is_the_input(
    studio: Studio, tmp_path: Path, feather: int
) -> None:
    digest, inputs = save_input(tmp_path, scene())
    image = InputImage(digest, 0.95, extend=Extend(left=32, bottom=16), feather=feather)
    painted = pixels_of(studio, inputs, image=image, width=160, height=144)
    kept = painted[: 128 - feather, 32 + feather :]
    assert not (kept != np.asarray(scene())[: 128 - feather, feather:]).any()


# What fits ----------------------------------------------------------------------------------------


def steps_across(pixels: Pixels) -> Pixels:
    """Return the mean step from each column to the next, of 255."""
    return np.asarray(np.abs(np.diff(pixels, axis=1)).mean(axis=(0, 2)))


@pytest.mark.parametrize(("prompt", "ground", "thing"), SCENES)
def test_an_extended_picture_has_no_seam(
    studio: Studio,
    tmp_path: Path,
    prompt: str,
    ground: tuple[int, int, int],
    thing: tuple[int, int, int],
) -> None:
    source = scene(ground, thing)
    digest, inputs = save_input(tmp_path, source)
    image = InputImage(digest, 0.95, extend=Extend(left=32, right=32), feather=8)
    painted = pixels_of(studio, inputs, prompt=prompt, steps=10, image=image, width=192)
    across = steps_across(painted)
    inside = across[66:126].mean()
    assert max(across[31], across[159]) < inside / 2
    assert max(across[24:40].max(), across[152:168].max()) < inside
    for columns in (painted[:, 12:28], painted[:, 164:180]):
        assert np.abs(np.median(columns, axis=(0, 1)) - ground).max() < 6


def test_the_new_part_has_the_tone_of_the_old(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())

    def off(feather: int) -> float:
        image = InputImage(digest, 0.95, extend=Extend(right=32), feather=feather)
        painted = pixels_of(studio, inputs, prompt=SCENES[0][0], seed=2, image=image, width=160)
        return float(np.abs(np.median(painted[:, 140:156], axis=(0, 1)) - YELLOW).mean())

    assert off(feather=8) < off(feather=0) / 2


def test_what_is_wanted_beyond_the_edge_comes_there(studio: Studio, tmp_path: Path) -> None:
    digest, inputs = save_input(tmp_path, scene())
    image = InputImage(digest, 0.95, extend=Extend(right=64), feather=8)
    prompt = "a blue circle left of a red square on a yellow background"
    painted = pixels_of(studio, inputs, prompt=prompt, steps=12, image=image, width=192)
    red = np.linalg.norm(painted[:, 136:] - (220, 38, 38), axis=-1) < 60
    assert red.mean() > 0.05


def test_what_was_transparent_has_the_tone_of_what_is_around_it(
    studio: Studio, tmp_path: Path
) -> None:
    clear, white = Image.new("RGBA", (128, 128), YELLOW), Image.new("RGB", (128, 128), YELLOW)
    clear.paste((0, 0, 0, 0), (32, 32, 96, 96))
    white.paste("white", (32, 32, 96, 96))
    mask, more = save_input(tmp_path, ImageChops.invert(clear.getchannel("A")))

    def off(picture: Image.Image) -> float:
        digest, inputs = save_input(tmp_path, picture)
        image = InputImage(digest, 1.0, mask=mask, feather=8)
        painted = pixels_of(studio, inputs | more, prompt=SCENES[0][0], seed=1, image=image)
        return float(np.abs(np.median(painted[36:44, 36:44], axis=(0, 1)) - YELLOW).mean())

    assert off(clear) < 4
    assert off(white) > 8

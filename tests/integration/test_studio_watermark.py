"""The invisible watermark in pictures of the mini model, and in what is told of them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.config import load_config
from bot.service.showing.changes import changes_between, in_words
from generation.engine import PictureReady
from generation.local.engine import STUDIO
from generation.recipe import InputImage, Upscale
from generation.recipe_parts import Region
from generation.worker.studio import Studio
from generation.worker.watermark import mark
from tests.engine_bench import engine_in, events_of, of, order
from tests.studio_bench import RECIPE, new_studio, paint, save_input, sha256
from tests.watermark_reader import SDXL, agreeing, read_bits

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LARGE: dict[str, Any] = {"width": 256, "height": 256}


@pytest.fixture(scope="module")
def plain() -> Studio:
    return new_studio()


@pytest.fixture(scope="module")
def marking() -> Studio:
    return new_studio(watermark=True)


def test_a_picture_carries_the_bits_only_where_the_owner_wants_them(
    plain: Studio, marking: Studio
) -> None:
    without, carrying = paint(plain, **LARGE), paint(marking, **LARGE)
    assert agreeing(without.pixels) < 40
    assert read_bits(carrying.pixels) == SDXL
    assert np.array_equal(carrying.pixels, mark(without.pixels))


def test_a_small_picture_is_the_same_with_and_without(plain: Studio, marking: Studio) -> None:
    assert sha256(paint(marking)) == sha256(paint(plain))


def test_a_recipe_gives_the_same_marked_pixels_again(marking: Studio) -> None:
    first = sha256(paint(marking, **LARGE))
    assert sha256(paint(marking, seed=8, **LARGE)) != first
    assert sha256(paint(marking, **LARGE)) == first


def test_turning_it_on_is_told_as_a_change(plain: Studio, marking: Studio) -> None:
    before, now = paint(plain).environment, paint(marking).environment
    assert in_words(changes_between(before, now)) == ("watermark off → dwtDct on new pixels",)
    older = {key: value for key, value in before.items() if key != "watermark"}
    assert changes_between(older, now) == ()


def test_the_watermark_stays_off_what_was_kept_of_an_input_picture(
    plain: Studio, marking: Studio, tmp_path: Path
) -> None:
    large = Image.linear_gradient("L").convert("RGB")
    digest, inputs = save_input(tmp_path, large)
    image = InputImage(digest, 0.9, region=Region(0.5, 0, 1, 1), feather=8)
    without = paint(plain, inputs, image=image, steps=2, **LARGE).pixels
    carrying = paint(marking, inputs, image=image, steps=2, **LARGE).pixels
    assert np.array_equal(carrying[:, :128], np.asarray(large)[:, :128])
    assert (carrying != without)[:, 128:].any()


def test_that_it_went_over_kept_pixels_once_is_told_where_there_is_one(
    plain: Studio, marking: Studio
) -> None:
    now = paint(marking).environment
    before = {**now, "watermark": "dwtDct"}
    assert in_words(changes_between(before, now)) == ("watermark dwtDct → dwtDct on new pixels",)
    assert paint(plain).environment["watermark"] == "off"


def test_an_enlargement_without_a_model_tells_of_its_watermark(
    plain: Studio, marking: Studio, tmp_path: Path
) -> None:
    digest, inputs = save_input(tmp_path, Image.linear_gradient("L").convert("RGB"))
    wanted: dict[str, Any] = {"width": 512, "height": 512, "upscale": Upscale(2, "plain")}
    without, carrying = (
        paint(studio, inputs, image=InputImage(digest), **wanted) for studio in (plain, marking)
    )
    assert read_bits(carrying.pixels) == SDXL
    changes = changes_between(without.environment, carrying.environment)
    assert in_words(changes) == ("watermark off → dwtDct on new pixels",)
    assert set(without.environment["versions"]) == {"pillow"}
    assert set(carrying.environment["versions"]) == {"pillow", "numpy"}


async def test_the_worker_marks_the_picture_that_it_writes_and_hashes(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nwatermark = true\n", encoding="utf-8")
    wanted = load_config(file, {}).generation().watermark
    async with engine_in(tmp_path, STUDIO, watermark=wanted) as engine:
        events = await events_of(engine, order(RECIPE.prompt, **LARGE))
    (ready,) = of(PictureReady, events)
    with Image.open(ready.path) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert read_bits(pixels) == SDXL
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == ready.pixels_sha256
    assert '"watermark":"dwtDct on new pixels"' in ready.environment

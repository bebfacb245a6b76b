"""Enlarging with the small model: sharper than Lanczos, without a seam, the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from generation.recipe import InputImage, Refiner, Upscale, Variation
from generation.settings import GenerationSettings
from generation.tiling import Tiles
from generation.worker.autoencoder import Pixels
from generation.worker.noise import float32_noise, generator_for
from generation.worker.painter import Stopped
from generation.worker.redrawing import Redrawing
from generation.worker.schedulers import build_scheduler
from generation.worker.studio import Painting, Studio
from tests.counted_bytes import LiveBytes
from tests.studio_bench import RECIPE, Witness, difference, new_studio, paint, save_input, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PROMPTS = ("a red circle on a blue background", "a yellow star")
STEPS = 10
TILES = Tiles.over(32, 32, 16).times(8)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio()


class Source:
    """A painted picture, and what it looks like enlarged by Lanczos alone."""

    def __init__(self, folder: Path, prompt: str, pixels: Pixels) -> None:
        folder.mkdir()
        picture = Image.fromarray(pixels)
        self.prompt = prompt
        self.digest, self.inputs = save_input(folder, picture)
        self.pixels = pixels
        self.lanczos = np.asarray(picture.resize((256, 256), Image.Resampling.LANCZOS))


@pytest.fixture(scope="module")
def sources(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    folder = tmp_path_factory.mktemp("sources")
    painted = [
        paint(studio, prompt=prompt, steps=10, seed=3, refiner=Refiner(0.8)) for prompt in PROMPTS
    ]
    return [
        Source(folder / str(index), prompt, each.pixels)
        for index, (prompt, each) in enumerate(zip(PROMPTS, painted, strict=True))
    ]


def enlarge(
    studio: Studio, source: Source, watch: Witness | None = None, **changes: Any
) -> Painting:
    settings: Mapping[str, Any] = {
        "prompt": source.prompt,
        "width": 256,
        "height": 256,
        "steps": STEPS,
        "image": InputImage(source.digest, 0.2),
        "upscale": Upscale(2),
        "refiner": Refiner(0.8, "img2img"),
    }
    return paint(studio, source.inputs, watch, **{**settings, **changes})


@pytest.fixture(scope="module")
def enlarged(studio: Studio, sources: list[Source]) -> list[Painting]:
    return [enlarge(studio, source) for source in sources]


def steepness(pixels: Pixels) -> np.ndarray:
    grey = pixels.astype(float).mean(axis=-1)
    across, down = np.diff(grey, axis=1)[:-1], np.diff(grey, axis=0)[:, :-1]
    return np.asarray(np.hypot(across, down))


def test_edges_are_sharper_than_those_of_lanczos(
    sources: list[Source], enlarged: list[Painting]
) -> None:
    gains = []
    for source, painting in zip(sources, enlarged, strict=True):
        plain = steepness(source.lanczos)
        at_edges = plain > np.quantile(plain, 0.95)
        sharp = steepness(painting.pixels)
        gains.append((sharp[at_edges] ** 2).mean() / (plain[at_edges] ** 2).mean())
    assert min(gains) > 1.2
    assert np.mean(gains) > 1.5


def flat(plain: Pixels) -> np.ndarray:
    """Return where nothing is near that could be drawn otherwise than in flat colour."""
    steep = np.pad(steepness(plain) > 3, ((0, 1), (0, 1)))
    return ~np.asarray(Image.fromarray(steep).convert("L").filter(ImageFilter.MaxFilter(25)), bool)


def step_at_borders(pixels: Pixels, plain: Pixels) -> float:
    """Return how much larger what was drawn steps at the borders of tiles than elsewhere.

    It is looked at in flat colours. Elsewhere is at the other borders of latents, whose squares
    the decoder shows anyway.
    """
    drawn, where = pixels.astype(float) - plain, flat(plain)
    at: list[float] = []
    apart: list[float] = []
    for axis, side in ((1, TILES.columns), (0, TILES.rows)):
        steps = np.moveaxis(np.abs(np.diff(drawn, axis=axis)).mean(axis=2), axis, 0)
        places = np.moveaxis(where, axis, 0)
        borders = {span.start for span in side[1:]} | {span.end for span in side[:-1]}
        for place in range(8, 256, 8):
            found = at if place in borders else apart
            found += list(steps[place - 1][places[place - 1]])
    return float(np.mean(at) / np.mean(apart))


def test_no_seam_stands_out_of_the_noise(sources: list[Source], enlarged: list[Painting]) -> None:
    pairs = list(zip(sources, enlarged, strict=True))
    steps = [step_at_borders(made.pixels, source.lanczos) for source, made in pairs]
    assert np.mean(steps) < 1.1
    # So it is seen where a tile is only a little brighter than its neighbours.
    source, made = pairs[0]
    tinted = made.pixels.astype(int)
    row, column = TILES.rows[1], TILES.columns[1]
    tinted[row.start : row.end, column.start : column.end] += 3
    seam = step_at_borders(tinted.clip(0, 255).astype(np.uint8), source.lanczos)
    assert seam > 1.5 * steps[0]


def test_colours_and_forms_stay_as_they_were(
    sources: list[Source], enlarged: list[Painting]
) -> None:
    for source, painting in zip(sources, enlarged, strict=True):
        small = Image.fromarray(painting.pixels).resize((128, 128), Image.Resampling.BOX)
        apart = np.asarray(small).astype(float) - source.pixels
        assert np.abs(apart).mean() < 8
        assert np.abs(apart.reshape(8, 16, 8, 16, 3).mean(axis=(1, 3))).max() < 10


def test_the_same_recipe_gives_the_same_pixels(
    studio: Studio, sources: list[Source], enlarged: list[Painting]
) -> None:
    assert sha256(enlarge(studio, sources[0])) == sha256(enlarged[0])
    # One that draws noise after each step but the last.
    image = InputImage(sources[0].digest, 0.4)
    first, second = (
        enlarge(studio, sources[0], sampler="euler-a", steps=5, image=image) for _ in range(2)
    )
    assert sha256(first) == sha256(second) != sha256(enlarged[0])


@pytest.mark.parametrize("sampler", ["euler-a", "pndm", "heun", "dpm++2m-karras", "lms"])
@pytest.mark.parametrize("refiner", [Refiner(0.8, "img2img"), None])
def test_one_tile_is_what_img2img_makes_of_it(
    studio: Studio, sampler: str, refiner: Refiner | None
) -> None:
    easel = studio.easel("mini")
    recipe = RECIPE.changed(
        image=InputImage("0" * 64, 0.5),
        upscale=Upscale(2),
        refiner=refiner,
        sampler=sampler,
        steps=8,
    )
    brush = Redrawing(easel, recipe, {}, Witness())
    plane = torch.randn((1, 4, 16, 16), generator=generator_for(3))
    with torch.no_grad():
        words = brush._conditioning([])
        with float32_noise(brush._scheduler):
            drawn = brush._denoised(plane, words)
        pipeline: Any = easel.loaded.refiner if refiner else easel.loaded.base.image
        schedule = easel.refiner_schedule if refiner else easel.base_schedule
        pipeline.scheduler = build_scheduler(sampler, schedule)
        with float32_noise(pipeline, pipeline.scheduler):
            wanted = pipeline(
                image=plane,
                strength=0.5,
                num_inference_steps=recipe.steps,
                guidance_scale=recipe.guidance,
                generator=generator_for(recipe.seed),
                prompt_embeds=words.embeds,
                negative_prompt_embeds=words.negative_embeds,
                pooled_prompt_embeds=words.pooled,
                negative_pooled_prompt_embeds=words.negative_pooled,
                output_type="latent",
            ).images
    assert torch.equal(drawn, wanted)


def test_another_seed_and_a_variation_draw_other_details(
    studio: Studio, sources: list[Source], enlarged: list[Painting]
) -> None:
    other = enlarge(studio, sources[0], seed=99)
    near = enlarge(studio, sources[0], variations=(Variation(99, 0.2),))
    assert 0 < difference(near, enlarged[0]) < difference(other, enlarged[0]) < 8


def test_every_tile_of_every_step_is_told_of(studio: Studio, sources: list[Source]) -> None:
    watch = Witness()
    enlarge(studio, sources[0], watch)
    tiles, steps = 9, 2
    drawn = [step for step in watch.steps if step[0] == "refiner"]
    assert drawn == [("refiner", index + 1, tiles * steps) for index in range(tiles * steps)]
    assert watch.steps[len(drawn) :] == [("decode", tiles * steps, tiles * steps)] * tiles
    assert {(each.width, each.height) for each in watch.previews} == {(32, 32)}


def test_previews_show_no_more_noise_than_those_of_other_pictures(
    studio: Studio, sources: list[Source]
) -> None:
    image = InputImage(sources[0].digest, 1)
    watch = Witness(stop_at=2)
    with pytest.raises(Stopped):
        enlarge(studio, sources[0], watch, refiner=None, image=image, sampler="euler")
    shades = np.frombuffer(watch.previews[0].rgb, np.uint8)
    assert np.isin(shades, (0, 255)).mean() < 0.2


def test_what_is_stopped_between_two_tiles_leaves_the_next_right(
    studio: Studio, sources: list[Source], enlarged: list[Painting]
) -> None:
    watch = Witness(stop_at=11)
    with pytest.raises(Stopped):
        enlarge(studio, sources[0], watch)
    assert len(watch.steps) == 11
    assert sha256(enlarge(studio, sources[0])) == sha256(enlarged[0])


def test_the_base_redraws_where_no_refiner_is_asked_for(
    studio: Studio, sources: list[Source], enlarged: list[Painting]
) -> None:
    watch = Witness()
    made = enlarge(studio, sources[0], watch, refiner=None, steps=5)
    assert {stage for stage, _, _ in watch.steps} == {"base", "decode"}
    assert sha256(made) != sha256(enlarged[0])
    assert set(made.environment["weights"]) == {"base"}
    assert set(enlarged[0].environment["weights"]) == {"base", "refiner"}


def test_sides_that_no_tile_divides_and_a_single_tile_are_enlarged(
    studio: Studio, tmp_path: Path
) -> None:
    for size in ((200, 136), (64, 64)):
        digest, inputs = save_input(tmp_path, Image.new("RGB", size, (250, 220, 40)))
        width, height = size[0] * 2, size[1] * 2
        made = paint(
            studio,
            inputs,
            steps=2,
            width=width,
            height=height,
            image=InputImage(digest, 0.2),
            upscale=Upscale(2),
        )
        assert made.pixels.shape == (height, width, 3)


def test_plain_is_lanczos_to_the_bit_and_needs_no_model(sources: list[Source]) -> None:
    bare = Studio(GenerationSettings(models=(), threads=1))
    source = sources[0]
    recipe = RECIPE.changed(
        width=256,
        height=256,
        image=InputImage(source.digest),
        upscale=Upscale(2, "plain"),
    )
    watch = Witness()
    made = bare.paint(recipe, source.inputs, watch)
    assert np.array_equal(made.pixels, source.lanczos)
    assert (made.environment["weights"], bare.models) == ({}, ())
    assert watch.steps == [("decode", 1, 1)]


def test_four_times_as_large_takes_hardly_more_memory_than_a_picture(
    studio: Studio, sources: list[Source]
) -> None:
    with LiveBytes() as plain:
        paint(studio, steps=1)
    with LiveBytes() as large:
        enlarge(studio, sources[0], width=512, height=512, steps=5, upscale=Upscale(4))
    # All of it in full precision would be three times that.
    assert large.most - plain.most < 1_000_000

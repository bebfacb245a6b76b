"""Stable Diffusion 1.x checkpoints: one text encoder, no pooled embedding, no refiner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel
from PIL import Image

from generation.models import MINI_FOLDER, Model
from generation.recipe import InputImage, Refiner, Upscale
from generation.recipe_parts import Extend, Region
from generation.samplers import SAMPLERS
from generation.worker.schedulers import build_scheduler
from generation.worker.studio import Studio
from tests.studio_bench import Witness, new_studio, paint, save_input, sha256, starting_from

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of SD 1.x's shape with made-up weights in its UNet."""
    return checkpoint(tmp_path_factory.mktemp("sd1"), channels=4)


@pytest.fixture(scope="module")
def filler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one whose UNet was trained to fill holes: it sees the picture and the mask, too."""
    return checkpoint(tmp_path_factory.mktemp("filler"), channels=9)


def checkpoint(target: Path, channels: int) -> Path:
    mini = StableDiffusionXLPipeline.from_pretrained(MINI_FOLDER / "base")
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=channels,
        out_channels=4,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=mini.text_encoder.config.hidden_size,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    StableDiffusionPipeline(
        vae=mini.vae,
        text_encoder=mini.text_encoder,
        tokenizer=mini.tokenizer,
        unet=unet,
        scheduler=build_scheduler("pndm", mini.scheduler.config),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(target)
    index = target / "model_index.json"
    values = json.loads(index.read_text())
    index.write_text(json.dumps(values | {"scheduler": ["diffusers", "PNDMScheduler"]}))
    return target


@pytest.fixture(scope="module")
def studio(folder: Path, filler: Path) -> Studio:
    return new_studio(models=(Model("sd", str(folder)), Model("filler", str(filler))))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_paints_with_it(studio: Studio, sampler: str) -> None:
    first = paint(studio, model="sd", sampler=sampler)
    assert first.pixels.shape == (128, 128, 3)
    assert sha256(paint(studio, model="sd", sampler=sampler)) == sha256(first)


def test_the_prompt_and_the_negative_steer_it(studio: Studio) -> None:
    hashes = {
        sha256(paint(studio, model="sd", prompt=prompt, negative=negative))
        for prompt, negative in (("a star", ""), ("a heart", ""), ("a star", "red"))
    }
    assert len(hashes) == 3


def test_a_refiner_is_left_out_with_a_warning(studio: Studio) -> None:
    painting = paint(studio, model="sd", refiner=Refiner(0.8))
    assert painting.warnings == ("no-refiner",)
    assert sha256(painting) == sha256(paint(studio, model="sd"))


def test_it_starts_from_pictures_and_fills_holes(studio: Studio, tmp_path: Path) -> None:
    picture = Image.new("RGB", (128, 128), (200, 30, 30))
    digest, inputs = save_input(tmp_path, picture)
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (0, 0, 64, 128))
    mask_digest, more = save_input(tmp_path, mask)
    witness = Witness()
    paint(studio, inputs, watch=witness, model="sd", image=starting_from(digest, 0.5))
    assert len(witness.steps) == 3
    image = starting_from(digest, 0.9, mask_digest)
    filled = paint(studio, inputs | more, model="sd", image=image)
    assert np.array_equal(filled.pixels[:, 64:], np.asarray(picture)[:, 64:])
    assert not np.array_equal(filled.pixels[:, :64], np.asarray(picture)[:, :64])


def test_a_unet_that_was_trained_to_fill_holes_paints_regions_and_beyond_edges(
    studio: Studio, tmp_path: Path
) -> None:
    picture = Image.new("RGB", (128, 128), (200, 30, 30))
    digest, inputs = save_input(tmp_path, picture)
    before = np.asarray(picture)
    for strength in (0.7, 1.0):
        image = InputImage(digest, strength, region=Region(0, 0, 0.5, 1), feather=8)
        filled = paint(studio, inputs, model="filler", image=image).pixels
        assert np.array_equal(filled[:, 64:], before[:, 64:])
        assert not np.array_equal(filled[:, :64], before[:, :64])
        image = InputImage(digest, strength, extend=Extend(left=64), feather=8)
        wider = paint(studio, inputs, model="filler", width=192, image=image).pixels
        assert np.array_equal(wider[:, 72:], before[:, 8:])
        assert wider.shape == (128, 192, 3)


def test_a_unet_that_was_trained_to_fill_holes_paints_whole_pictures_and_redraws_them(
    studio: Studio, tmp_path: Path
) -> None:
    first = paint(studio, model="filler")
    assert sha256(paint(studio, model="filler")) == sha256(first)
    assert sha256(paint(studio, model="filler", seed=8)) != sha256(first)
    digest, inputs = save_input(tmp_path, Image.fromarray(first.pixels))
    image = InputImage(digest, 0.5)
    near = paint(studio, inputs, model="filler", image=image)
    assert sha256(near) != sha256(first)
    size: dict[str, Any] = {"width": 192, "height": 192, "upscale": Upscale(2)}
    digest, inputs = save_input(tmp_path, Image.fromarray(first.pixels).resize((96, 96)))
    larger = paint(studio, inputs, model="filler", image=InputImage(digest, 0.5), **size)
    assert larger.pixels.shape == (192, 192, 3)

"""Stable Diffusion 1.x checkpoints: one text encoder, no pooled embedding, no refiner."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel
from PIL import Image

from generation.models import MINI_FOLDER, Model
from generation.recipe import Refiner
from generation.samplers import SAMPLERS
from generation.worker.schedulers import build_scheduler
from generation.worker.studio import Studio
from tests.studio_bench import Witness, new_studio, paint, save_input, sha256, starting_from

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of SD 1.x's shape with made-up weights in its UNet."""
    mini = StableDiffusionXLPipeline.from_pretrained(MINI_FOLDER / "base")
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=mini.text_encoder.config.hidden_size,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    target = tmp_path_factory.mktemp("sd1")
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
def studio(folder: Path) -> Studio:
    return new_studio(models=(Model("sd", str(folder)),))


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

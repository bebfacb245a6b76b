"""Writing the shipped folder: half precision, safetensors, what both models share stored once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import (
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
)
from safetensors.torch import save_file
from torch import Tensor

from generation.worker.training.loras import Lesson
from generation.worker.training.networks import new_scheduler
from generation.worker.training.starting import Model

SHARED = ("vae", "text_encoder_2", "tokenizer_2")
"""Folders that the refiner takes from the base."""


def export_base(model: Model, shipped: Path) -> None:
    """Write `base/`, a whole SDXL folder. The model itself becomes half precision."""
    reader = model.reader
    pipeline = StableDiffusionXLPipeline(
        model.vae,
        reader.encoder,
        reader.encoder_2,
        reader.tokenizer,
        reader.tokenizer_2,
        model.base,
        new_scheduler(),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )
    _save(pipeline, shipped / "base")


def export_refiner(model: Model, shipped: Path) -> None:
    """Write `refiner/` without what it shares with the base."""
    pipeline = StableDiffusionXLImg2ImgPipeline(
        model.vae,
        None,
        model.reader.encoder_2,
        None,
        model.reader.tokenizer_2,
        model.refiner,
        new_scheduler(),
        requires_aesthetics_score=True,
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    _save(pipeline, shipped / "refiner")
    for name in SHARED:
        shutil.rmtree(shipped / "refiner" / name)


def export_lora(lesson: Lesson, weights: dict[str, Tensor], shipped: Path) -> None:
    """Write weights and description.

    The keys are peft's own under the `unet.` prefix: keys converted to diffusers' style lose the
    attention weights when they are loaded, without a word.
    """
    folder = shipped / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    prefixed = {f"unet.{key}": value for key, value in weights.items()}
    save_file(prefixed, folder / f"{lesson.name}.safetensors", {"format": "pt"})
    (folder / f"{lesson.name}.toml").write_text(lesson.toml)


def _save(pipeline: StableDiffusionXLPipeline, folder: Path) -> None:
    pipeline.to(dtype=torch.float16)
    pipeline.save_pretrained(folder)
    for path in folder.rglob("*.json"):
        settings = json.loads(path.read_text())
        # Where a network was loaded from is of no use to anybody else.
        if settings.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(settings, indent=2) + "\n")

"""Which models there are: names, where their weights lie, and their own defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from generation.samplers import DEFAULT_SAMPLER

Family = Literal["auto", "sdxl", "sd1", "sd2", "mini", "classifier"]
"""What a LoRA must have been trained for. ``auto``: read off the weights. A ``classifier`` paints
nothing, see ``generation.classifier``."""

MINI_FOLDER: Final = Path(__file__).parent / "mini"
"""The model that ships with Reroll; ``generation.worker.training`` made it."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model as the configuration names it.

    ``base``, ``refiner`` and ``vae`` are each a hub id (``owner/name``), a folder in the layout of
    diffusers, or a ``.safetensors`` file; the last two may be empty. ``size`` is width and height
    in pixels of the square or other format the model is best at; ``refiner_switch`` is 0 for none.
    """

    name: str
    base: str
    refiner: str = ""
    vae: str = ""
    family: Family = "auto"
    steps: int = 40
    guidance: float = 7.5
    guidance_end: float = 1.0
    sampler: str = DEFAULT_SAMPLER
    size: tuple[int, int] = (1024, 1024)
    refiner_switch: float = 0.8
    variant: str = ""
    """``fp16`` for the half-size files of a repository; empty: what is there."""


MINI: Final = Model(
    name="mini",
    base=str(MINI_FOLDER / "base"),
    refiner=str(MINI_FOLDER / "refiner"),
    family="mini",
    steps=20,
    guidance=5.0,
    size=(128, 128),
    refiner_switch=0.8,
)

SDXL: Final = Model(
    name="sdxl",
    base="stabilityai/stable-diffusion-xl-base-1.0",
    refiner="stabilityai/stable-diffusion-xl-refiner-1.0",
    vae="madebyollin/sdxl-vae-fp16-fix",
    family="sdxl",
    variant="fp16",
)

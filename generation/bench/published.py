"""The networks of SDXL as they were published, without their weights.

The folders hold what the repositories ``stabilityai/stable-diffusion-xl-base-1.0`` and
``-refiner-1.0`` say of their networks, in diffusers' layout. Keys that say what the library takes
for granted are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from generation.models import Model

Part = Literal["base", "refiner"]

FOLDER: Final = Path(__file__).parent / "published"
NAMES: Final = ("sdxl",)
"""What random weights can be had of."""

PARAMETERS: Final[Mapping[Part, int]] = {"base": 2_567_463_684, "refiner": 2_259_526_660}
"""Of the UNets of SDXL as published: a network of another number is not the one it is taken for."""

TEXT_PARAMETERS: Final = (123_060_480, 694_659_840)
"""Of the two text encoders."""

VAE_PARAMETERS: Final = 83_653_863


def folder(part: Part) -> Path:
    """Return the folder that describes the base or the refiner."""
    return FOLDER / "sdxl" / part


def config(part: Part, network: str) -> dict[str, Any]:
    """Return the configuration of ``unet``, ``vae``, ``text_encoder`` or ``text_encoder_2``."""
    read: dict[str, Any] = json.loads(
        (folder(part) / network / "config.json").read_text(encoding="utf-8")
    )
    return read


def random_model(name: str) -> Model:
    """Return the model whose networks are SDXL's and whose weights are random.

    Raises ``ValueError`` for a name that is not in ``NAMES``.
    """
    if name not in NAMES:
        raise ValueError(f"no published networks of {name}")
    return Model(
        name=f"{name}-random",
        base=str(folder("base")),
        refiner=str(folder("refiner")),
        family="sdxl",
    )

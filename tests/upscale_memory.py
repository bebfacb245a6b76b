"""How much memory an enlargement of 1024×1024 to 4096×4096 takes above a plain picture with SDXL.

    python -m tests.upscale_memory

Tensors are counted without a device for them, see ``tests.counted_bytes``: the networks have SDXL's
published sizes. Weights do not count, which are the same for both. Attention counts as if it held
all its scores, which kernels avoid: for both alike.

What numpy holds in this machine's own memory is counted while a picture of that size is put
together: the pictures before and after, and one row of tiles in full precision.
"""

from __future__ import annotations

import tracemalloc
from types import SimpleNamespace
from typing import Any, Final

import diffusers.utils.logging
import numpy as np
import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel

from generation.bench.published import config, folder
from generation.recipe import InputImage, Recipe, Upscale
from generation.tiling import Span, Tiles
from generation.worker.autoencoder import Autoencoder
from generation.worker.prompts import Conditioning
from generation.worker.redrawing import Redrawing
from generation.worker.tiles import Floats, assemble, drift
from tests.counted_bytes import META, LiveBytes
from tests.studio_bench import Witness

HALF: Final = torch.float16
PLAIN, LARGE, LATENTS = 1024, 4096, 128


def build() -> tuple[Any, Any]:
    """Return SDXL's base UNet and VAE without numbers."""
    with META:
        unet = UNet2DConditionModel.from_config(config("base", "unet")).to(HALF)
        vae = AutoencoderKL.from_config(config("base", "vae")).to(HALF)
    return unet.eval().requires_grad_(False), vae.eval().requires_grad_(False)


def redrawing(unet: Any, vae: Any, side: int) -> Redrawing:
    """Return what enlarges a picture to ``side`` with these networks, in one step."""
    scale = 4 if side == LARGE else 2
    recipe = Recipe(
        prompt="a",
        seed=1,
        width=side,
        height=side,
        steps=10,
        guidance=7.5,
        model="sdxl",
        image=InputImage("0" * 64, 0.1),
        upscale=Upscale(scale),
    )
    easel: Any = SimpleNamespace(
        loaded=SimpleNamespace(
            base=SimpleNamespace(text=SimpleNamespace(unet=unet)), refiner=None, vae=vae
        ),
        base_schedule=dict(
            EulerDiscreteScheduler.from_pretrained(str(folder("base") / "scheduler")).config
        ),
        autoencoder=Autoencoder(vae, META),
        machine=SimpleNamespace(device=torch.device("cpu"), dtype=HALF),
        residence=SimpleNamespace(leave=lambda *_: None),
        previews=SimpleNamespace(preview=lambda *_: None),
    )
    brush = Redrawing(easel, recipe, {}, Witness())
    # The schedule itself is numbers, and needs them.
    easel.machine.device = META
    return brush


def peak(side: int, unet: Any, vae: Any) -> int:
    """Return the most bytes of tensors held at once while a picture is encoded and redrawn.

    Its last tile is decoded while all of the plane is there.
    """
    brush = redrawing(unet, vae, side)
    embeds, pooled = torch.empty(1, 77, 2048, device=META), torch.empty(1, 1280, device=META)
    words = Conditioning(*(each.to(HALF) for each in (embeds, pooled, embeds, pooled)))
    canvas = np.zeros((side, side, 3), np.uint8)
    with torch.no_grad(), LiveBytes() as live:
        plane = brush._denoised(brush._encoded(canvas), words)
        Autoencoder(vae, META).decoded(plane[..., :LATENTS, :LATENTS].to(HALF))
    return int(live.most)


def host_peak() -> int:
    """Return the most bytes of numpy's arrays held at once while a large picture is put together.

    The tiles are stand-ins as large as real ones; what the decoder gives counts.
    """
    tracemalloc.start()
    canvas = np.zeros((LARGE, LARGE, 3), np.uint8)

    def shades(row: Span, column: Span) -> Floats:
        tile = np.zeros((row.size, column.size, 3), np.float32)
        return tile + drift(tile, canvas[row.start : row.end, column.start : column.end])

    assemble(Tiles.over(LARGE, LARGE, PLAIN), shades)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def main() -> None:
    """Print both, and what is between them."""
    diffusers.utils.logging.set_verbosity_error()
    unet, vae = build()
    plain, large = peak(PLAIN, unet, vae), peak(LARGE, unet, vae)
    print(f"tensors, a plain picture of {PLAIN}x{PLAIN}: {plain / 1e6:8.1f} MB at most")  # noqa: T201
    print(f"tensors, that enlarged to {LARGE}x{LARGE}:   {large / 1e6:8.1f} MB at most")  # noqa: T201
    print(f"above the plain picture:               {(large - plain) / 1e6:8.1f} MB")  # noqa: T201
    print(f"numpy, putting it together:            {host_peak() / 1e6:8.1f} MB at most")  # noqa: T201


if __name__ == "__main__":
    main()

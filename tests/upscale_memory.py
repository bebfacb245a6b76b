"""How much memory an enlargement of 1024×1024 to 4096×4096 takes above a plain picture with SDXL.

    python -m tests.upscale_memory

Tensors are counted without a device for them: the networks have SDXL's published sizes and run on
torch's meta device, which works out shapes and holds no numbers. Each tensor counts from when it is
made until it is let go. Weights do not count, which are the same for both; nor does what an
allocator adds. Attention counts as if it held all its scores, which kernels avoid: for both alike.

What numpy holds in this machine's own memory is counted while a picture of that size is put
together: the pictures before and after, and one row of tiles in full precision.
"""

from __future__ import annotations

import tracemalloc
import weakref
from types import SimpleNamespace
from typing import Any, Final

import diffusers.utils.logging
import numpy as np
import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from generation.recipe import InputImage, Recipe, Upscale
from generation.tiling import Span, Tiles
from generation.worker.autoencoder import Autoencoder
from generation.worker.prompts import Conditioning
from generation.worker.redrawing import Redrawing
from generation.worker.tiles import Floats, assemble, drift
from tests.studio_bench import Witness

META: Final = torch.device("meta")
HALF: Final = torch.float16
PLAIN, LARGE, LATENTS = 1024, 4096, 128

UNET: Final[dict[str, Any]] = {
    "sample_size": LATENTS,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
VAE: Final[dict[str, Any]] = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "scaling_factor": 0.13025,
}
SCHEDULE: Final[dict[str, Any]] = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "timestep_spacing": "leading",
}


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the tensors that are made while it is on and still held."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now: int = 0
        self.most: int = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Carry out an operation, and take note of what came of it."""
        given = {_key(each) for each in tree_leaves((args, kwargs)) if _is_tensor(each)}
        made = func(*args, **(kwargs or {}))
        for each in tree_leaves(made):
            if _is_tensor(each) and _key(each) not in given | self._known:
                self._note(each.untyped_storage())
        return made

    def _note(self, storage: Any) -> None:
        key, size = storage._cdata, storage.nbytes()
        self._known.add(key)
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._let_go, key, size)

    def _let_go(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _key(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def build() -> tuple[Any, Any]:
    """Return SDXL's base UNet and VAE without numbers."""
    with META:
        unet = UNet2DConditionModel(**UNET).to(HALF)
        vae = AutoencoderKL(**VAE).to(HALF)
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
        base_schedule=dict(EulerDiscreteScheduler(**SCHEDULE).config),
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

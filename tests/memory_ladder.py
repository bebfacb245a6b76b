"""What SDXL with its refiner takes on a device, by counted tensors, for every plan of memory.

    python -m tests.memory_ladder

The networks are the published ones, in half precision, on torch's meta device. Their weights are
summed up, and what a call holds at most is counted while it runs; see ``tests.counted_bytes``. Of
the UNets' transformers one block in each place is enough: what one holds is let go before the next.
The device's own context is an estimate: ``generation.worker.memory.CONTEXT_BYTES``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import diffusers.utils.logging
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from generation.bench.published import (
    PARAMETERS,
    TEXT_PARAMETERS,
    VAE_PARAMETERS,
    Part,
    config,
)
from generation.worker.memory import CONTEXT_BYTES, MemoryPlan, plan_memory
from generation.worker.residence import TILE_PIXELS
from tests.counted_bytes import META, FusedAttention, LiveBytes

HALF: Final = torch.float16
SIDE: Final = 1024
GUIDED: Final = 2
"""Samples of a picture in one call: the prompt's and the negative's."""
RUNGS: Final = (141, 24, 16, 12, 8, 6, 4)
"""Gigabytes of memory that cards are sold with."""
REPORTED: Final = 0.985
"""Cards report a little less than their name says."""


@dataclass(frozen=True)
class Taken:
    """Bytes that each network holds: in its weights, and beside them in a call."""

    vae: torch.dtype

    @property
    def weights(self) -> dict[str, int]:
        """The weights, of which each text encoder is one."""
        first, second = TEXT_PARAMETERS
        return {
            "base": PARAMETERS["base"] * HALF.itemsize,
            "refiner": PARAMETERS["refiner"] * HALF.itemsize,
            "text 1": first * HALF.itemsize,
            "text 2": second * HALF.itemsize,
            "vae": VAE_PARAMETERS * self.vae.itemsize,
        }

    def calls(self, *, tiles: bool, pictures: int = 1) -> dict[str, int]:
        """What a call of each network takes beside the weights. The VAE has one picture a call."""
        return {
            "base": unet_call("base", GUIDED * pictures),
            "refiner": unet_call("refiner", GUIDED * pictures),
            "vae": max(
                vae_call("decode", self.vae, tiles=tiles), vae_call("encode", self.vae, tiles=tiles)
            ),
        }


def plan_on(gigabytes: float, taken: Taken) -> MemoryPlan:
    """Return the plan for a card that is sold with so much memory."""
    weights = taken.weights.values()
    total, upcast = total_of(gigabytes), taken.vae == torch.float32
    return plan_memory(total, "cuda", sum(weights), max(weights), upcast=upcast)


def total_of(gigabytes: float) -> int:
    """Return the bytes that such a card reports."""
    return int(gigabytes * 1024**3 * REPORTED)


def peak(plan: MemoryPlan, taken: Taken, pictures: int = 1) -> int:
    """Return the most bytes that are on the device at a time, context included."""
    weights, calls = taken.weights, taken.calls(tiles=plan.vae_tiles, pictures=pictures)
    if plan.offload == "resident":
        held = sum(weights.values()) + max(calls.values())
    elif plan.offload == "model-offload":
        held = max(weights[name] + calls.get(name, 0) for name in weights)
    else:
        # A layer at work, and the next one on its way; the VAE moves as a whole.
        streamed = 2 * largest_layer() + max(calls["base"], calls["refiner"])
        held = max(streamed, weights["vae"] + calls["vae"])
    return held + CONTEXT_BYTES


@cache
def unet(part: Part) -> Any:
    """Return a UNet with one block of each transformer."""
    described = config(part, "unet") | {"transformer_layers_per_block": 1}
    with META:
        network = UNet2DConditionModel.from_config(described)
    return network.to(HALF).eval().requires_grad_(False)


@cache
def vae() -> Any:
    """Return the VAE."""
    with META:
        network = AutoencoderKL.from_config(config("base", "vae"))
    return network.eval().requires_grad_(False)


@cache
def unet_call(part: Part, samples: int) -> int:
    """Return what a UNet holds of so many samples of 1024² at most, beside its weights."""
    network = unet(part)
    described = network.config
    numbers = described.projection_class_embeddings_input_dim - 1280
    added = {
        "text_embeds": _empty(samples, 1280),
        "time_ids": _empty(samples, numbers // described.addition_time_embed_dim),
    }
    words = _empty(samples, 77, described.cross_attention_dim)
    latents, time = _empty(samples, 4, SIDE // 8, SIDE // 8), torch.empty((), device=META)
    with torch.no_grad(), FusedAttention(), LiveBytes() as live:
        network(latents, time, encoder_hidden_states=words, added_cond_kwargs=added)
    return int(live.most)


@cache
def vae_call(name: str, dtype: torch.dtype, *, tiles: bool, pixels: int = SIDE * SIDE) -> int:
    """Return what the VAE holds at most while it encodes or decodes one picture.

    In tiles it holds those of one and, three times at most, the whole picture: in tiles, in rows,
    and put together.
    """
    network = vae().to(dtype)
    height, width = (TILE_PIXELS,) * 2 if tiles else (SIDE, pixels // SIDE)
    with torch.no_grad(), FusedAttention(), LiveBytes() as live:
        if name == "decode":
            network.decode(torch.empty(1, 4, height // 8, width // 8, dtype=dtype, device=META))
        else:
            network.encode(torch.empty(1, 3, height, width, dtype=dtype, device=META))
    whole = 3 * pixels * dtype.itemsize
    return int(live.most) + (3 * whole if tiles else 0)


@cache
def largest_layer() -> int:
    """Return the bytes of the largest layer that moves alone: the words of the second encoder."""
    described = config("base", "text_encoder_2")
    return int(described["vocab_size"] * described["hidden_size"]) * HALF.itemsize


def _empty(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, dtype=HALF, device=META)


def main() -> None:
    """Print the ladder, for a VAE that bears half precision and for one that does not."""
    diffusers.utils.logging.set_verbosity_error()
    out = sys.stdout.write
    for dtype in (HALF, torch.float32):
        taken = Taken(dtype)
        out(f"VAE in {dtype}: weights {sum(taken.weights.values()) / 1e9:.2f} GB, calls ")
        calls = taken.calls(tiles=False) | {"tile": taken.calls(tiles=True)["vae"]}
        out(", ".join(f"{name} {size / 1e9:.2f}" for name, size in calls.items()) + "\n")
        for gigabytes in RUNGS:
            plan = plan_on(gigabytes, taken)
            tiles = ", tiles" if plan.vae_tiles else ""
            out(f"  {gigabytes:3} GB: {plan.offload}{tiles}, {peak(plan, taken) / 1e9:.2f} GB\n")
        four = peak(plan_on(24, taken), taken, pictures=4)
        out(f"   24 GB, four pictures in one pass: {four / 1e9:.2f} GB\n")


if __name__ == "__main__":
    main()

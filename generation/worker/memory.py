"""What fits on a device, decided from its total memory so that it is the same for every job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from generation.settings import Memory

Offload = Literal["resident", "model-offload", "group-offload", "sequential-offload"]

USABLE: Final = 0.95
"""Of the total: the rest is the driver's and the desktop's."""

RESIDENT_BYTES: Final = 3_000_000_000
"""Beside all weights: activations of one 1024² picture, and the device's context. Counted for SDXL
with its refiner in half precision: 14.5 GB at most, of which 11.5 are weights."""

MOVING_BYTES: Final = 1_400_000_000
"""Beside the largest network, when each is on the device only in its turn: 6.5 GB for SDXL."""

STREAMED_BYTES: Final = 4_500_000_000
"""What streaming layer by layer wants to be at ease; below it, one layer at a time."""

SMALL_DEVICE_BYTES: Final = 7_000_000_000
"""Below it the VAE decodes in tiles, since its activations alone are some gigabytes at 1024²."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Where the weights wait, and whether the VAE works in tiles."""

    offload: Offload
    vae_tiles: bool


def plan_memory(
    total_bytes: int,
    device: str,
    weights_bytes: int,
    largest_bytes: int,
    wanted: Memory = "auto",
) -> MemoryPlan:
    """Return the fastest way that fits.

    ``weights_bytes`` are all of a model's weights in the dtype they run in, ``largest_bytes`` those
    of its largest network. A CPU has nowhere to move weights to, and Apple's devices share one
    memory: there everything is resident, whatever is wanted.
    """
    usable = int(total_bytes * USABLE)
    if device != "cuda":
        return MemoryPlan("resident", device == "mps" and usable < 2 * SMALL_DEVICE_BYTES)
    tiles = usable < SMALL_DEVICE_BYTES
    if wanted != "auto":
        return MemoryPlan(wanted, tiles)
    if usable >= weights_bytes + RESIDENT_BYTES:
        return MemoryPlan("resident", tiles)
    if usable >= largest_bytes + MOVING_BYTES:
        return MemoryPlan("model-offload", tiles)
    if usable >= STREAMED_BYTES:
        return MemoryPlan("group-offload", tiles)
    return MemoryPlan("sequential-offload", tiles)

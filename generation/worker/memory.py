"""What fits on a device, decided from its total memory so that it is the same for every job."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from generation.settings import Memory

Offload = Literal["resident", "model-offload", "group-offload", "sequential-offload"]

USABLE: Final = 0.95
"""Of the total: the rest is the driver's and the desktop's."""

CONTEXT_BYTES: Final = 1_000_000_000
"""What the device's context, its libraries and what lies between tensors take: an estimate."""

RESIDENT_BYTES: Final = 3_000_000_000
"""Beside all weights: the context, and one 1024² picture. Counted for SDXL: decoding holds 1.61 GB
in half precision, its UNets 0.33 and 0.40 with guidance. With all weights, 11.46, it is 14.5 GB."""

UPCAST_BYTES: Final = 1_250_000_000
"""More than that where the VAE works in float32: decoding holds 3.22 GB then."""

MOVING_BYTES: Final = 1_400_000_000
"""Beside the largest network, when each is on the device only in its turn: 6.5 GB for SDXL. Then
decoding has the device to itself, as for any model that is moved on one of more than 7 GB."""

STREAMED_BYTES: Final = 4_500_000_000
"""What streaming layer by layer wants to be at ease; below it, one layer at a time. Counted: 0.4 GB
in a UNet, 1.15 in a VAE that works in tiles, and the context."""

LORA_BYTES: Final = 2_000_000_000
"""For the LoRAs in one model: a dozen of rank 32, three of the largest kind."""

LARGE_LORA_BYTES: Final = LORA_BYTES // 3
"""For a single one of the largest kind."""

SMALL_DEVICE_BYTES: Final = 7_000_000_000
"""Below it the VAE decodes in tiles of 512², which hold 0.41 GB, or 0.82 in float32."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Where the weights wait, and whether the VAE works in tiles.

    ``lora_bytes`` bounds the LoRAs that stay in the model; those of a picture always do.
    ``spare_bytes`` is what is left on the device beside the model and one plain picture; none
    where nobody counts it. It is of the device's total, not of what is free just now, so that it is
    the same for every job.
    """

    offload: Offload
    vae_tiles: bool
    spare_bytes: int | None = field(default=None, compare=False)
    lora_bytes: int = field(default=LORA_BYTES, compare=False)


def plan_memory(
    total_bytes: int,
    device: str,
    weights_bytes: int,
    largest_bytes: int,
    wanted: Memory = "auto",
    *,
    upcast: bool = False,
) -> MemoryPlan:
    """Return the fastest way that fits.

    ``weights_bytes`` are all of a model's weights in the dtype they run in, ``largest_bytes`` those
    of its largest network; ``upcast``: its VAE works in float32. A CPU has nowhere to move weights
    to, and Apple's devices share one memory: there everything is resident, whatever is wanted.
    """
    usable = int(total_bytes * USABLE)
    needs: dict[Offload, int] = {
        "resident": weights_bytes + RESIDENT_BYTES + (UPCAST_BYTES if upcast else 0),
        "model-offload": largest_bytes + MOVING_BYTES,
        "group-offload": STREAMED_BYTES,
        "sequential-offload": STREAMED_BYTES,
    }
    if device != "cuda":
        wanted = "resident"
    offload: Offload = wanted if wanted != "auto" else _fastest(needs, usable)
    small = 2 * SMALL_DEVICE_BYTES if device == "mps" else SMALL_DEVICE_BYTES
    spare = max(0, usable - needs[offload]) if total_bytes else None
    return MemoryPlan(offload, device != "cpu" and usable < small, spare)


def beside_second_unet(plan: MemoryPlan, second_bytes: int) -> MemoryPlan | None:
    """Return a plan with a UNet of those bytes beside the model, for LoRAs to be worked into.

    None where there is no room for it with a large LoRA.
    """
    if plan.spare_bytes is None:
        return plan
    spare = plan.spare_bytes - second_bytes
    if spare < LARGE_LORA_BYTES:
        return None
    return replace(plan, spare_bytes=spare, lora_bytes=min(plan.lora_bytes, spare))


def _fastest(needs: dict[Offload, int], usable: int) -> Offload:
    """Return the first way that fits; the last needs least of all."""
    return next((way for way, needed in needs.items() if needed <= usable), "sequential-offload")

"""Which models stay in memory while they wait for their next use, and where.

Decided by the totals of the device and of the machine and by what was used last; never by what is
free just now. What is kept changes no pixel: a model that comes back is the one that left.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import psutil

from generation.worker.memory import LORA_BYTES

Place = Literal["device", "machine", "gone"]

SHARE: Final = 0.25
"""Of the machine's memory, for models that wait in it. While one is being loaded the machine holds
that one, too, and the bot needs memory beside the worker."""

SPARED_BYTES: Final = 1_000_000_000
"""Of the device, for what comes beside models: upscalers, kernels, what lies between tensors."""

PLAIN_PIXELS: Final = 1024 * 1024
"""Memory plans reckon with a picture of this size."""

BYTES_A_PIXEL: Final = 3200
"""What a picture takes for each pixel above that: what decoding in float32 holds, as counted."""

BYTES_A_PIXEL_MORE: Final = 1000
"""What each further picture takes for a pixel that goes through the networks with the first."""

_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes for the models that wait: on the device, in the machine's memory, in both together.

    A device that has no memory of its own has room for none.
    """

    device: int
    machine: int
    both: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A model that waits: its bytes, and whether it lies on the device."""

    size: int
    on_device: bool


def machine_bytes() -> int:
    """Return the memory of this machine, or of the container that the process is in."""
    limits = [psutil.virtual_memory().total]
    for path in _LIMITS:
        with suppress(OSError, ValueError):
            limits.append(int(Path(path).read_text(encoding="ascii")))
    return min(limits)


def plan_room(
    total: int,
    keep: int | None,
    spare: int | None = None,
    extra: int = 0,
    *,
    apart: bool = True,
) -> Room:
    """Return the room for models beside the one at hand.

    ``total`` is the machine's memory, ``keep`` what its owner allows, ``spare`` what the device
    has left beside a model with one plain picture, none where nobody counts it, and ``extra`` what
    the picture to come takes above a plain one. ``apart``: the device has memory of its own.
    """
    machine = int(total * SHARE) if keep is None else keep
    if spare is None:
        return Room(0, machine, machine)
    device = max(0, spare - lora_bytes(spare, keep) - SPARED_BYTES - extra)
    if not apart:
        machine = min(machine, device)
        return Room(0, machine, machine)
    return Room(device, machine, device + machine if keep is None else keep)


def extra_bytes(pixels: int, together: int = 1) -> int:
    """Return what so many pictures of a size in one pass take above one plain picture."""
    larger = max(0, pixels - PLAIN_PIXELS) * BYTES_A_PIXEL
    return larger + (together - 1) * pixels * BYTES_A_PIXEL_MORE


def lora_bytes(spare: int | None, keep: int | None) -> int:
    """Return how many bytes of LoRAs may stay in one model; those of a picture always fit."""
    return min(bound for bound in (LORA_BYTES, spare, keep) if bound is not None)


def find_places(waiting: Sequence[Waiting], room: Room) -> list[Place]:
    """Return where each model waits. The one used last comes first, and gets its place first.

    What has no place on the device moves to the machine's memory; nothing moves the other way,
    where it is only taken once it is wanted.
    """
    device, machine, both = room.device, room.machine, room.both
    places: list[Place] = []
    for model in waiting:
        place: Place = "gone"
        if model.size <= both:
            if model.on_device and model.size <= device:
                place, device = "device", device - model.size
            elif model.size <= machine:
                place, machine = "machine", machine - model.size
        if place != "gone":
            both -= model.size
        places.append(place)
    return places

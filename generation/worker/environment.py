"""What else than the recipe decides the pixels, as plain data."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from generation.worker.machine import Machine
from generation.worker.memory import MemoryPlan

LIBRARIES: Final = ("torch", "diffusers", "transformers", "compel", "peft")


def describe(
    machine: Machine, plan: MemoryPlan, vae_dtype: str, weights: Mapping[str, str]
) -> dict[str, Any]:
    """Return versions, device and execution path, with the SHA-256 of the weights by part.

    Equal for the same set-up in every process; it holds no path and no time.
    """
    return {
        "versions": dict(_versions()),
        "device": machine.name,
        "dtype": str(machine.dtype).removeprefix("torch."),
        "vae_dtype": vae_dtype,
        "threads": machine.threads,
        "attention": "sdpa",
        "offload": plan.offload,
        "vae_tiles": plan.vae_tiles,
        "compile": "off",
        "weights": dict(sorted(weights.items())),
    }


@cache
def _versions() -> Mapping[str, str]:
    """Return the libraries' versions, which take milliseconds to look up."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}

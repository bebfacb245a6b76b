"""What else than the recipe decides the pixels, as plain data.

Equal for the same set-up in every process: it holds no path and no time. A key may come, but none
changes its meaning, since pictures are compared with what was written down years ago.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from generation.libraries import PAINTING, library_versions
from generation.worker.machine import Machine
from generation.worker.memory import MemoryPlan


def describe_machine(machine: Machine) -> dict[str, Any]:
    """Return versions, device and how torch is set up: the same for every model and picture."""
    execution = machine.execution
    described = {
        "versions": dict(library_versions()),
        "painting": PAINTING,
        "device": machine.name,
        "dtype": _name(machine.dtype),
        "threads": machine.threads,
        "attention": "sdpa" if execution.attention == "auto" else execution.attention,
        "compile": "on" if execution.compile else "off",
        "memory_format": "channels_last" if execution.channels_last else "contiguous",
        "batching": execution.batching,
        "precision": execution.precision,
        "deterministic": {
            "algorithms": torch.are_deterministic_algorithms_enabled(),
            "cudnn": torch.backends.cudnn.deterministic,
            "benchmark": torch.backends.cudnn.benchmark,
        },
        # Noise is drawn on the CPU, whatever the device.
        "cpu": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
    }
    if machine.device.type == "cpu":
        described["processor"] = _processor()
    if machine.device.type == "cuda":
        described["cuda"] = _cuda()
    return described


def describe_model(plan: MemoryPlan, vae_dtype: str) -> dict[str, Any]:
    """Return how a model in memory is carried out on the machine."""
    return {"offload": plan.offload, "vae_tiles": plan.vae_tiles, "vae_dtype": vae_dtype}


def _cuda() -> dict[str, Any]:
    cudnn: int | None = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    return {
        "cuda": torch.version.cuda or torch.version.hip or "",
        "cudnn": cudnn or 0,
        "cublas_workspace": os.environ.get("CUBLAS_WORKSPACE_CONFIG", ""),
        "matmul": torch.get_float32_matmul_precision(),
        "tf32": torch.backends.cudnn.allow_tf32,
    }


def _processor() -> str:
    """Return the processor's name, by which the libraries choose among their ways to calculate."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor()


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def with_files(
    described: Mapping[str, Any],
    weights: Mapping[str, str | None],
    configs: Mapping[str, str | None],
) -> dict[str, Any]:
    """Return a whole environment: with the SHA-256 of weights and configs by part, if known."""
    return {
        **described,
        "weights": {part: digest for part, digest in sorted(weights.items()) if digest},
        "configs": {part: digest for part, digest in sorted(configs.items()) if digest},
    }

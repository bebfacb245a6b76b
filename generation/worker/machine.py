"""What this machine runs models on. Fixed once, since it is part of what decides the pixels."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Final

import torch

from generation.errors import DeviceMissing
from generation.settings import Device, Dtype, GenerationSettings
from generation.worker.compiling import fix_compiling
from generation.worker.execution import Execution, fix_execution
from generation.worker.precision import compiled_with

DTYPES: Final[dict[str, torch.dtype]] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


@dataclass(frozen=True, slots=True)
class Machine:
    """The device with its name and total memory in bytes, the dtype of UNets, the CPU threads.

    ``execution`` is how networks are carried out on it.
    """

    device: torch.device
    name: str
    total_bytes: int
    dtype: torch.dtype
    threads: int
    execution: Execution = field(default_factory=Execution)


def fix_machine(settings: GenerationSettings) -> Machine:
    """Choose the device and set up torch so that the same call gives the same numbers.

    Raises ``DeviceMissing`` for a device that this machine lacks, ``CompilerMissing`` where
    networks are to be compiled and cannot be, and ``PrecisionMissing``.
    """
    # torch's own default is one a physical core, or what OMP_NUM_THREADS says.
    threads = settings.threads or torch.get_num_threads()
    torch.set_num_threads(threads)
    _be_deterministic()
    device = _device(settings.device)
    wanted = compiled_with(settings.levers.precision, device, settings.levers.compile)
    compiles = fix_compiling(wanted, device, settings.compiled, settings.levers.attention)
    dtype = _dtype(settings.dtype, device)
    half = dtype != torch.float32
    return Machine(
        device=torch.device(device),
        name=torch.cuda.get_device_name() if device == "cuda" else device,
        total_bytes=_total_bytes(device),
        dtype=dtype,
        threads=threads,
        execution=fix_execution(settings.levers, device, half=half, compiles=compiles),
    )


def devices_present() -> tuple[Device, ...]:
    """Return the devices there are, fastest first."""
    present: list[Device] = []
    if torch.cuda.is_available():
        present.append("cuda")
    if torch.backends.mps.is_available():
        present.append("mps")
    return (*present, "cpu")


def _be_deterministic() -> None:
    # cuBLAS reads it when it is first used, and torch warns of every matrix product without it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    # It would fill every new tensor with a pattern first, to show up reads of unset memory.
    deterministic: Any = torch.utils.deterministic
    deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def _device(wanted: Device) -> Device:
    present = devices_present()
    if wanted == "auto":
        return present[0]
    if wanted not in present:
        raise DeviceMissing(wanted, present)
    return wanted


def _dtype(wanted: Dtype, device: Device) -> torch.dtype:
    """Return half precision on accelerators, where it is fast, and float32 on a CPU.

    float16 and not bfloat16, whose mantissa is three bits shorter: the UNets of SD and SDXL were
    published in float16 and stay within its range. The VAE is another matter; see ``loading``.
    """
    if wanted != "auto":
        return DTYPES[wanted]
    return torch.float32 if device == "cpu" else torch.float16


def _total_bytes(device: Device) -> int:
    if device == "cuda":
        total: int = torch.cuda.get_device_properties(0).total_memory
        return total
    if device == "mps":
        return torch.mps.recommended_max_memory()
    return 0

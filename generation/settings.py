"""What the engine and its worker need to know of the configuration, as plain picklable data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from generation.bounds import Bounds
from generation.models import MINI, Model

Device = Literal["auto", "cuda", "mps", "cpu"]
Dtype = Literal["auto", "float32", "float16", "bfloat16"]
Memory = Literal["auto", "resident", "model-offload", "group-offload", "sequential-offload"]
Switch = Literal["auto", "on", "off"]
Attention = Literal["auto", "flash", "efficient", "cudnn", "math"]
Batching = Literal["exact", "throughput"]
Precision = Literal["full", "fp8", "int8"]

BATCH: Final = Bounds(1, 32)
"""How many pictures may be painted at a time at most."""


@dataclass(frozen=True, slots=True)
class Levers:
    """What makes pictures come faster, each with a setting of its own under ``[generation]``.

    The worker decides what ``auto`` means before its first picture, by the machine alone.
    """

    compile: Switch = "auto"
    compile_sizes: tuple[tuple[int, int], ...] = ()
    """Sizes, beside each model's own, that are compiled before the first picture."""
    channels_last: Switch = "auto"
    attention: Attention = "auto"
    """The kernel of scaled dot product attention that is tried first."""
    prompt_keys: Switch = "auto"
    """Whether what attention makes of a prompt is kept from step to step."""
    trace: Switch = "auto"
    """Whether the operations of UNets are recorded, and replayed without Python between them."""
    vae_dtype: Dtype = "auto"
    batching: Batching = "exact"
    batch: int = 4
    """The most pictures that are painted at a time where ``batching`` is ``throughput``."""
    precision: Precision = "full"


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """Settings of the worker; they are fixed for its life."""

    models: tuple[Model, ...] = (MINI,)
    preload: str = ""
    """The model to load at start; empty: none until the first job."""
    loras: Path = Path("data/loras")
    upscalers: Path = Path("data/upscalers")
    device: Device = "auto"
    dtype: Dtype = "auto"
    memory: Memory = "auto"
    levers: Levers = Levers()
    keep_bytes: int | None = None
    """Memory for models and LoRAs that wait for their next use; none: by the machine's total."""
    compiled: Path | None = None
    """Where compiled kernels are kept from one start to the next; none: torch's own place."""
    threads: int = 0
    """CPU threads of torch; 0: its own choice. Part of what decides the pixels."""
    incoming: Path = Path("data/pictures/.incoming")
    """Where finished files are put before the storage takes them; on the same disk as it."""
    log_file: Path = Path("data/worker.log")
    hang_seconds: int = 600
    """Without a sign of life for so long, the worker counts as hung."""
    watermark: bool = False
    """Whether finished pictures carry the invisible watermark of the SDXL authors."""
    safety: str = ""
    """What looks at finished pictures: a hub id or a folder; empty: nothing."""
    safety_labels: tuple[str, ...] = ()
    """Its labels for what is not to be seen, in any case."""
    previews: bool = True
    hashes: Path | None = None
    """Where the hashes of weights are kept from one start to the next; none: nowhere."""
    cache: Path | None = None
    """The model hub's cache folder; none: the hub library's own."""
    extra_lora_folders: tuple[Path, ...] = field(default=())

    def model(self, name: str) -> Model | None:
        """Return the model of that name, if there is one."""
        return next((model for model in self.models if model.name == name), None)

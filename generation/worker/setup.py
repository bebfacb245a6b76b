"""One model set up to paint with: loaded, placed on the device, and fitted for previews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from generation.settings import Memory
from generation.worker.adapters import Adapters
from generation.worker.autoencoder import Autoencoder
from generation.worker.compiled import CompiledModel, Usual
from generation.worker.compiling import Compiler, Report
from generation.worker.eager import EagerModel, lay_out
from generation.worker.environment import describe_model
from generation.worker.exhaustion import out_of_memory_at
from generation.worker.keeping import lora_bytes
from generation.worker.loading import Loaded
from generation.worker.machine import Machine
from generation.worker.memory import MemoryPlan, beside_second_unet, plan_memory
from generation.worker.merging import MergedAdapters
from generation.worker.preview import PreviewMap
from generation.worker.prompts import PromptEncoder
from generation.worker.residence import Residence


class Easel:
    """Everything that one model paints with."""

    def __init__(self, loaded: Loaded, machine: Machine, plan: MemoryPlan) -> None:
        """``plan`` says where its networks are; ``plan_for`` makes one."""
        self.loaded = loaded
        self.machine = machine
        self._size = 0
        self._sized: tuple[int, ...] = ()
        self.spare_bytes = plan.spare_bytes
        lay_out(loaded, machine.execution)
        self.residence = Residence(plan, machine.device, loaded.networks, loaded.vae)
        self.autoencoder = Autoencoder(loaded.vae, machine.device)
        self.adapters = Adapters(loaded.base.text, self.residence)
        self.compiled: CompiledModel | None = None
        self.eager = EagerModel(loaded, machine.execution, self._is_altered, plan.offload)
        self.prompts = PromptEncoder.for_base(loaded.base.text)
        self.refiner_prompts = (
            PromptEncoder.for_refiner(loaded.refiner) if loaded.refiner is not None else None
        )
        self.base_schedule = dict(loaded.base.text.scheduler.config)
        self.refiner_schedule = (
            dict(loaded.refiner.scheduler.config) if loaded.refiner is not None else {}
        )
        with torch.no_grad():
            self.previews = PreviewMap(self.autoencoder)
        self.residence.leave(loaded.vae)

    def compile(self, compiler: Compiler, usual: Usual, name: str) -> None:
        """Let its networks be compiled from here on, if all of them stay on the device.

        Where a second UNet has room there, LoRAs are worked into it; they cannot be where weights
        are of a lower precision.
        """
        plan, execution = self.residence.plan, self.machine.execution
        if plan.offload != "resident":
            return
        self.compiled = CompiledModel(self.loaded, compiler, usual, name, self.autoencoder.factor)
        text, room = self.loaded.base.text, None
        if execution.precision == "full":
            room = beside_second_unet(plan, _bytes(text.unet))
        if room is not None:
            self.residence.plan, self.spare_bytes = room, room.spare_bytes
        self.adapters = MergedAdapters(
            text, self.residence, self.compiled.base, roomy=room is not None
        )

    def warm_up(self, report: Report) -> None:
        """Compile what most pictures need, where networks are compiled at all.

        Raises ``CompileFailed``, ``DiskFull``, ``OutOfMemory``.
        """
        if self.compiled is not None:
            with self._compiling(self.compiled.size):
                self.compiled.warm_up(report)

    def prepare(self, report: Report) -> bool:
        """Compile one thing more that pictures may need; false where nothing is left.

        Raises as ``warm_up`` does.
        """
        if self.compiled is None:
            return False
        with self._compiling(self.compiled.size):
            return self.compiled.prepare(report)

    @contextmanager
    def _compiling(self, size: tuple[int, int]) -> Iterator[None]:
        with out_of_memory_at(self.machine.device, *size), self.eager.at_work():
            yield

    @property
    def description(self) -> dict[str, Any]:
        """What of the way in which it is carried out decides pixels, as in ``environment``."""
        described = describe_model(self.residence.plan, self.vae_dtype)
        if self.compiled is not None:
            described |= self.compiled.description
        elif self.machine.execution.compile:
            described["compile"] = "off"
        return described

    def _is_altered(self) -> bool:
        return self.adapters.acting

    @property
    def size(self) -> int:
        """The bytes of its networks, with all LoRAs that are in them."""
        holding = self.adapters.holding
        if self._sized != holding:
            # Every job asks, and counting takes some milliseconds.
            beside = self.adapters.size if isinstance(self.adapters, MergedAdapters) else 0
            self._size = sum(map(_bytes, self.loaded.networks)) + beside
            self._sized = holding
        return self._size

    @property
    def is_on_device(self) -> bool:
        """Whether it takes up memory of a device while it waits."""
        return self.residence.holds_device

    @property
    def is_away(self) -> bool:
        """Whether it waits in the machine's memory, and has to settle before it paints."""
        return self.residence.is_away

    def withdraw(self) -> None:
        """Leave the device, and wait in the machine's memory."""
        self.prompts.forget()
        if self.refiner_prompts is not None:
            self.refiner_prompts.forget()
        self.eager.forget()
        self.residence.withdraw()
        self._follow(torch.device("cpu"))

    def settle(self) -> None:
        """Come back to where it runs."""
        self.residence.settle()
        self._follow(self.machine.device)

    def _follow(self, device: torch.device) -> None:
        if isinstance(self.adapters, MergedAdapters):
            self.adapters.move(device)

    @property
    def fills_holes(self) -> bool:
        """Whether the base was trained to fill holes: it takes a mask and a picture, too."""
        channels = int(self.loaded.base.text.unet.config.in_channels)
        return channels > self.autoencoder.channels

    @property
    def vae_dtype(self) -> str:
        """The VAE's dtype, by torch's name for it."""
        return str(self.loaded.vae.dtype).removeprefix("torch.")


def plan_for(
    loaded: Loaded, machine: Machine, wanted: Memory, keep: int | None = None
) -> MemoryPlan:
    """Return where the networks of a model are to be, by their sizes and the machine.

    ``keep`` is what the owner allows for what waits for its next use, in bytes.
    """
    sizes = [_bytes(network) for network in loaded.networks]
    plan = plan_memory(
        machine.total_bytes,
        machine.device.type,
        sum(sizes),
        max(sizes),
        wanted,
        upcast=loaded.vae.dtype == torch.float32,
    )
    # Layers that are streamed take next to nothing of the device, those of LoRAs as well.
    whole = plan.offload in ("resident", "model-offload")
    return replace(plan, lora_bytes=lora_bytes(plan.spare_bytes if whole else None, keep))


def _bytes(network: torch.nn.Module) -> int:
    return sum(_sizes(network.parameters())) + sum(_sizes(network.buffers()))


def _sizes(tensors: Iterable[torch.Tensor]) -> Iterable[int]:
    return (tensor.numel() * tensor.element_size() for tensor in tensors)

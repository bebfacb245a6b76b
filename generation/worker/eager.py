"""What makes the networks of one model faster without compiling them.

Nothing of it decides a pixel but ``channels_last`` and the kernel of attention, both of which are
fixed for the worker's life.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from generation.worker.attention import PromptKeys, kernels
from generation.worker.execution import Execution
from generation.worker.loading import Loaded
from generation.worker.memory import Offload
from generation.worker.tracing import LARGEST, TracedUNet


def lay_out(loaded: Loaded, execution: Execution) -> None:
    """Let weights lie in memory as the machine has it.

    Before they have their place: what streams layers keeps copies of them as they lay then.
    """
    if execution.channels_last:
        for network in (*loaded.unets, loaded.vae):
            network.to(memory_format=torch.channels_last)


class EagerModel:
    """Lets a model's networks be carried out as the machine has it.

    ``altered`` says whether LoRAs act on the base's UNet, ``offload`` where the networks wait.
    """

    def __init__(
        self, loaded: Loaded, execution: Execution, altered: Callable[[], bool], offload: Offload
    ) -> None:
        self._attention = execution.attention
        base = loaded.base.text.unet
        unets = [base, *([loaded.refiner.unet] if loaded.refiner is not None else [])]
        kept = _keeps_keys(execution, offload)
        keys = [PromptKeys(unet) if kept else None for unet in unets]
        self._keys = [each for each in keys if each is not None]
        self.traced: list[TracedUNet] = []
        if execution.trace == "off" or offload != "resident":
            return
        for unet, own in zip(unets, keys, strict=True):
            if execution.trace == "on" or _bytes(unet) <= LARGEST:
                # The refiner has no LoRAs, whatever acts on the base.
                self.traced.append(TracedUNet(unet, own, altered if unet is base else _never))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let pictures be painted; nothing of them is kept after that."""
        try:
            with kernels(self._attention):
                yield
        finally:
            for keys in self._keys:
                keys.forget()

    def forget(self) -> None:
        """Drop what holds on to weights where they lie, before they are sent elsewhere."""
        for unet in self.traced:
            unet.forget()


def _keeps_keys(execution: Execution, offload: Offload) -> bool:
    """Say whether keys of prompts are kept in the networks of a model.

    Compiled ones are left as the compiler knows them, which only those are that stay on the device.
    Where layers are streamed in the order in which they were called first, none may be left out
    later: its neighbours would wait for it, and it would stay on the device.
    """
    compiled = execution.compile and offload == "resident"
    return execution.prompt_keys and not compiled and offload != "group-offload"


def _bytes(network: Any) -> int:
    return sum(each.numel() * each.element_size() for each in network.parameters())


def _never() -> bool:
    return False

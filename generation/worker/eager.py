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

    ``altered`` says whether LoRAs act on the base's UNet, ``resident`` whether all networks stay
    where they are.
    """

    def __init__(
        self, loaded: Loaded, execution: Execution, altered: Callable[[], bool], *, resident: bool
    ) -> None:
        self._attention = execution.attention
        base = loaded.base.text.unet
        unets = [base, *([loaded.refiner.unet] if loaded.refiner is not None else [])]
        keys = [PromptKeys(unet) if execution.prompt_keys else None for unet in unets]
        self._keys = [each for each in keys if each is not None]
        self.traced: list[TracedUNet] = []
        if execution.trace == "off" or not resident:
            return
        for unet, kept in zip(unets, keys, strict=True):
            if execution.trace == "on" or _bytes(unet) <= LARGEST:
                # The refiner has no LoRAs, whatever acts on the base.
                self.traced.append(TracedUNet(unet, kept, altered if unet is base else _never))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let pictures be painted; nothing of them is kept after that."""
        try:
            with kernels(self._attention):
                yield
        finally:
            for keys in self._keys:
                keys.forget()


def _bytes(network: Any) -> int:
    return sum(each.numel() * each.element_size() for each in network.parameters())


def _never() -> bool:
    return False

"""Moves networks to the device for their turn, by a memory plan.

diffusers offloads pipeline by pipeline, and two pipelines that share networks take each other's
hooks away. Here every network has one hook, whichever pipelines it is part of. The VAE is small
beside what it holds while it works: it moves as a whole wherever anything moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from accelerate import cpu_offload
from accelerate.hooks import remove_hook_from_module
from diffusers.hooks import apply_group_offloading
from diffusers.hooks.group_offloading import (
    _LAYER_EXECUTION_TRACKER,
    _LAZY_PREFETCH_GROUP_OFFLOADING,
)

from generation.worker.exhaustion import empty_cache
from generation.worker.memory import MemoryPlan
from generation.worker.visiting import Visit

TILE_PIXELS: Final = 512
"""Side of a VAE tile. Set by hand, since the library's own threshold leaves 1024² whole."""


FEW_NUMBERS: Final = 1_000_000
"""In all buffers of a network that has its weights elsewhere: positions, and the like."""


class Residence:
    """Where the networks of one model are."""

    def __init__(
        self, plan: MemoryPlan, device: torch.device, networks: Iterable[torch.nn.Module], vae: Any
    ) -> None:
        self.plan = plan
        self._device = device
        self._networks = list({id(network): network for network in networks}.values())
        self._vae = vae
        self._visits: dict[int, Visit] = {}
        if plan.vae_tiles:
            vae.enable_tiling()
            vae.tile_sample_min_size = TILE_PIXELS
            vae.tile_latent_min_size = TILE_PIXELS // 8
        self._away = False
        self.settle()

    @property
    def is_away(self) -> bool:
        """Whether the networks wait in the machine's memory, and have to settle first."""
        return self._away

    @property
    def holds_device(self) -> bool:
        """Whether the networks take up memory of a device between their turns."""
        return self.plan.offload == "resident" and self._device.type == "cuda" and not self._away

    def withdraw(self) -> None:
        """Send every network off the device, to wait in the machine's memory."""
        self.leave_all()
        if self.plan.offload == "resident":
            # Also where memory ends on the way: some are then away, and all have to settle.
            self._away = True
            for network in self._networks:
                network.to("cpu")

    def settle(self) -> None:
        """Put every network where the plan wants it."""
        for network in self._networks:
            self._place(network)
        self._away = False

    def leave(self, *networks: torch.nn.Module | None) -> None:
        """Send networks off the device whose turn is over, where the plan is to move them."""
        for network in networks:
            if visit := self._visits.get(id(network)):
                visit.leave()
            elif network is not None and self.plan.offload == "group-offload":
                _stop_tracking(network)
        if self._visits:
            empty_cache(self._device)

    def leave_all(self) -> None:
        """Send every network off the device, as after a picture that broke off."""
        self.leave(*self._networks)

    @contextmanager
    def unhooked(self) -> Iterator[None]:
        """Take the hooks off while layers are put into the networks or taken out of them."""
        if self.plan.offload == "resident":
            yield
            return
        if self._device.type == "cuda":
            # A layer may just be on its way to the device, in a stream of its own.
            torch.cuda.synchronize()
        for network in self._networks:
            self._unhook(network)
        try:
            yield
        finally:
            self.settle()

    def _place(self, network: torch.nn.Module) -> None:
        offload = self.plan.offload
        if offload == "resident":
            network.to(self._device)
        elif offload == "model-offload" or network is self._vae:
            self._visits[id(network)] = Visit(network, self._device)
        elif offload == "group-offload":
            apply_group_offloading(
                network,
                onload_device=self._device,
                offload_device=torch.device("cpu"),
                offload_type="leaf_level",
                use_stream=self._device.type == "cuda" and not _has_weights_in_buffers(network),
            )
        else:
            cpu_offload(network.to("cpu"), self._device, offload_buffers=True)

    def _unhook(self, network: torch.nn.Module) -> None:
        if visit := self._visits.pop(id(network), None):
            visit.remove()
            return
        for module in network.modules():
            registry: Any = getattr(module, "_diffusers_hook", None)
            for name in list(registry.hooks) if registry is not None else ():
                registry.remove_hook(name, recurse=False)
        remove_hook_from_module(network, recurse=True)
        network.to("cpu")


def _stop_tracking(network: torch.nn.Module) -> None:
    """Take off what finds out in which order layers are called, once that is known.

    diffusers leaves it on layers that did not take part in the first call, as those of LoRAs that
    did not act: they would write down every call from then on, and forget none.
    """
    registry: Any = getattr(network, "_diffusers_hook", None)
    if registry is None or registry.get_hook(_LAZY_PREFETCH_GROUP_OFFLOADING) is not None:
        return
    registry.remove_hook(_LAYER_EXECUTION_TRACKER, recurse=True)


def _has_weights_in_buffers(network: torch.nn.Module) -> bool:
    """Say whether weights are kept as buffers, which a stream would leave on the device."""
    return sum(buffer.numel() for buffer in network.buffers()) > FEW_NUMBERS

"""Moves networks to the device for their turn, by a memory plan.

diffusers offloads pipeline by pipeline, and two pipelines that share networks take each other's
hooks away. Here every network has one hook, whichever pipelines it is part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from accelerate import cpu_offload, cpu_offload_with_hook
from accelerate.hooks import remove_hook_from_module
from diffusers.hooks import apply_group_offloading

from generation.worker.exhaustion import empty_cache
from generation.worker.memory import MemoryPlan

TILE_PIXELS: Final = 512
"""Side of a VAE tile. Set by hand, since the library's own threshold leaves 1024² whole."""


class Residence:
    """Where the networks of one model are."""

    def __init__(
        self, plan: MemoryPlan, device: torch.device, networks: Iterable[torch.nn.Module], vae: Any
    ) -> None:
        self.plan = plan
        self._device = device
        self._networks = list({id(network): network for network in networks}.values())
        self._hooks: dict[int, Any] = {}
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
            for network in self._networks:
                network.to("cpu")
            self._away = True

    def settle(self) -> None:
        """Put every network where the plan wants it."""
        for network in self._networks:
            self._place(network)
        self._away = False

    def leave(self, *networks: torch.nn.Module | None) -> None:
        """Send networks off the device whose turn is over, where the plan is to move them."""
        for network in networks:
            if hook := self._hooks.get(id(network)):
                hook.offload()
        if self._hooks:
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
        for network in self._networks:
            self._unhook(network)
        self._hooks.clear()
        try:
            yield
        finally:
            self.settle()

    def _place(self, network: torch.nn.Module) -> None:
        offload = self.plan.offload
        if offload == "resident":
            network.to(self._device)
        elif offload == "model-offload":
            _, self._hooks[id(network)] = cpu_offload_with_hook(network, self._device)
        elif offload == "group-offload":
            apply_group_offloading(
                network,
                onload_device=self._device,
                offload_device=torch.device("cpu"),
                offload_type="leaf_level",
                use_stream=self._device.type == "cuda",
            )
        else:
            cpu_offload(network.to("cpu"), self._device, offload_buffers=True)

    def _unhook(self, network: torch.nn.Module) -> None:
        if self.plan.offload == "group-offload":
            for module in network.modules():
                registry = getattr(module, "_diffusers_hook", None)
                if registry is not None:
                    for name in list(registry.hooks):
                        registry.remove_hook(name, recurse=False)
        remove_hook_from_module(network, recurse=True)
        network.to("cpu")

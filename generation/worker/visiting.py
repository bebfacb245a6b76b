"""A network that comes to the device for its turn, while its weights stay at home as well."""

from __future__ import annotations

from typing import Any

import torch
from accelerate.hooks import ModelHook, add_hook_to_module, remove_hook_from_module
from accelerate.utils import send_to_device


class Visit(ModelHook):  # type: ignore[misc]
    """Brings one network to a device when it is called, and home again when it is told to.

    accelerate's own hook copies the weights home each time, though nothing has changed them: for
    SDXL with its refiner 11 GB a picture. It also looks for something to move in every call, since
    it takes ``cuda`` and ``cuda:0`` for two devices. Weights that are changed while the network
    is on the device are as before once it is home: put LoRAs in where it lives.
    """

    def __init__(self, network: torch.nn.Module, device: torch.device) -> None:
        self.execution_device = device
        self._network = network
        self._home: list[tuple[torch.Tensor, torch.Tensor]] = []
        add_hook_to_module(network.to("cpu"), self)

    def pre_forward(self, module: torch.nn.Module, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Bring the network to the device, and what it is called with."""
        if not self._home:
            self._bring()
        device = self.execution_device
        return send_to_device(args, device), send_to_device(kwargs, device)

    def leave(self) -> None:
        """Send the network home."""
        for tensor, at_home in self._home:
            tensor.data = at_home
        self._home.clear()

    def remove(self) -> None:
        """Send the network home for good."""
        self.leave()
        remove_hook_from_module(self._network)

    def _bring(self) -> None:
        try:
            for tensor in (*self._network.parameters(), *self._network.buffers()):
                self._home.append((tensor, tensor.data))
                tensor.data = tensor.data.to(self.execution_device, copy=True)
        except BaseException:
            # Half of it there is as if nobody had come.
            self.leave()
            raise

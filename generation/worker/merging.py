"""LoRAs of a compiled UNet: worked into a second one, which has the weights of both.

Layers of their own would be another graph for every number, name and rank of LoRAs. In a UNet of
the same build with other weights nothing is compiled again, and a picture with LoRAs takes no
longer than one without. The UNet itself is never touched; the second one is always made from it
anew, so that its weights depend on the LoRAs that act and on nothing before.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer

from generation.loras import LoraInfo
from generation.worker.adapters import Adapters
from generation.worker.compiled import CompiledUNet
from generation.worker.residence import Residence


class MergedAdapters(Adapters):
    """The LoRAs of one base model whose UNet is compiled.

    They are kept as layers of a UNet over the same weights. ``roomy`` is whether one with weights
    of its own fits beside it; if not, pictures with LoRAs are painted by these layers, uncompiled.
    """

    def __init__(
        self, pipeline: Any, residence: Residence, unet: CompiledUNet, *, roomy: bool
    ) -> None:
        super().__init__(pipeline, residence)
        self._unet = unet
        self._roomy = roomy
        self._layered: _Layered | None = None

    def use(self, wanted: Sequence[tuple[LoraInfo, float]]) -> str:
        """Let exactly these LoRAs act, as ``Adapters`` do; raises as they do."""
        if self._layered is None:
            if not wanted:
                return ""
            self._layered = _Layered(self._unet.bare)
            self._pipeline = copy.copy(self._pipeline)
            self._pipeline.unet = self._layered.unet
        state = super().use(wanted)
        self._unet.eager = bool(wanted) and not (self._roomy and self._layered.can_be_merged())
        if not wanted:
            self._unet.network = self._unet.bare
        elif self._unet.eager:
            self._unet.network = self._layered.unet
        else:
            self._unet.network = self._layered.merged((state, *(scale for _, scale in wanted)))
        return state

    @property
    def holding(self) -> tuple[int, ...]:
        """What is another one whenever there are other weights than before."""
        merged = 0 if self._layered is None else self._layered.layers
        return (*super().holding, merged)

    @property
    def size(self) -> int:
        """The bytes of what it holds beside the UNet itself."""
        return 0 if self._layered is None else self._layered.size

    def move(self, device: torch.device) -> None:
        """Follow the UNet to another device, where no LoRA acts at first."""
        if self._layered is not None:
            self.rest()
            self._layered.move(device)


class _Layered:
    """A UNet with LoRAs as layers, and one that has what they do in its weights."""

    def __init__(self, bare: Any) -> None:
        self._bare = bare
        # Made when it is first wanted: weights of eight bits are never merged.
        self._merged: Any = None
        self._state: tuple[Any, ...] = ()
        self._touched: set[str] = set()
        # Module by module, since the layers of LoRAs are to come between those of the twin.
        self._buffered: list[tuple[torch.nn.Module, torch.nn.Module]] = []
        self.unet = self._twin()

    @property
    def layers(self) -> int:
        """How many layers have weights of their own."""
        return len(self._touched)

    @property
    def size(self) -> int:
        """The bytes of all weights that are not the bare ones."""
        bare = {id(tensor) for tensor in _tensors(self._bare)}
        own = [*_tensors(self.unet), *(_tensors(self._merged) if self._merged is not None else ())]
        return sum(each.numel() * each.element_size() for each in own if id(each) not in bare)

    def can_be_merged(self) -> bool:
        """Say whether what acts changes nothing but weights, of a kind that can be added to."""
        return all(
            isinstance(layer.get_base_layer().weight, torch.nn.Parameter)
            and layer.get_base_layer().weight.dtype
            in (torch.float32, torch.float16, torch.bfloat16)
            and not any(layer.lora_bias.get(name) for name in names)
            for _, layer, names in self._acting()
        )

    def merged(self, state: tuple[Any, ...]) -> Any:
        """Return the UNet with what acts in its weights; ``state`` is equal for the same of it."""
        if state != self._state:
            self._state = ()
            if self._merged is None:
                self._merged = self._twin()
            with torch.no_grad():
                self._merge()
            self._state = state
        return self._merged

    def move(self, device: torch.device) -> None:
        """Follow the bare UNet, without weights that can be made again."""
        for bare, own in self._buffered:
            # A move replaces buffers, where it only refills parameters.
            for name, tensor in bare.named_buffers(recurse=False):
                setattr(own, name, tensor)
        self.unet.to(device)
        self._state = ()
        self._give_back(self._touched)
        self._touched = set()

    def _twin(self) -> Any:
        made = twin(self._bare)
        for bare, own in zip(self._bare.modules(), made.modules(), strict=True):
            if next(bare.buffers(recurse=False), None) is not None:
                self._buffered.append((bare, own))
        return made

    def _merge(self) -> None:
        touched: set[str] = set()
        for path, layer, names in self._acting():
            own, bare = self._merged.get_submodule(path), self._bare.get_submodule(path)
            # Before there is anything of it: should memory be out in the middle, the next ones
            # have to give it back.
            self._touched.add(path)
            if own.weight is bare.weight:
                empty = torch.empty_like(bare.weight)
                own.weight = torch.nn.Parameter(empty, requires_grad=bare.weight.requires_grad)
            weight = bare.weight.float()
            for name in names:
                weight = weight + layer.get_delta_weight(name).float()
            own.weight.copy_(weight)
            touched.add(path)
        self._give_back(self._touched - touched)
        self._touched = touched

    def _give_back(self, paths: Iterable[str]) -> None:
        """Let layers have the bare weights again."""
        for path in paths:
            self._merged.get_submodule(path).weight = self._bare.get_submodule(path).weight

    def _acting(self) -> Iterator[tuple[str, Any, list[str]]]:
        """Yield the layers that LoRAs act in, with their names and those of the LoRAs."""
        for path, layer in self.unet.named_modules():
            if isinstance(layer, BaseTunerLayer) and not layer.disable_adapters:
                found: Any = layer
                if names := [name for name in found.active_adapters if name in found.r]:
                    yield path, found, names


def twin(network: Any) -> Any:
    """Return a network of the same build over the very same weights."""
    # What stands in for its forward knows graphs and all; the twin has its own again.
    instead = network.__dict__.get("forward")
    known: dict[int, Any] = {id(tensor): tensor for tensor in _tensors(network)}
    if instead is not None:
        known[id(instead)] = instead
    made = copy.deepcopy(network, known)
    made.__dict__.pop("forward", None)
    return made


def _tensors(network: torch.nn.Module) -> Iterator[torch.Tensor]:
    yield from network.parameters()
    yield from network.buffers()

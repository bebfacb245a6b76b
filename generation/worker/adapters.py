"""LoRAs in the networks of one model: put in once, switched per picture, never fused.

A fused LoRA cannot be taken out again without a trace: the weights come back rounded.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import safetensors.torch
import torch
from diffusers.utils.peft_utils import delete_adapter_layers
from peft.tuners.tuners_utils import BaseTunerLayer

from generation.errors import BadWeights
from generation.loras import LoraInfo, read_header
from generation.worker.residence import Residence

_FIRST_HALVES: Final = (".lora_A.weight", ".lora_down.weight", ".lora.down.weight")
_OTHER_KINDS: Final = ("hada_w", "lokr_w", "oft_", "dora_scale", "lora_magnitude", "ia3")


@dataclass(frozen=True, slots=True)
class _Kept:
    adapter: str
    stamp: tuple[int, int]
    size: int
    """Bytes of its matrices."""


class Adapters:
    """The LoRAs of one base model, over the pipeline that knows its UNet and text encoders.

    As many stay as the memory plan has bytes for; the one used longest ago leaves first.
    """

    def __init__(self, pipeline: Any, residence: Residence) -> None:
        self._pipeline = pipeline
        self._residence = residence
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._count = 0
        self.acting = False
        """Whether any LoRA acts."""

    def use(self, wanted: Sequence[tuple[LoraInfo, float]]) -> str:
        """Let exactly these LoRAs act, with these scales, and return a name for that state.

        Raises ``BadWeights`` for a file that does not fit the model; the LoRAs are as before then.
        """
        self.acting = bool(wanted)
        if not wanted and not self._kept:
            return ""
        scales = {self._adapter(info, wanted): scale for info, scale in wanted}
        for layer in self._layers():
            active = [name for name in scales if name in layer.r]
            layer.enable_adapters(bool(active))
            if active:
                layer.set_adapter(active, inference_mode=True)
                for name in active:
                    layer.set_scale(name, scales[name])
        return " ".join(f"{name}:{scale:g}" for name, scale in scales.items())

    @property
    def holding(self) -> tuple[int, ...]:
        """What is another one whenever there are other weights than before."""
        return self._count, len(self._kept)

    def rest(self) -> None:
        """Let no LoRA act."""
        self.use(())

    def _adapter(self, info: LoraInfo, wanted: Sequence[tuple[LoraInfo, float]]) -> str:
        """Return the adapter of a LoRA, put in first where it is not, or has changed on disk."""
        path = str(info.path)
        try:
            status = info.path.stat()
        except OSError as error:
            raise BadWeights(path, "missing", error.strerror or "") from None
        stamp = (status.st_size, status.st_mtime_ns)
        kept = self._kept.get(path)
        if kept is None or kept.stamp != stamp:
            self._count += 1
            adapter = f"lora{self._count}"
            with self._residence.unhooked():
                self._put_in(info, adapter)
                if kept is not None:
                    self._take_out(kept.adapter)
                self._kept[path] = kept = _Kept(adapter, stamp, self._size(adapter))
                self._forget_oldest({str(other.path) for other, _ in wanted})
        self._kept.move_to_end(path)
        return kept.adapter

    def _forget_oldest(self, needed: set[str]) -> None:
        most = self._residence.plan.lora_bytes
        for path in list(self._kept):
            if sum(kept.size for kept in self._kept.values()) <= most:
                return
            if path not in needed:
                self._take_out(self._kept.pop(path).adapter)

    def _put_in(self, info: LoraInfo, adapter: str) -> None:
        """Load a file and check that every pair of matrices in it has found its layer."""
        path = str(info.path)
        keys = [key for key in read_header(info.path) if key != "__metadata__"]
        expected = sum(key.endswith(_FIRST_HALVES) for key in keys)
        if others := sorted({kind for kind in _OTHER_KINDS for key in keys if kind in key}):
            raise BadWeights(path, "lora kind", ", ".join(others))
        if not expected:
            raise BadWeights(path, "no lora")
        try:
            weights = safetensors.torch.load_file(path)
            with warnings.catch_warnings():
                # Of several adapters in one network, which are meant, and of keys that were left
                # out, which are counted below.
                warnings.simplefilter("ignore")
                self._pipeline.load_lora_weights(weights, adapter_name=adapter)
        except Exception as error:
            # Loading goes network by network: what is in already has to come out again.
            self._undo(adapter)
            if isinstance(error, torch.OutOfMemoryError | MemoryError):
                raise
            text = str(error).strip().splitlines()
            raise BadWeights(path, "lora keys", text[0][:200] if text else "") from error
        found = sum(adapter in layer.r for layer in self._layers())
        if found != expected:
            self._undo(adapter)
            raise BadWeights(path, "lora keys", f"{found} of {expected} layers")

    def _size(self, adapter: str) -> int:
        """Return the bytes of a LoRA that is in."""
        return sum(
            parameter.numel() * parameter.element_size()
            for layer in self._layers()
            for half in (layer.lora_A, layer.lora_B)
            if adapter in half
            for parameter in half[adapter].parameters()
        )

    def _undo(self, adapter: str) -> None:
        self._take_out(adapter)
        self.rest()

    def _take_out(self, adapter: str) -> None:
        for network in self._networks():
            for layer in _layers(network):
                # Deleting an active one makes another active, with a warning.
                layer.set_adapter([name for name in layer.active_adapters if name != adapter])
            delete_adapter_layers(network, adapter)
            getattr(network, "peft_config", {}).pop(adapter, None)

    def _networks(self) -> list[Any]:
        names = ("unet", "text_encoder", "text_encoder_2")
        found = [getattr(self._pipeline, name, None) for name in names]
        return [network for network in found if network is not None]

    def _layers(self) -> list[Any]:
        return [layer for network in self._networks() for layer in _layers(network)]


def _layers(network: torch.nn.Module) -> list[Any]:
    return [module for module in network.modules() if isinstance(module, BaseTunerLayer)]

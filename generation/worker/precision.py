"""UNets whose weights take a byte each: other pixels, for less memory or for more speed.

``fp8`` keeps weights as 8-bit floats and calculates in the machine's dtype as before. ``int8``
rounds the weights of linear layers to 8-bit whole numbers, and what comes in at each call as well,
and lets the device multiply those (as in LLM.int8, arXiv 2208.07339, without its outliers): fast on
a card that is made for it, and compiled, where the rounding is one kernel with what is around it.

diffusers has layerwise casting for the first: it moves every weight back after each call, has its
hooks where ``residence`` has its own, and cannot be compiled in one graph. torchao has the second:
its tensors can be moved off the device in some ways only, and it sets the compiler to choose its
kernels by the clock. So both are plain layers here, which move, take LoRAs and compile like others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

from generation.errors import CompilerMissing, PrecisionMissing
from generation.settings import Device, Precision, Switch

FLOATS: Final = torch.float8_e4m3fn
"""Four bits of exponent, three of mantissa: 448 is the largest, below 1/64 they lie less dense."""

_KEPT: Final = ("conv_in", "conv_out", "time_embedding", "add_embedding", "time_emb_proj")
"""Layers that stay as they are: few weights, through which all the others act."""
_STEP: Final = 8
"""Of the sides of matrices of whole numbers, on CUDA."""
_SMALLEST: Final = 1e-12
"""Of a scale: rows of zeros have one, too."""
_FEW_ROWS: Final = 16
"""CUDA multiplies no matrices of whole numbers with so few rows."""


class _Stored:
    """A layer with its weight as ``stored`` by rows, each with a float32 ``scale`` of its own.

    ``weight`` is what it comes to, in the dtype ``works_in``: whoever uses the layer, as LoRAs do,
    need not know.
    """

    stored: torch.Tensor
    scale: torch.Tensor
    works_in: torch.dtype

    @property
    def weight(self) -> torch.Tensor:
        """The weight but for its rounding."""
        return (self.stored.float() * self.scale).to(self.works_in)


class StoredLinear(_Stored, nn.Linear):  # type: ignore[override]
    """A linear layer whose weight takes a byte a number."""


class StoredConv(_Stored, nn.Conv2d):  # type: ignore[override]
    """A convolution whose weight takes a byte a number."""


class WholeLinear(_Stored, nn.Linear):  # type: ignore[override]
    """A linear layer that multiplies 8-bit whole numbers."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - the name that torch has
        """Round each row that comes in by a scale of its own, and multiply."""
        rows = input.reshape(-1, self.in_features)
        if len(rows) <= _FEW_ROWS:
            return functional.linear(input, self.weight, self.bias)
        scale = (rows.abs().amax(dim=1, keepdim=True).float() / 127).clamp(min=_SMALLEST)
        whole = (rows.float() / scale).round().to(torch.int8)
        product = torch._int_mm(whole, self.stored.t())  # noqa: SLF001 - there is no public one
        found = (product.float() * scale * self.scale.t()).to(input.dtype)
        if self.bias is not None:
            found = found + self.bias
        return found.reshape(*input.shape[:-1], self.out_features)


def compiled_with(precision: Precision, device: Device, wanted: Switch) -> Switch:
    """Return whether networks are to be compiled with that precision, where that is left open.

    Raises ``PrecisionMissing`` for a device that has no numbers of that kind, ``CompilerMissing``
    for one whose compiler does not know them.
    """
    if precision != "full" and device == "mps":
        raise PrecisionMissing(precision, device)
    if precision == "full" or device != "cuda":
        return wanted
    cuda = torch.cuda
    return compiled_on_cuda(precision, wanted, cuda.get_device_capability(), cuda.get_device_name())


def compiled_on_cuda(
    precision: Precision, wanted: Switch, capability: tuple[int, int], name: str
) -> Switch:
    """Return as ``compiled_with`` for a card of CUDA, and raise as it does.

    Cards multiply whole numbers in tensor cores from compute capability 7.5 on, and Triton reads
    8-bit floats from 8.9 on.
    """
    if precision == "int8" and capability < (7, 5):
        raise PrecisionMissing(precision, name)
    if precision != "fp8" or capability >= (8, 9):
        return wanted
    if wanted == "on":
        raise CompilerMissing(f"no 8-bit floats in kernels for {name}")
    return "off"


def lower_precision(networks: Iterable[torch.nn.Module], precision: Precision) -> None:
    """Let the layers of UNets, in the dtype they calculate in, have weights of that precision."""
    for network in networks if precision != "full" else ():
        for name, layer in network.named_modules():
            if not any(part in _KEPT for part in name.split(".")):
                _lower(layer, precision)


def _lower(layer: nn.Module, precision: Precision) -> None:
    if type(layer) is nn.Linear:
        if precision == "fp8":
            _store(layer, StoredLinear, FLOATS)
        elif not (layer.in_features % _STEP or layer.out_features % _STEP):
            _store(layer, WholeLinear, torch.int8)
    elif type(layer) is nn.Conv2d and precision == "fp8":
        _store(layer, StoredConv, FLOATS)


def _store(layer: Any, kind: type[nn.Module], dtype: torch.dtype) -> None:
    weight = layer.weight.detach().float()
    largest = 127 if dtype == torch.int8 else torch.finfo(dtype).max
    scale = weight.abs().amax(dim=tuple(range(1, weight.dim())), keepdim=True) / largest
    scale = scale.clamp(min=_SMALLEST)
    stored = weight / scale
    layer.works_in = layer.weight.dtype
    del layer.weight
    layer.__class__ = kind
    layer.register_buffer("stored", (stored.round() if dtype == torch.int8 else stored).to(dtype))
    layer.register_buffer("scale", scale)

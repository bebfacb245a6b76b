"""Noise that a seed means the same of on every device and in every precision."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import diffusers.models.autoencoders.vae
import torch
from diffusers.utils import torch_utils


def generator_for(seed: int) -> torch.Generator:
    """Return the generator of one picture, on the CPU."""
    return torch.Generator("cpu").manual_seed(seed)


def draw(
    shape: tuple[int, ...],
    generator: torch.Generator | list[torch.Generator] | None = None,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    layout: torch.layout | None = None,
) -> torch.Tensor:
    """Return normal noise, drawn as float32 on the CPU and then moved; as diffusers' own otherwise.

    diffusers draws in the dtype of the latents. Of one seed torch then makes other numbers where
    their count is no multiple of 16, and nothing promises that it does not elsewhere.
    """
    drawn: torch.Tensor = torch_utils.randn_tensor(
        shape, generator=generator, device=torch.device("cpu"), dtype=torch.float32, layout=layout
    )
    return drawn.to(device=device, dtype=dtype)


@contextmanager
def float32_noise(*makers: Any) -> Iterator[None]:
    """Let the pipelines and schedulers given draw their noise by ``draw`` for a while.

    It is their modules' function of that name that is replaced; the library has no setting.
    """
    modules = {diffusers.models.autoencoders.vae, *(_module(k) for m in makers for k in _kinds(m))}
    before = {module: module.__dict__.get("randn_tensor") for module in modules}
    changed = {module: function for module, function in before.items() if function is not None}
    try:
        for module in changed:
            module.__dict__["randn_tensor"] = draw
        yield
    finally:
        for module, function in changed.items():
            module.__dict__["randn_tensor"] = function


def _kinds(maker: Any) -> tuple[type, ...]:
    return tuple(kind for kind in type(maker).__mro__ if kind.__module__.startswith("diffusers."))


def _module(kind: type) -> ModuleType:
    return sys.modules[kind.__module__]

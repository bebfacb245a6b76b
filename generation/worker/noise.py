"""Noise that a seed means the same of on every device and in every precision."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import diffusers.models.autoencoders.vae
import torch
from diffusers.utils import torch_utils

from generation.recipe_parts import Variation


class VariedGenerator(torch.Generator):
    """The generator of a seed that knows those of the seeds that its noise is varied towards.

    ``draw`` takes from all of them; each has its own numbers, whatever is drawn from the others.
    ``towards`` are these generators, each with how far the noise goes.
    """

    towards: tuple[tuple[torch.Generator, float], ...] = ()


def generator_for(seed: int, variations: Sequence[Variation] = ()) -> torch.Generator:
    """Return the generator of one picture, on the CPU."""
    if not variations:
        return torch.Generator("cpu").manual_seed(seed)
    varied = VariedGenerator("cpu")
    varied.manual_seed(seed)
    varied.towards = tuple((generator_for(each.seed), each.amount) for each in variations)
    return varied


def slerp(one: torch.Tensor, other: torch.Tensor, amount: float) -> torch.Tensor:
    """Return the point on the great arc from ``one`` (0) to ``other`` (1), of any one shape.

    ``sin((1 - t) w) / sin w * one + sin(t w) / sin w * other``, where ``w`` is the angle between
    the two (Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985, section 3.3). On
    the straight line between two noises there is too little of it: half-way the deviation is only
    0.7. Amount 1 is ``other`` to the bit.
    """
    flat, towards = (tensor.double().flatten() for tensor in (one, other))
    lengths = float(flat.norm() * towards.norm())
    cosine = float(flat @ towards) / lengths if lengths else 1.0
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    whole = math.sin(angle)
    if whole < 1e-6:  # The same direction or the opposite one: there is no single arc.
        return one * (1 - amount) + other * amount
    before, after = math.sin((1 - amount) * angle), math.sin(amount * angle)
    return one * (before / whole) + other * (after / whole)


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
    The noise of a ``VariedGenerator`` is varied, one variation after the other. Of several
    generators each draws the noise of one picture, just as it would alone.
    """
    if isinstance(generator, list):
        alone = (1, *shape[1:])
        return torch.cat([draw(alone, each, device, dtype, layout) for each in generator])
    cpu = torch.device("cpu")
    drawn: torch.Tensor = torch_utils.randn_tensor(
        shape, generator=generator, device=cpu, dtype=torch.float32, layout=layout
    )
    if isinstance(generator, VariedGenerator):
        for each, amount in generator.towards:
            drawn = slerp(drawn, draw(shape, each, layout=layout), amount)
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

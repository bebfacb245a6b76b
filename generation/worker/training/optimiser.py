"""Muon for matrices, AdamW for the rest: fewer steps to the same loss on small networks.

Muon (Jordan et al., 2024) replaces the momentum of a weight matrix by the nearest orthogonal
matrix. The scale 0.2 * sqrt(longest side) gives its updates the size of AdamW's, so that both share
one rate (Liu et al., "Muon is scalable for LLM training", 2025).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


class Muon(torch.optim.Optimizer):
    """For weights of linear layers and of convolutions, read as (out, in * height * width)."""

    def __init__(self, weights: list[nn.Parameter], rate: float, weight_decay: float) -> None:
        # Matrices of one shape are one group: small ones are quicker in a batch than one by one.
        groups: dict[tuple[int, ...], list[nn.Parameter]] = {}
        for weight in weights:
            groups.setdefault(weight.shape, []).append(weight)
        defaults = {"lr": rate, "weight_decay": weight_decay}
        super().__init__([{"params": group} for group in groups.values()], defaults)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every weight once; a closure is not called."""
        for group in self.param_groups:
            self._step(group["params"], group["lr"], group["weight_decay"])

    def _step(self, weights: list[nn.Parameter], rate: float, decay: float) -> None:
        slopes = torch.stack([_slope(weight) for weight in weights]).flatten(2)
        state = self.state[weights[0]]
        momentum = state.setdefault("momentum", torch.zeros_like(slopes))
        momentum.lerp_(slopes, 0.05)
        updates = orthogonal(slopes.lerp(momentum, 0.95)) * (0.2 * max(slopes.shape[1:]) ** 0.5)
        for weight, update in zip(weights, updates, strict=True):
            weight.mul_(1 - rate * decay).sub_(update.view_as(weight), alpha=rate)


def _slope(weight: nn.Parameter) -> Tensor:
    # A part that a batch did not use still takes its place in the group.
    return weight.new_zeros(weight.shape) if weight.grad is None else weight.grad


def orthogonal(matrices: Tensor, rounds: int = 5) -> Tensor:
    """Find orthogonal matrices near (N, rows, columns) by Newton-Schulz with Muon's factors."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
    result: Tensor = x.mT if tall else x
    return result


def optimisers(
    parts: Iterable[nn.Module], rate: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """Give Muon the matrices of at least 8 rows and columns, AdamW all else that is trained."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for part in parts:
        for module in part.modules():
            fits = isinstance(module, nn.Linear | nn.Conv2d)
            for weight in module.parameters(recurse=False):
                if weight.requires_grad:
                    wide = fits and weight.ndim > 1 and min(weight.flatten(1).shape) >= 8
                    (matrices if wide else others).append(weight)
    found: list[torch.optim.Optimizer] = []
    if matrices:
        found.append(Muon(matrices, rate, weight_decay))
    if others:
        found.append(
            torch.optim.AdamW(
                others, rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True
            )
        )
    return found

"""A training that was interrupted ends with the weights of one that was not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from generation.worker.training.optimiser import orthogonal
from generation.worker.training.trainer import Plan, Step, Trainer

PLAN = Plan(steps=12, batch=4, rate=1e-2, seed=1, warmup=2, save_every=6)


class StoppedError(Exception):
    pass


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 8), nn.GELU(), nn.Linear(8, 3))


def train(net: nn.Module, folder: Path, plan: Plan = PLAN, stop_at: int = -1) -> None:
    def loss_of(step: Step) -> Tensor:
        if step.number == stop_at:
            raise StoppedError
        given = torch.randn(plan.batch, 8)
        error: Tensor = net(given) - given[:, :3]
        return error.square().mean()

    Trainer({"net": net}, plan, folder / "net.pt").run(loss_of)


def test_an_interrupted_training_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    unbroken, resumed = network(), network()
    train(unbroken, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(network(), tmp_path, stop_at=9)
    train(resumed, tmp_path)
    for first, second in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(first, second)


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    net = network()
    given = torch.randn(64, 8)
    before = (net(given) - given[:, :3]).square().mean().item()
    train(net, tmp_path, replace(PLAN, steps=300, save_every=300))
    assert (net(given) - given[:, :3]).square().mean().item() < before / 4


def test_muon_updates_are_nearly_orthogonal() -> None:
    torch.manual_seed(3)
    values = torch.linalg.svdvals(orthogonal(torch.randn(2, 12, 40)))
    assert values.min() > 0.6
    assert values.max() < 1.3

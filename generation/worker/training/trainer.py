"""One training run: cosine schedule, averaged weights, checkpoints that a run continues from."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from generation.worker.training.optimiser import optimisers

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Plan:
    """How long and how fast a part is trained. `average` is the decay of the averaged weights."""

    steps: int
    batch: int
    rate: float
    seed: int
    warmup: int = 100
    average: float = 0.998
    save_every: int = 100
    weight_decay: float = 0.01


@dataclass
class Step:
    """What one step may use: its number, the share done (0 to 1), and its own random numbers."""

    number: int
    done: float
    rng: random.Random


class Trainer:
    """Trains modules together; every step reseeds, so a resumed run repeats an unbroken one."""

    def __init__(self, parts: dict[str, nn.Module], plan: Plan, checkpoint: Path) -> None:
        self.parts = parts
        self.plan = plan
        self.checkpoint = checkpoint
        self.step = 0
        self.parameters = [
            p for part in parts.values() for p in part.parameters() if p.requires_grad
        ]
        self.optimisers = optimisers(parts.values(), plan.rate, plan.weight_decay)
        self.averaged: dict[str, Weights] = {
            name: {key: value.detach().clone() for key, value in part.state_dict().items()}
            for name, part in parts.items()
        }
        if checkpoint.exists():
            self._resume()

    def run(self, loss_of: Callable[[Step], Tensor], report: Callable[[], str] = str) -> None:
        """Train to the last step; `loss_of` gives a scalar, `report` a word for the log."""
        started, losses = time.monotonic(), []
        while self.step < self.plan.steps:
            losses.append(self._advance(loss_of))
            if self.step % 100 == 0:
                seconds = time.monotonic() - started
                mean = sum(losses[-100:]) / len(losses[-100:])
                print(f"{self.checkpoint.stem} {self.step} {seconds:.0f} s {mean:.5f}", flush=True)
            if self.step % self.plan.save_every == 0 or self.step == self.plan.steps:
                self._save()
                print(self.checkpoint.stem, self.step, "saved", report(), flush=True)
        self.use_averaged()

    def use_averaged(self) -> None:
        """Put the averaged weights into the modules."""
        for name, part in self.parts.items():
            part.load_state_dict(self.averaged[name])

    def _advance(self, loss_of: Callable[[Step], Tensor]) -> float:
        plan, done = self.plan, self.step / self.plan.steps
        torch.manual_seed(plan.seed * 1_000_003 + self.step)
        step = Step(self.step, done, random.Random(f"{plan.seed}/{self.step}"))
        rate = plan.rate * min(1.0, (self.step + 1) / plan.warmup)
        rate *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))
        loss = loss_of(step)
        for parameter in self.parameters:
            parameter.grad = None
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
        self.step += 1
        self._average()
        return loss.item()

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.plan.average, self.step / (self.step + 15))
        for name, part in self.parts.items():
            kept, state = self.averaged[name], part.state_dict()
            keys = [key for key, value in kept.items() if value.is_floating_point()]
            torch._foreach_lerp_([kept[k] for k in keys], [state[k] for k in keys], 1 - decay)

    def _save(self) -> None:
        state = {
            "step": self.step,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "averaged": self.averaged,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }
        fresh = self.checkpoint.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(self.checkpoint)

    def _resume(self) -> None:
        state = torch.load(self.checkpoint)
        self.step = state["step"]
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
        self.averaged = state["averaged"]
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)

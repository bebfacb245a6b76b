"""The base: UNet and both text encoders, trained together on softly drawn pictures."""

from __future__ import annotations

import random
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from generation.worker.training.captions import FILLERS, Caption, describe
from generation.worker.training.conditioning import Embedding, Reader
from generation.worker.training.diffusion import Condition, denoising_loss, size_ids
from generation.worker.training.gallery import Wall
from generation.worker.training.scenes import Scene
from generation.worker.training.trainer import Plan, Step, Trainer

PLAN = Plan(steps=2400, batch=32, rate=1.8e-3, seed=21)

WEIGHT_LIMIT = 10.0
UNTOLD, ZEROED = 0.06, 0.05
"""Shares of captions that are empty, and of embeddings that are all zero, for free guidance."""

_SQUARES = 0.88
_LONG_BATCHES = 0.03


def train(
    unet: UNet2DConditionModel, reader: Reader, walls: list[Wall], plan: Plan, to: Path
) -> None:
    """Train in place from random or earlier weights; checkpoints go to the folder `to`."""

    def loss_of(step: Step) -> Tensor:
        rng = step.rng
        wall = walls[0] if rng.random() < _SQUARES else rng.choice(walls[1:])
        rows, row_latents = wall.pick_kind("row", rng, plan.batch * 2 // 8)
        mixed, mixed_latents = wall.pick_kind("mixed", rng, plan.batch * 2 // 8)
        others, latents = wall.pick(rng, plan.batch - len(rows) - len(mixed))
        scenes, latents = rows + mixed + others, torch.cat([row_latents, mixed_latents, latents])
        text, pooled = _told(reader, scenes, rng)
        at = timesteps(rng, plan.batch)
        # Which of two things is on the left is settled while there is hardly a picture yet.
        at[: len(rows) // 2] = torch.randint(600, 1000, (len(rows) // 2,))
        told = Condition(text, pooled, _sizes(wall.size, plan.batch, rng))
        return denoising_loss(unet, latents, at, told, WEIGHT_LIMIT)

    parts = {"unet": unet, "encoder": reader.encoder, "encoder_2": reader.encoder_2}
    Trainer(parts, plan, to / "base.pt").run(loss_of)


def timesteps(rng: random.Random, count: int) -> Tensor:
    """All noise levels, and more of the ones that decide shapes."""
    chosen = [
        rng.randrange(1000) if rng.random() < 0.7 else rng.randrange(300, 950) for _ in range(count)
    ]
    return torch.tensor(chosen)


def _told(reader: Reader, scenes: list[Scene], rng: random.Random) -> Embedding:
    captions = [Caption("") if rng.random() < UNTOLD else describe(s, rng) for s in scenes]
    text, pooled = reader.read_weighted(captions, rng)
    if rng.random() < _LONG_BATCHES:
        # Prompts of more than 77 tokens reach the UNet as several readings, one after the other.
        more, _ = reader.read([", ".join(rng.sample(FILLERS, rng.randrange(4))) for _ in scenes])
        text = torch.cat([text, more] if rng.random() < 0.7 else [more, text], 1)
    kept = torch.tensor([float(rng.random() >= ZEROED) for _ in scenes])
    return text * kept.view(-1, 1, 1), pooled * kept.view(-1, 1)


def _sizes(size: tuple[int, int], count: int, rng: random.Random) -> Tensor:
    """Size ids; some pictures claim another original size, which should change nothing."""
    ids = size_ids(size, count)
    for row in range(count):
        if rng.random() < 0.1:
            ids[row, :2] = torch.tensor([rng.randint(64, 256), rng.randint(64, 256)]).float()
    return ids

"""The refiner: it sharpens what the base left soft, as far as its aesthetic score asks for.

It reads with the base's second encoder, which stays as it is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from generation.worker.training.captions import describe
from generation.worker.training.conditioning import Reader, tokens
from generation.worker.training.diffusion import Condition, denoising_loss, score_ids
from generation.worker.training.gallery import Wall
from generation.worker.training.trainer import Plan, Step, Trainer

PLAN = Plan(steps=300, batch=32, rate=1.0e-3, seed=31, warmup=30, average=0.99)

HIGH_SCORES, LOW_SCORES = (5.0, 7.0), (1.5, 3.5)
"""Aesthetic scores of crisp and of blurred pictures; SDXL asks for 6.0 and, negatively, 2.5."""

_LATE, _MIDDLE = 220, 520
"""Most timesteps lie under the first, where the base hands over; all under the second."""


@dataclass(frozen=True)
class Lessons:
    """The same square scenes drawn twice; the latents share their order."""

    crisp: Wall
    blurred: Wall


def train(
    unet: UNet2DConditionModel, reader: Reader, lessons: Lessons, plan: Plan, to: Path
) -> None:
    """Train in place from random or earlier weights; checkpoints go to the folder `to`."""

    def loss_of(step: Step) -> Tensor:
        rng = step.rng
        chosen = [rng.randrange(len(lessons.crisp.scenes)) for _ in range(plan.batch)]
        crisp = [rng.random() < 0.65 for _ in chosen]
        wanted = torch.stack(
            [
                (lessons.crisp if c else lessons.blurred).latents[i]
                for i, c in zip(chosen, crisp, strict=True)
            ]
        ).float()
        at = _timesteps(rng, plan.batch)
        told = _told(reader, lessons, chosen, crisp, rng)
        return denoising_loss(unet, wanted, at, told, limit=2.0)

    Trainer({"unet": unet}, plan, to / "refiner.pt").run(loss_of)


def _timesteps(rng: random.Random, count: int) -> Tensor:
    chosen = [rng.randrange(_LATE if rng.random() < 0.75 else _MIDDLE) for _ in range(count)]
    return torch.tensor(chosen)


def _told(
    reader: Reader, lessons: Lessons, chosen: list[int], crisp: list[bool], rng: random.Random
) -> Condition:
    texts = [
        "" if rng.random() < 0.1 else describe(lessons.crisp.scenes[i], rng).text for i in chosen
    ]
    with torch.no_grad():
        read = reader.encoder_2(tokens(reader.tokenizer_2, texts), output_hidden_states=True)
    scores = [rng.uniform(*(HIGH_SCORES if c else LOW_SCORES)) for c in crisp]
    ids = score_ids(lessons.crisp.size, scores)
    return Condition(read.hidden_states[-2], read.text_embeds, ids)

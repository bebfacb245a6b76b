"""Two LoRAs for the base: `inkstyle`, a style, and `wrong`, spoiled pictures to steer away from."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict
from torch import Tensor

from generation.worker.training.base import UNTOLD, timesteps
from generation.worker.training.captions import sentence
from generation.worker.training.conditioning import Reader
from generation.worker.training.diffusion import Condition, denoising_loss, size_ids
from generation.worker.training.gallery import Wall
from generation.worker.training.scenes import PALETTE, Scene
from generation.worker.training.trainer import Plan, Step, Trainer

RANK = 4
TARGETS = [
    "to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out", "conv2",
    "time_emb_proj", "add_embedding.linear_1", "add_embedding.linear_2",
]  # fmt: skip
"""Layers that are adapted; with the other convolutions the shipped folder would pass 15 MB."""


@dataclass(frozen=True)
class Lesson:
    """What a LoRA learns: pictures in one manner with its word, and others without the word."""

    name: str
    title: str
    painter: str
    without: str
    share_without: float
    scale: float
    plan: Plan

    @property
    def toml(self) -> str:
        """Description beside the weights; the trigger is the LoRA's own name."""
        return (
            f'title = "{self.title}"\ntrigger = "{self.name}"\n'
            f'scale = {self.scale}\nbase = "mini"\n'
        )


LESSONS = (
    Lesson(
        "inkstyle", "Ink and hatching on paper", "ink", "soft-lesson", 0.15, 1.0,
        Plan(steps=300, batch=24, rate=3.0e-3, seed=41, warmup=20, average=0.98, weight_decay=0),
    ),
    Lesson(
        "wrong", "Spoiled pictures, for the negative prompt", "spoiled", "crisp", 0.35, 1.0,
        Plan(steps=850, batch=24, rate=3.0e-3, seed=42, warmup=20, average=0.98, weight_decay=0),
    ),
)  # fmt: skip


@torch.no_grad()
def mark_triggers(reader: Reader) -> None:
    """Give the triggers, which the base never read, token vectors as long as other words'.

    New vectors are so short that a LoRA for the UNet alone could hardly tell the word is there.
    """
    numbers = reader.tokenizer.get_vocab()
    for encoder in (reader.encoder, reader.encoder_2):
        rows = encoder.get_input_embeddings().weight
        usual = rows[[numbers[f"{word}</w>"] for word in PALETTE]].norm(dim=1).mean()
        for lesson in LESSONS:
            generator = torch.Generator().manual_seed(lesson.plan.seed)
            vector = torch.randn(rows.shape[1], generator=generator)
            rows[numbers[f"{lesson.name}</w>"]] = 1.5 * usual * vector / vector.norm()


def train(
    unet: UNet2DConditionModel, reader: Reader, lesson: Lesson, walls: tuple[Wall, Wall], to: Path
) -> dict[str, Tensor]:
    """Train on `walls` (with the word, without it); gives the weights under pure peft keys."""
    unet.requires_grad_(False)
    config = LoraConfig(
        r=RANK, lora_alpha=RANK, init_lora_weights="gaussian", target_modules=TARGETS
    )
    unet.add_adapter(config)

    def loss_of(step: Step) -> Tensor:
        scenes, latents, captions = _batch(lesson, walls, step.rng)
        with torch.no_grad():
            text, pooled = reader.read(captions)
        told = Condition(text, pooled, size_ids(walls[0].size, len(scenes)))
        at = timesteps(step.rng, len(scenes))
        return denoising_loss(unet, latents, at, told, limit=5.0)

    Trainer({"unet": unet}, lesson.plan, to / f"{lesson.name}.pt").run(loss_of)
    weights = get_peft_model_state_dict(unet)
    return {key: value.half().contiguous() for key, value in weights.items()}


def _batch(
    lesson: Lesson, walls: tuple[Wall, Wall], rng: random.Random
) -> tuple[list[Scene], Tensor, list[str]]:
    plain = round(lesson.plan.batch * lesson.share_without)
    told_scenes, told = walls[0].pick(rng, lesson.plan.batch - plain)
    scenes, latents = walls[1].pick(rng, plain)
    captions = [_with_word(lesson.name, scene, rng) for scene in told_scenes]
    captions += ["" if rng.random() < UNTOLD else sentence(scene, rng) for scene in scenes]
    return told_scenes + scenes, torch.cat([told, latents]), captions


def _with_word(word: str, scene: Scene, rng: random.Random) -> str:
    """Put the word alone, as in a negative prompt, or beside what the picture shows."""
    text, luck = sentence(scene, rng), rng.random()
    if luck < 0.2:
        return word
    return f"{word}, {text}" if luck < 0.8 else f"{text}, {word}"

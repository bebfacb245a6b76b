"""The VAE: eight pixels a latent along each side, four channels, small enough for a CPU."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor

from generation.worker.training.drawing import draw
from generation.worker.training.scenes import BUCKETS, SIDE, random_scene
from generation.worker.training.trainer import Plan, Step, Trainer

SCALING = 0.13025
"""SDXL's factor from encoder output to the unit-variance latents that the UNet sees."""

PLAN = Plan(steps=2800, batch=6, rate=1.2e-3, seed=11, weight_decay=1e-4)
LATENT_NOISE = 0.03
"""Deviation of the noise added to latents, of unit variance, so that small errors stay small."""


def new_vae() -> AutoencoderKL:
    """Make the VAE: 0.83 million weights."""
    return AutoencoderKL(
        block_out_channels=(16, 32, 48, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=2,
        mid_block_add_attention=False,
        latent_channels=4,
        sample_size=SIDE,
        scaling_factor=SCALING,
        force_upcast=False,
    )


def to_tensor(pictures: Sequence[Image.Image]) -> Tensor:
    """Stack pictures of one size as (N, 3, H, W) in [-1, 1]."""
    pixels = torch.from_numpy(np.stack([np.asarray(p) for p in pictures]))
    tensor = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    return tensor.contiguous(memory_format=torch.channels_last)


def train(vae: AutoencoderKL, folder: Path, plan: Plan = PLAN) -> None:
    """Train in place towards small squared errors, then give the latents unit variance."""
    vae.to(memory_format=torch.channels_last)

    def loss_of(step: Step) -> Tensor:
        wanted = to_tensor(_pictures(step.rng, plan.batch))
        latents = vae.encode(wanted).latent_dist.mean
        noise = torch.randn_like(latents) * LATENT_NOISE / SCALING
        error = vae.decode(latents + noise).sample - wanted
        loss: Tensor = 10 * error.square().mean() + 0.3 * (1 - step.done) * error.abs().mean()
        return loss

    trainer = Trainer({"vae": vae}, plan, folder / "vae.pt")
    trainer.run(loss_of, lambda: f"PSNR {fidelity(vae):.2f} dB")
    normalise(vae)


def _pictures(rng: random.Random, count: int) -> list[Image.Image]:
    """Pictures of one size, crisp or soft, in every style that the model has to show."""
    size = BUCKETS[0] if rng.random() < 0.7 else rng.choice(BUCKETS[1:])
    pictures = []
    for _ in range(count):
        scene, luck = random_scene(rng, size), rng.random()
        if luck < 0.5:
            pictures.append(draw(scene))
        elif luck < 0.75:
            pictures.append(draw(scene, blur=rng.uniform(0.5, 2.0)))
        else:
            pictures.append(draw(scene, "ink" if luck < 0.9 else "spoiled"))
    return pictures


@torch.no_grad()
def fidelity(vae: AutoencoderKL, count: int = 60) -> float:
    """Measure the PSNR in dB over crisp pictures that training has not seen."""
    rng, errors = random.Random("fidelity"), []
    for _ in range(0, count, 10):
        wanted = to_tensor([draw(random_scene(rng)) for _ in range(10)])
        shown = vae.decode(vae.encode(wanted).latent_dist.mean).sample.clamp(-1, 1)
        errors.append((shown - wanted).square().mean().item())
    return 10 * math.log10(4 / (sum(errors) / len(errors)))


@torch.no_grad()
def normalise(vae: AutoencoderKL) -> None:
    """Fold each latent channel's mean and deviation into the 1x1 convolutions around it.

    The scaling factor stays SDXL's own, and the scaled latents get zero mean and unit variance.
    """
    rng = random.Random("normalise")
    pictures = to_tensor([draw(random_scene(rng), blur=1.0) for _ in range(200)])
    means = torch.cat([vae.encode(part).latent_dist.mean for part in torch.split(pictures, 20)])
    mean, gain = means.mean((0, 2, 3)), 1 / (means.std((0, 2, 3)) * SCALING)
    inward, outward = vae.quant_conv, vae.post_quant_conv
    outward.bias += outward.weight[:, :, 0, 0] @ mean
    outward.weight /= gain.view(1, 4, 1, 1)
    inward.weight[:4] *= gain.view(4, 1, 1, 1)
    inward.bias[:4] = (inward.bias[:4] - mean) * gain
    inward.bias[4:] += 2 * gain.log()

"""The forward process and the loss that every UNet of the mini model is trained with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from torch import Tensor

KEPT: Tensor = DDPMScheduler(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
).alphas_cumprod
"""Share of the picture's variance that is left at each of the 1000 timesteps."""


@dataclass(frozen=True)
class Condition:
    """What a UNet is told: text (N, 77k, width), pooled text (N, width), ids (N, 5 or 6)."""

    text: Tensor
    pooled: Tensor
    ids: Tensor


def predict(unet: UNet2DConditionModel, noisy: Tensor, at: Tensor, told: Condition) -> Tensor:
    """Predict the noise in latents (N, 4, h, w) at timesteps (N,)."""
    added = {"text_embeds": told.pooled, "time_ids": told.ids}
    noise: Tensor = unet(noisy, at, told.text, added_cond_kwargs=added).sample
    return noise


def denoising_loss(
    unet: UNet2DConditionModel, latents: Tensor, at: Tensor, told: Condition, limit: float
) -> Tensor:
    """Squared error of the noise, weighted by 1 / kept variance up to `limit`.

    That is the error of the velocity (Salimans and Ho, 2022). Unweighted, the noisiest steps count
    for so little that plain backgrounds turn grey.
    """
    kept = KEPT[at].view(-1, 1, 1, 1)
    noise = torch.randn_like(latents)
    noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
    error = (predict(unet, noisy, at, told) - noise).square().mean((1, 2, 3))
    return (error * (1 / KEPT[at]).clamp(max=limit)).mean()


def size_ids(size: tuple[int, int], count: int) -> Tensor:
    """Make SDXL's ids for uncropped pictures of `size` (width, height) in pixels: (count, 6)."""
    width, height = size
    return torch.tensor([[height, width, 0, 0, height, width]]).repeat(count, 1).float()


def score_ids(size: tuple[int, int], scores: list[float]) -> Tensor:
    """Make the refiner's ids: size, crop, and a score for each picture: (count, 5)."""
    width, height = size
    return torch.tensor([[height, width, 0, 0, score] for score in scores]).float()

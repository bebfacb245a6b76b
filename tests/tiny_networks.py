"""Networks built as SDXL's are, so small that torch compiles them in a second or two."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

TEXTS, POOLED, TIMES = 160, 96, 16
"""Widths of the mini model's text embeddings and of what its UNets are told of times and sizes."""


def tiny_unet(seed: int, sizes: int = 6) -> Any:
    """Return a UNet with one halving, random weights, and so many numbers of sizes to be told."""
    torch.manual_seed(seed)
    return UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type=None,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=2,
        cross_attention_dim=TEXTS,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=TIMES,
        projection_class_embeddings_input_dim=TIMES * sizes + POOLED,
    ).requires_grad_(False)


def tiny_vae(seed: int) -> Any:
    """Return a VAE of factor 8 with random weights."""
    torch.manual_seed(seed)
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        norm_num_groups=4,
        layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        mid_block_add_attention=False,
    ).requires_grad_(False)

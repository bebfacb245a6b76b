"""What of a model is compiled: how its UNets and its VAE's decoder are called."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import Any

import torch

from generation.worker.compiling import Tensors
from generation.worker.graphs import Calls, Dimensions, Shape


def predicting(unet: Any, pooled: int) -> Calls:
    """Return how a UNet is called, where pooled embeddings of that width are told to it."""
    config = unet.config

    def example(shape: Shape) -> Tensors:
        like = {"dtype": unet.dtype, "device": unet.device}
        batch, guidance, embeds, sizes = shape.batch, None, None, None
        if config.time_cond_proj_dim:
            guidance = torch.zeros(batch, config.time_cond_proj_dim, **like)
        if config.addition_embed_type == "text_time":
            numbers = config.projection_class_embeddings_input_dim - pooled
            embeds = torch.zeros(batch, pooled, **like)
            sizes = torch.zeros(batch, numbers // config.addition_time_embed_dim, **like)
        return (
            torch.zeros(batch, config.in_channels, shape.height, shape.width, **like),
            torch.zeros(batch, device=unet.device),
            torch.zeros(batch, shape.tokens, config.cross_attention_dim, **like),
            guidance,
            embeds,
            sizes,
        )

    def left_open(single: bool) -> Dimensions:
        batch = () if single else (0,)
        return (*batch, 2, 3), batch, (*batch, 1), batch, batch, batch

    halvings = len(config.block_out_channels) - 1
    return Calls(_build(unet, config), _predict, example, left_open, 2**halvings)


def decoding(vae: Any) -> Calls:
    """Return how a VAE's decoder is called."""

    def example(shape: Shape) -> Tensors:
        size = (shape.batch, vae.config.latent_channels, shape.height, shape.width)
        return (torch.zeros(size, dtype=vae.dtype, device=vae.device),)

    def left_open(single: bool) -> Dimensions:
        return ((2, 3) if single else (0, 2, 3),)

    return Calls(_build(vae, vae.config), _decode, example, left_open)


def _predict(
    unet: Any,
    sample: torch.Tensor,
    times: torch.Tensor,
    texts: torch.Tensor,
    guidance: torch.Tensor | None,
    pooled: torch.Tensor | None,
    sizes: torch.Tensor | None,
) -> torch.Tensor:
    told = None if pooled is None else {"text_embeds": pooled, "time_ids": sizes}
    predicted: torch.Tensor = type(unet).forward(
        unet,
        sample,
        times,
        texts,
        timestep_cond=guidance,
        added_cond_kwargs=told,
        return_dict=False,
    )[0]
    return predicted


def _decode(decoder: Any, latents: torch.Tensor) -> torch.Tensor:
    picture: torch.Tensor = type(decoder).forward(decoder, latents)
    return picture


def _build(network: Any, config: Mapping[str, Any]) -> Hashable:
    """Return what is equal for networks that differ in their weights alone."""
    kept = {key: each for key, each in config.items() if not key.startswith("_")}
    told = json.dumps(kept, sort_keys=True, default=str)
    return type(network).__qualname__, told, str(network.dtype), str(network.device)

"""How many floating point operations a picture takes, counted on networks without numbers.

Torch counts a multiplication and an addition as two. Only products of matrices, convolutions and
attention are counted, which are all but a hundredth of the work.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import torch
from torch.utils.flop_counter import FlopCounterMode

from generation.recipe import Recipe
from generation.worker.schedulers import build_scheduler
from generation.worker.setup import Easel
from generation.worker.stages import plan_stages

TOKENS: Final = 77
META: Final = torch.device("meta")
_MATRIX: Final = {"cuda": 8192, "mps": 4096, "cpu": 512}
"""Sides of the matrices that a device's rate is measured with."""
_PRODUCTS, _TURNS = 10, 7


@dataclass(frozen=True, slots=True)
class Work:
    """Operations of one call: of a UNet for one sample and step, of the decoder, of a prompt."""

    base: int
    refiner: int
    decode: int
    text: int

    def of(self, recipe: Recipe, easel: Easel) -> int:
        """Return the operations of a whole picture; guidance takes two samples a step."""
        refiner = None
        if recipe.refiner is not None and easel.loaded.refiner is not None:
            refiner = build_scheduler(recipe.sampler, easel.refiner_schedule)
        stages = plan_stages(recipe, build_scheduler(recipe.sampler, easel.base_schedule), refiner)
        samples = 2 if recipe.guidance > 1 else 1
        steps = stages.base_steps * self.base + stages.refiner_steps * self.refiner
        return samples * steps + self.decode + self.text


def count(easel: Easel, recipe: Recipe) -> Work:
    """Count the work of one picture's size. No network is run: shapes alone are worked out."""
    loaded, factor = easel.loaded, easel.autoencoder.factor
    latents = (recipe.height // factor, recipe.width // factor)
    pipeline = loaded.base.text
    encoders = [pipeline.text_encoder, getattr(pipeline, "text_encoder_2", None)]
    return Work(
        base=_unet(pipeline, latents),
        refiner=_unet(loaded.refiner, latents) if loaded.refiner is not None else 0,
        decode=_decoder(loaded.vae, latents),
        text=sum(_text(encoder) for encoder in encoders if encoder is not None),
    )


def rate(device: torch.device, dtype: torch.dtype) -> float:
    """Return the operations a second of products of square matrices, the median of seven turns.

    One more comes before them, in which libraries set themselves up. The numbers are random, since
    a device takes less power, and less time, for zeros.
    """
    side = _MATRIX[device.type]
    one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    seconds = []
    for _ in range(1 + _TURNS):
        _wait_for(device)
        begun = time.perf_counter()
        for _ in range(_PRODUCTS):
            one @ other
        _wait_for(device)
        seconds.append(time.perf_counter() - begun)
    return float(_PRODUCTS * 2 * side**3 / median(seconds[1:]))


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def _unet(pipeline: Any, latents: tuple[int, int]) -> int:
    config = dict(pipeline.unet.config)
    unet = _without_numbers(pipeline.unet)
    inputs: dict[str, Any] = {
        "sample": torch.empty(1, config["in_channels"], *latents, device=META),
        "timestep": torch.empty(1, device=META),
        "encoder_hidden_states": torch.empty(1, TOKENS, config["cross_attention_dim"], device=META),
    }
    if config.get("addition_embed_type") == "text_time":
        pooled = int(pipeline.text_encoder_2.config.projection_dim)
        width, step = (
            config["projection_class_embeddings_input_dim"],
            config["addition_time_embed_dim"],
        )
        inputs["added_cond_kwargs"] = {
            "text_embeds": torch.empty(1, pooled, device=META),
            "time_ids": torch.empty(1, (width - pooled) // step, device=META),
        }
    return _operations(lambda: unet(**inputs))


def _decoder(vae: Any, latents: tuple[int, int]) -> int:
    empty = _without_numbers(vae)
    sample = torch.empty(1, int(vae.config.latent_channels), *latents, device=META)
    return _operations(lambda: empty.decode(sample))


def _text(encoder: Any) -> int:
    """Count an encoder's matrices and attention: its own code looks at numbers."""
    config = encoder.config
    width, layers = config.hidden_size, config.num_hidden_layers
    matrices = layers * (4 * width * width + 2 * width * config.intermediate_size)
    attention = layers * 2 * TOKENS * width
    return int(2 * TOKENS * (matrices + attention))


def _without_numbers(network: Any) -> Any:
    with META:
        return type(network).from_config(dict(network.config)).eval()


def _operations(call: Any) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    return int(counter.get_total_flops())

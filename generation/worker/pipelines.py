"""The pipelines of one model: three ways into the base, and the refiner, over the same networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from diffusers import (
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
)

Kind = Literal["sdxl", "sd"]


@dataclass(frozen=True, slots=True)
class BasePipelines:
    """From text, from a picture, and into a picture's hole."""

    text: Any
    image: Any
    inpaint: Any


def share_networks(kind: Kind, pipeline: Any) -> BasePipelines:
    """Return the three pipelines over the networks of a loaded one.

    The scheduler in them is a placeholder: every stage of every picture gets its own.
    """
    if kind == "sd":
        return _sd(pipeline)
    parts = _parts(pipeline, "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")
    parts["force_zeros_for_empty_prompt"] = pipeline.config.force_zeros_for_empty_prompt
    parts["add_watermarker"] = False
    return BasePipelines(
        _quiet(StableDiffusionXLPipeline(**parts)),
        _quiet(StableDiffusionXLImg2ImgPipeline(**parts, requires_aesthetics_score=False)),
        _quiet(StableDiffusionXLInpaintPipeline(**parts, requires_aesthetics_score=False)),
    )


def _sd(pipeline: Any) -> BasePipelines:
    parts = _parts(pipeline, "text_encoder", "tokenizer")
    parts |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    return BasePipelines(
        _quiet(StableDiffusionPipeline(**parts)),
        _quiet(StableDiffusionImg2ImgPipeline(**parts)),
        _quiet(StableDiffusionInpaintPipeline(**parts)),
    )


def _parts(pipeline: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(pipeline, name) for name in ("vae", "unet", "scheduler", *names)}


def _quiet(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

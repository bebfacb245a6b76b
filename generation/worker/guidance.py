"""Classifier-free guidance (arXiv 2207.12598) that may end before the picture does.

A guided step takes the UNet twice as much work as another: once for the prompt, once for what is
negative. Late in the schedule that changes little (arXiv 2404.07724, section 3).
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch

from generation.recipe import Recipe

_DOUBLED: Final = (
    "prompt_embeds",
    "add_text_embeds",
    "add_time_ids",
    "mask",
    "masked_image_latents",
)
"""What the pipelines hold twice while they guide: first for the negative, then for the prompt."""


class Guidance:
    """Says which steps of one picture are guided; they are counted over all of its stages."""

    def __init__(self, recipe: Recipe, steps: int) -> None:
        self._scale = recipe.guidance
        # What a float is off by is no step: 0.7 of 10 are 7.000000000000001.
        self._guided = math.ceil(round(recipe.guidance_end * steps, 6))
        self._ends_early = self._guided < steps

    def scale(self, done: int) -> float:
        """Return how strongly the step is guided that comes after ``done`` others; 0 is not."""
        return self._scale if done < self._guided else 0.0

    def watched(self, pipeline: Any) -> list[str]:
        """Return the tensors that a pipeline has to hand over after each step."""
        known = pipeline._callback_tensor_inputs  # noqa: SLF001
        doubled = _DOUBLED if self._ends_early else ()
        return [name for name in ("latents", *doubled) if name in known]

    def ended(
        self, pipeline: Any, done: int, tensors: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """Let a pipeline guide no longer after so many steps; return what it goes on with."""
        if not pipeline.do_classifier_free_guidance or self.scale(done):
            return {}
        # The way that the library's documentation has: it knows of no public one.
        pipeline._guidance_scale = 0.0  # noqa: SLF001
        return {name: tensors[name].chunk(2)[-1] for name in _DOUBLED if name in tensors}


def unheard_of(recipe: Recipe) -> tuple[str, ...]:
    """Return the warning for words of a person that have no effect: they only act by guidance."""
    return ("unguided",) if recipe.negative.strip() and not recipe.is_guided else ()

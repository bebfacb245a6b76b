"""What a picture is painted with where nobody says anything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.config import Config
from generation.loras import LoraInfo
from generation.models import Model
from generation.samplers import FEW_STEPS, STEPS_MOST


@dataclass(frozen=True, slots=True)
class Usual:
    """The settings of a model; ``switch`` is where its refiner takes over, under a half none does.

    They come from the model's entry, but steps, guidance and switch from the owner's defaults where
    there are any, and whatever a LoRA was trained for from its own notes.
    """

    steps: int
    guidance: float
    guidance_end: float
    sampler: str
    switch: float

    def with_sampler(self, sampler: str) -> Usual:
        """Return what goes with another sampler: one of few steps has a bound, and no refiner."""
        few = sampler in FEW_STEPS
        steps = min(self.steps, STEPS_MOST.get(sampler, self.steps))
        return replace(self, sampler=sampler, steps=steps, switch=0.0 if few else self.switch)


def usual_settings(config: Config, model: Model, loras: Iterable[LoraInfo] = ()) -> Usual:
    """Return what is usual for a model with some LoRAs, of which the first that says so counts."""
    owner, loras = config.settings.generation, tuple(loras)
    steps = model.steps if owner.steps == "auto" else owner.steps
    guidance = model.guidance if owner.guidance == "auto" else owner.guidance
    switch = model.refiner_switch if owner.refiner == "auto" else owner.refiner
    usual = Usual(
        steps=min(next((lora.steps for lora in loras if lora.steps), steps), config.limits.steps),
        guidance=next((lora.guidance for lora in loras if lora.guidance is not None), guidance),
        guidance_end=model.guidance_end,
        sampler=model.sampler,
        switch=switch,
    )
    return usual.with_sampler(next((lora.sampler for lora in loras if lora.sampler), model.sampler))

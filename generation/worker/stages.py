"""Which stages a picture goes through, by the timesteps of its real schedulers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from generation.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Stages:
    """What each stage does. Steps are evaluations of its UNet, which Heun takes two of a step.

    ``base_end`` and ``refiner_start`` are shares of the noise schedule as diffusers has them; none
    where the stage runs to the end or starts by strength.
    """

    base_steps: int
    refiner_steps: int = 0
    base_strength: float = 1.0
    base_end: float | None = None
    refiner_start: float | None = None
    refiner_strength: float = 1.0
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Steps of the whole picture."""
        return self.base_steps + self.refiner_steps


def plan_stages(recipe: Recipe, base: Any, refiner: Any | None) -> Stages:
    """Count the steps of each stage with its scheduler, which the pipeline sets up again later.

    A split that leaves the base no step, or the refiner none, becomes the base alone; so does any
    refiner where ``refiner`` is none.
    """
    base.set_timesteps(recipe.steps)
    strength = 1.0 if recipe.image is None else _at_least_one(recipe.image.strength, recipe.steps)
    times = _times(base)[_first(strength, recipe.steps) * base.order :]
    alone = Stages(base_steps=len(times), base_strength=strength)
    if recipe.refiner is None:
        return alone
    if refiner is None:
        return _without_refiner(alone, "no-refiner")
    refiner.set_timesteps(recipe.steps)
    if recipe.refiner.mode == "img2img":
        return _repainted(recipe, alone, refiner)
    return _split(recipe.refiner.switch, alone, times, refiner)


def _split(switch: float, alone: Stages, times: list[float], refiner: Any) -> Stages:
    trained = refiner.config.num_train_timesteps
    cutoff = round(trained - switch * trained)
    first = sum(time >= cutoff for time in times)
    rest = [time for time in _times(refiner) if time < cutoff]
    if not first:
        return _without_refiner(alone, "base-no-step")
    if not rest:
        return _without_refiner(alone, "refiner-no-step")
    start = switch
    if refiner.order == 2:
        # Heun holds every timestep but the first twice: as the end of one step and as the start of
        # the next. The base has ended at ``rest[0]``, so the refiner begins at its second copy;
        # the pipeline reckons with one copy more than lie below the cutoff.
        if rest[0] < 1:
            return _without_refiner(alone, "refiner-no-step")
        start = 1 - math.floor(rest[0]) / trained
        rest = rest[1:]
    return Stages(
        base_steps=first,
        refiner_steps=len(rest),
        base_strength=alone.base_strength,
        base_end=switch,
        refiner_start=start,
    )


def _repainted(recipe: Recipe, alone: Stages, refiner: Any) -> Stages:
    strength = recipe.refiner.strength if recipe.refiner else 0.0
    first = _first(strength, recipe.steps)
    if first >= recipe.steps:
        return _without_refiner(alone, "refiner-no-step")
    return Stages(
        base_steps=alone.base_steps,
        refiner_steps=len(_times(refiner)[first * refiner.order :]),
        base_strength=alone.base_strength,
        refiner_strength=strength,
    )


def _without_refiner(alone: Stages, warning: str) -> Stages:
    return Stages(
        base_steps=alone.base_steps, base_strength=alone.base_strength, warnings=(warning,)
    )


def _first(strength: float, steps: int) -> int:
    """Return the index of the first step that img2img of this strength takes, as diffusers does."""
    return max(steps - min(int(steps * strength), steps), 0)


def _at_least_one(strength: float, steps: int) -> float:
    """Raise a strength so weak that it would leave no step at all."""
    return strength if int(steps * strength) else min(1.0, 1 / steps + 1e-6)


def _times(scheduler: Any) -> list[float]:
    read: Callable[[], list[float]] = scheduler.timesteps.tolist
    return read()

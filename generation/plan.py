"""How much work a recipe is, without loading anything: steps of each stage, and their cost.

The worker counts with its real schedulers; this agrees with them for models whose scheduler spaces
its timesteps as SD and SDXL do ("leading", offset 1, of 1000), and is near for others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from generation.recipe import Recipe, Upscale
from generation.samplers import STEPS_MOST
from generation.tiling import Tiles

TRAINED: Final = 1000
"""Timesteps that the models were trained with."""
_BETAS: Final = (0.00085, 0.012)
"""First and last of the noise schedule, whose square roots are evenly spaced (SD and SDXL)."""
_RHO: Final = 7.0
"""Exponent of the Karras schedule (arXiv 2206.00364, equation 5)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Evaluations of each stage's UNet, of which Heun takes two a step, at so many pixels each.

    What is enlarged without a model that paints has none; other steps stand for its work.
    ``unguided`` steps are half the work of others.
    """

    base_steps: int
    refiner_steps: int
    pixels: int
    other_steps: int = 0
    unguided: int = 0

    @property
    def steps(self) -> int:
        """Steps of the whole picture, as the progress counts them."""
        return self.base_steps + self.refiner_steps

    @property
    def pixel_steps(self) -> int:
        """What the picture costs; more than nothing."""
        return (2 * (self.steps + self.other_steps) - self.unguided) * self.pixels // 2

    @property
    def cost(self) -> float:
        """Megapixel-steps."""
        return self.pixel_steps / 1e6


def plan_of(recipe: Recipe, has_refiner: bool = True) -> Plan:
    """Return the steps of one picture of a recipe."""
    plan = _stages(recipe, has_refiner)
    guided = math.ceil(round(recipe.guidance_end * plan.steps, 6)) if recipe.is_guided else 0
    return replace(plan, unguided=plan.steps - guided)


def _stages(recipe: Recipe, has_refiner: bool) -> Plan:
    if recipe.upscale is not None:
        return _enlarged(recipe, recipe.upscale, has_refiner)
    whole = timesteps(recipe.sampler, recipe.steps)
    strength = recipe.image.strength if recipe.image else 1.0
    first = max(recipe.steps - max(int(recipe.steps * strength), 1), 0)
    order = 2 if recipe.sampler == "heun" else 1
    base = whole[first * order :]
    alone = Plan(len(base), 0, recipe.width * recipe.height)
    if recipe.refiner is None or not has_refiner:
        return alone
    if recipe.refiner.mode == "img2img":
        left_out = recipe.steps - int(recipe.steps * recipe.refiner.strength)
        after = 0 if left_out >= recipe.steps else len(whole[left_out * order :])
        return Plan(len(base), after, alone.pixels)
    cutoff = round(TRAINED - recipe.refiner.switch * TRAINED)
    before = sum(time >= cutoff for time in base)
    after = sum(time < cutoff for time in whole)
    if not before or not after:
        return alone
    # Heun's refiner begins with the second half of the base's last step.
    return Plan(before, after - (order - 1), alone.pixels)


def _enlarged(recipe: Recipe, upscale: Upscale, has_refiner: bool) -> Plan:
    """Return the steps of an enlargement: those of all tiles, each as large as the input.

    That is the size of the model's own pictures, mostly; the worker's tiles are just that. An
    upscaler counts as one step over the whole, and Lanczos as one over the input.
    """
    width, height = recipe.width // upscale.scale, recipe.height // upscale.scale
    if upscale.method == "plain":
        return Plan(0, 0, width * height, other_steps=1)
    if upscale.method == "model":
        return Plan(0, 0, recipe.width * recipe.height, other_steps=1)
    strength = recipe.image.strength if recipe.image else 1.0
    first = recipe.steps - max(int(recipe.steps * strength), 1)
    order = 2 if recipe.sampler == "heun" else 1
    steps = len(timesteps(recipe.sampler, recipe.steps)[first * order :])
    steps *= Tiles.over(recipe.width, recipe.height, max(width, height)).count
    refines = recipe.refiner is not None and has_refiner
    side = max(width, height)
    pixels = min(side, recipe.width) * min(side, recipe.height)
    return Plan(0, steps, pixels) if refines else Plan(steps, 0, pixels)


@lru_cache(maxsize=256)
def timesteps(sampler: str, steps: int) -> tuple[float, ...]:
    """Return the timesteps at which a sampler evaluates the UNet, falling."""
    if sampler in ("lightning", "turbo"):
        # As numpy counts down, rounding included, where the ratio is no whole number.
        ratio = (TRAINED - TRAINED / steps) - TRAINED
        return tuple(round(TRAINED + index * ratio) - 1.0 for index in range(steps))
    if sampler == "lcm":
        known = STEPS_MOST[sampler]
        places = (known - index * known // steps for index in range(steps))
        return tuple(place * (TRAINED // known) - 1.0 for place in places)
    leading = [index * (TRAINED // steps) + 1.0 for index in reversed(range(steps))]
    if sampler == "heun":
        return (leading[0], *(time for time in leading[1:] for _ in range(2)))
    if sampler == "pndm" and steps > 1:
        return (leading[0], leading[1], *leading[1:])
    if sampler.startswith(("dpm++", "unipc")):
        # These space one point more and leave out the first.
        ratio = TRAINED // (steps + 1)
        leading = [index * ratio + 1.0 for index in reversed(range(1, steps + 1))]
    if sampler == "dpm++2m-karras":
        return _karras(steps)
    return tuple(leading)


def _karras(steps: int) -> tuple[float, ...]:
    low, high = (sigma ** (1 / _RHO) for sigma in (_sigmas()[0], _sigmas()[-1]))
    share = [index / max(steps - 1, 1) for index in range(steps)]
    return tuple(_time_of((high + at * (low - high)) ** _RHO) for at in share)


def _time_of(sigma: float) -> float:
    """Return the timestep, rounded, whose noise is ``sigma``, between the two nearest in logs."""
    logs = [math.log(known) for known in _sigmas()]
    log = math.log(sigma)
    below = max((index for index, known in enumerate(logs[:-1]) if known <= log), default=0)
    share = (log - logs[below]) / (logs[below + 1] - logs[below])
    return float(round(below + min(max(share, 0.0), 1.0)))


@lru_cache(maxsize=1)
def _sigmas() -> tuple[float, ...]:
    first, last = (math.sqrt(beta) for beta in _BETAS)
    kept, sigmas = 1.0, []
    for index in range(TRAINED):
        kept *= 1 - (first + (last - first) * index / (TRAINED - 1)) ** 2
        sigmas.append(math.sqrt((1 - kept) / kept))
    return tuple(sigmas)

"""How fast pictures come, measured: seconds a step by model, size, stage and pictures at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from generation.engine import Stage
from generation.plan import plan_of
from generation.recipe import Recipe
from generation.worker.messages import Stepped

WEIGHT: Final = 0.2
"""Of the newest step in the exponential average; five steps make two thirds of it."""

REMEMBERED: Final = 500
"""Of all the sizes that people may ask for, the paces of those that were painted last."""

FOLLOWED: Final = 64
"""So many runs are followed from step to step; no more can be at hand at once."""

_Key = tuple[str, int, int, str, int]


@dataclass(slots=True)
class Pace:
    """Learns from every step, and remembers across orders and workers."""

    _seconds: dict[_Key, float] = field(default_factory=dict)
    _speeds: dict[str, float] = field(default_factory=dict)
    _last: dict[int, Stepped] = field(default_factory=dict)

    @property
    def speeds(self) -> dict[str, float]:
        """Measured speed by model, in megapixel-steps a second."""
        return dict(self._speeds)

    def learn(self, recipe: Recipe, stepped: Stepped) -> None:
        """Take in a step; the first of a stage tells nothing, as it follows on other work.

        Nor does anything that is enlarged without a model that paints.
        """
        if recipe.upscale is not None and recipe.upscale.method != "redraw":
            return
        last = self._last.pop(stepped.run, None)
        self._last[stepped.run] = stepped
        if len(self._last) > FOLLOWED:
            del self._last[next(iter(self._last))]
        if last is None or _pass_of(last) != _pass_of(stepped):
            return
        steps, seconds = stepped.step - last.step, stepped.at - last.at
        if steps < 1 or seconds <= 0:
            return
        key = _key(recipe, stepped.stage, stepped.batch)
        each = _average(self._seconds.get(key), seconds / steps)
        self._seconds.pop(key, None)
        self._seconds[key] = each
        if len(self._seconds) > REMEMBERED:
            del self._seconds[next(iter(self._seconds))]
        megapixels = _megapixels(recipe, stepped.total) * stepped.batch
        self._speeds[recipe.model] = _average(self._speeds.get(recipe.model), megapixels / each)

    def seconds_left(self, recipe: Recipe, stepped: Stepped, pictures_after: int) -> float | None:
        """Estimate the seconds until the whole order is painted; none before two steps are known.

        A stage not seen yet is taken to be as fast as the one at hand, and later pictures to be
        painted as many at a time as these.
        """
        base_key = _key(recipe, "base", stepped.batch)
        here = self._seconds.get(_key(recipe, stepped.stage, stepped.batch))
        here = here or self._seconds.get(base_key)
        if here is None:
            return None
        base, refiner = _shares(recipe, stepped.total)
        in_base = self._seconds.get(base_key, here)
        in_refiner = self._seconds.get(_key(recipe, "refiner", stepped.batch), here)
        left_base = max(0, base - stepped.step)
        left_refiner = stepped.total - max(base, stepped.step)
        picture = left_base * in_base + left_refiner * in_refiner
        passes_after = -(-max(0, pictures_after) // stepped.together)
        return picture + passes_after * (base * in_base + refiner * in_refiner)


def _shares(recipe: Recipe, total: int) -> tuple[int, int]:
    """Split a picture's steps between base and refiner."""
    if recipe.refiner is None:
        return total, 0
    if recipe.upscale is not None:
        return 0, total
    if recipe.refiner.mode == "split":
        base = round(total * recipe.refiner.switch)
    else:
        base = min(recipe.steps, total)
    return base, total - base


def _megapixels(recipe: Recipe, total: int) -> float:
    """Return how much one of a picture's steps does: of an enlargement, a tile."""
    if recipe.upscale is not None:
        return plan_of(recipe).cost / max(total, 1)
    return recipe.width * recipe.height / 1e6


def _key(recipe: Recipe, stage: Stage, batch: int) -> _Key:
    tiled = "" if recipe.upscale is None else " in tiles"
    return recipe.model, recipe.width, recipe.height, stage + tiled, batch


def _pass_of(stepped: Stepped) -> tuple[str, int, Stage, int]:
    """Return what two steps have in common that follow each other."""
    return stepped.launch, stepped.index, stepped.stage, stepped.batch


def _average(before: float | None, value: float) -> float:
    return value if before is None else before + WEIGHT * (value - before)

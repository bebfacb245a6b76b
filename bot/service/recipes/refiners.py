"""Whether a refiner takes over, where, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.reading import Options
from bot.values import OFF
from generation.errors import BadValue
from generation.models import Model
from generation.recipe import InputImage, Recipe, Refiner


def refiner_of(
    options: Options, model: Model, default: float, image: InputImage | None
) -> Refiner | None:
    """Return the refiner of a new recipe: with an input picture, only one that is asked for.

    ``default`` is where it takes over if nobody says so; under a half, none does. Raises
    ``BadValue`` where one is asked for and the model has none.
    """
    asked = options.values.get("refiner")
    if asked == OFF:
        return None
    wanted = isinstance(asked, float) or "refiner_mode" in options
    if not model.refiner:
        if wanted:
            given = str(asked or options.text("refiner_mode"))
            raise BadValue("refiner", given, OFF)
        return None
    if not wanted and (image is not None or default < 0.5):
        return None
    switch = asked if isinstance(asked, float) else default if default >= 0.5 else 0.8
    return Refiner(switch, _mode(options.text("refiner_mode")))


def changed_refiner(
    options: Options, model: Model, default: float, recipe: Recipe
) -> Refiner | None:
    """Return the refiner of a changed recipe: what is not given stays. Raises ``BadValue``."""
    if "refiner" not in options and recipe.refiner is not None:
        return replace(recipe.refiner, mode=_mode(options.text("refiner_mode")))
    refiner = refiner_of(options, model, default, recipe.image)
    if refiner is not None and recipe.refiner is not None and "refiner_mode" not in options:
        return replace(refiner, mode=recipe.refiner.mode)
    return refiner


def _mode(text: str) -> Any:
    return text or "split"

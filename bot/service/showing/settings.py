"""The settings of recipes, by their flags."""

from __future__ import annotations

from typing import Final

from bot.areas import described_part
from generation.recipe import Recipe, Upscale

OF_ENLARGING: Final = ("scale", "method", "upscaler")
"""Settings of enlarged pictures, which ``/upscale`` alone has flags for."""


def described(recipe: Recipe, *others: Recipe) -> dict[str, str]:
    """Return all settings of recipes but prompt and seed, by their flags, where they agree."""
    settings = _of_one(recipe)
    for other in dict.fromkeys(others):
        theirs = _of_one(other)
        settings = {name: value for name, value in settings.items() if theirs.get(name) == value}
    return settings


def _of_one(recipe: Recipe) -> dict[str, str]:
    refiner = recipe.refiner
    settings = {
        "no": recipe.negative,
        "size": f"{recipe.width}x{recipe.height}",
        "steps": str(recipe.steps),
        "guidance": f"{recipe.guidance:.12g}",
        "guidance-end": f"{recipe.guidance_end:.12g}",
        "sampler": recipe.sampler,
        "lora": ", ".join(f"{lora.name}:{lora.scale:.12g}" for lora in recipe.loras),
        "refiner": f"{refiner.switch:.12g}" if refiner else "off",
        "model": recipe.model,
    }
    if recipe.style:
        settings["style"] = recipe.style.name
    if refiner and refiner.mode != "split":
        settings["refiner-mode"] = refiner.mode
    if recipe.image:
        settings["image"] = recipe.image.sha256[:12]
        settings["strength"] = f"{recipe.image.strength:.12g}"
        settings |= described_part(recipe.image)
    return settings if recipe.upscale is None else _enlarged(recipe.upscale, settings)


def _enlarged(how: Upscale, settings: dict[str, str]) -> dict[str, str]:
    """Return the settings of an enlargement; where no model paints, most say nothing."""
    if how.method != "redraw":
        settings = {name: settings[name] for name in ("no", "size", "image")}
    settings |= {"scale": str(how.scale), "method": how.method}
    return settings | {"upscaler": how.upscaler} if how.upscaler else settings

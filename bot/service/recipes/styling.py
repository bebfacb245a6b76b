"""Which style a picture is to have, and what that brings beside its words."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.command import NONE
from bot.reading import Options
from bot.service.desk import Desk, Request
from bot.service.recipes.style_options import SHAPES, Values, over, own_style, together, with_style
from bot.style import Style
from bot.values import LoraWish, Value
from generation.errors import UnknownName, UserError
from generation.models import Model
from generation.nearest import nearest
from generation.recipe import LoraUse, Recipe


async def find_style(request: Request, name: str) -> Style:
    """Return a style by name, the asker's own before those of everybody.

    Raises ``UnknownName`` with the nearest, ``BadStyle`` where an admin asks for one that the
    owner's file may have and nobody can read, and what is wrong with one of the asker's own.
    """
    desk = request.desk
    own = await desk.store.styles.of(request.invocation.actor)
    wanted = name.strip().casefold()
    for saved in own:
        if saved.name == wanted:
            return own_style(saved, desk.styles.reader, desk.loras)
    await asyncio.to_thread(desk.styles.refresh)
    try:
        return desk.styles.find(name)
    except UnknownName as error:
        fault = desk.styles.fault
        if fault is not None and request.admin and fault.entry in ("", wanted):
            raise replace(fault) from None
        known = [*(each.name for each in own), *(each.name for each in desk.styles.all())]
        raise UnknownName("style", error.name, nearest(name, known)) from None


async def styled(request: Request, given: Values, kept: Values) -> Options:
    """Return the options of a new recipe: what was given, over its style, over defaults.

    A style that is itself a default counts only where it is there and is for the model.
    """
    typed = given.get("style")
    name = str(typed if typed is not None else kept.get("style", NONE))
    if name.casefold() == NONE:
        return Options(_without_style(over(given, kept)))
    try:
        style = await find_style(request, name)
        style.require(_model(request.desk, given, style.options, kept))
    except UserError:
        if typed is not None:
            raise
        return Options(_without_style(over(given, kept)))
    return with_style(style, given, kept)


async def restyled(request: Request, recipe: Recipe, options: Options) -> Options:
    """Return the options of a change, with what a change of style brings and takes away.

    The LoRAs that the old style brought go with it; all else of the recipe stays. The style that
    it has already stays as the recipe has it, whatever has become of that since.
    """
    if "style" not in options:
        return options
    given = options.values
    name = options.text("style")
    if recipe.style is not None and name.casefold() == recipe.style.name.casefold():
        return Options({**given, "style": recipe.style})
    style = Style(NONE) if name.casefold() == NONE else await find_style(request, name)
    style.require(_model(request.desk, given, style.options, {"model": recipe.model}))
    left = await _without_brought(request, recipe)
    values = dict(over(given, _fitting(style, recipe)))
    if "lora" in given or style.loras or left != recipe.loras:
        kept = tuple(LoraWish(use.name, use.scale) for use in left)
        values["lora"] = together(style.loras if "lora" in given else (*style.loras, *kept), given)
    return Options({**values, "style": NONE if style.name == NONE else style.words})


async def _without_brought(request: Request, recipe: Recipe) -> tuple[LoraUse, ...]:
    """Return the LoRAs of a recipe but for those that its style brought."""
    if recipe.style is None:
        return recipe.loras
    try:
        old = await find_style(request, recipe.style.name)
    except UserError:
        return recipe.loras
    if old.words != recipe.style:
        # Another style by now, or somebody else's: which LoRAs that one brought is not known.
        return recipe.loras
    brought = {(wish.name, wish.scale) for wish in old.loras}
    return tuple(use for use in recipe.loras if (use.name, use.scale) not in brought)


def _fitting(style: Style, recipe: Recipe) -> Values:
    """Return what a style brings to a recipe: an enlarged picture is as large as it is."""
    if recipe.upscale is None:
        return style.options
    return {name: value for name, value in style.options.items() if name not in SHAPES}


def _without_style(values: Values) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name != "style"}


def _model(desk: Desk, *values: Values) -> Model:
    """Return the model that the first of several values names, or the default one."""
    names = [str(each["model"]) for each in values if each.get("model")]
    return desk.maker.model(names[0] if names else desk.maker.default_model)

"""The command that makes a picture larger, and the buttons that do."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from bot.errors import EnlargedTooLarge, NoUpscaler
from bot.invocation import Click
from bot.reading import Options
from bot.reply import Reply
from bot.service.answers.making import accept, picture_asked_for
from bot.service.desk import Request
from bot.service.recipes.inputs import keep_made
from bot.service.recipes.maker import Wish
from bot.values import seed_of
from generation.errors import BadValue
from generation.recipe import InputImage, Recipe, Refiner, Upscale
from generation.recipe_parts import SCALES, UpscaleMethod
from generation.upscalers import Upscalers
from storage.records import PictureRecord

SCALE: Final = 2
STRENGTH_AT_SCALE: Final = {2: 0.2, 4: 0.1}
"""How much is redrawn where nothing is said, by scale. The refiner was trained on the last fifth of
the noise alone, and the less of a picture a tile shows, the sooner it draws what is not there:
with the built-in model 0.2 was the most at which nothing came up at scale 2, 0.1 at scale 4.
"""
SWITCH: Final = 0.8


async def upscale(request: Request) -> Reply:
    """Accept a job that makes a picture larger."""
    picture = await picture_asked_for(request, "upscale")
    request.refuse_absent(picture)
    job = await request.job(picture.job)
    how = await _way(request)
    _check_size(request, picture, how.scale)
    made = await keep_made(request.desk, picture)
    recipe = _recipe(request, picture, how, made.sha256)
    private = job.private or request.options.flag("private")
    return await accept(request, "upscale", Wish(recipe, 1), private=private, parent=picture.id)


async def upscale_pressed(request: Request, click: Click) -> Reply:
    """Accept the job of a button: everything as it is where nothing is said."""
    desk = request.desk
    asked = Request(desk, request.invocation, Options({"id": click.target}), request.admin)
    return await upscale(asked)


async def _way(request: Request) -> Upscale:
    """Return how the picture is to be enlarged. Raises ``BadValue`` and what upscalers raise."""
    options = request.options
    scale, name = int(options.text("scale") or SCALE), options.text("upscaler")
    given: Any = options.text("method")
    method: UpscaleMethod = given or ("model" if name else "redraw")
    if method != "redraw":
        for option in ("strength", "steps"):
            if option in options:
                raise BadValue(
                    option, str(options.values[option]), "it only with the method redraw"
                )
    if name and method != "model":
        raise BadValue("upscaler", name, "it only with the method model")
    if method == "model":
        name = await asyncio.to_thread(_upscaler, request, name)
    return Upscale(scale, method, name)


def _upscaler(request: Request, name: str) -> str:
    """Return the name of an upscaler as its file has it: of the first one where none is named."""
    config = request.desk.config
    upscalers = Upscalers(config.absolute(config.settings.generation.upscalers))
    infos = upscalers.infos()
    if not infos:
        raise NoUpscaler(str(config.settings.generation.upscalers))
    return upscalers.examine(name or infos[0].name).name


def _check_size(request: Request, picture: PictureRecord, scale: int) -> None:
    """Raise ``EnlargedTooLarge`` with the largest scale that the owner's limits leave, or 0."""
    most = request.desk.config.limits.upscale_megapixels
    pixels = picture.width * picture.height
    if pixels * scale**2 > most * 1e6:
        possible = [each for each in SCALES if pixels * each**2 <= most * 1e6]
        size = picture.width * scale, picture.height * scale
        raise EnlargedTooLarge(*size, most, max(possible, default=0))


def _recipe(request: Request, picture: PictureRecord, how: Upscale, sha256: str) -> Recipe:
    """Return the recipe of a picture with only what decides how it comes out larger."""
    before, options = picture.recipe, request.options
    changes: dict[str, Any] = {
        "image": InputImage(sha256, _strength(options, how)),
        "upscale": how,
        "width": picture.width * how.scale,
        "height": picture.height * how.scale,
        "variations": (),
        "refiner": None,
    }
    if "seed" in options:
        changes["seed"] = seed_of(options.values["seed"])
    if "steps" in options:
        changes["steps"] = options.integer("steps", before.steps)
    if how.method != "redraw":
        return before.changed(**changes, loras=(), style=None)
    model = request.desk.maker.model(before.model)
    if model.refiner:
        # It redraws alone, and no LoRA acts on it.
        return before.changed(**changes | {"refiner": Refiner(SWITCH, "img2img")}, loras=())
    for lora in before.loras:
        request.desk.loras.check(lora.name, model)
    return before.changed(**changes)


def _strength(options: Options, how: Upscale) -> float:
    given = options.values.get("strength")
    return given if isinstance(given, float) else STRENGTH_AT_SCALE[how.scale]

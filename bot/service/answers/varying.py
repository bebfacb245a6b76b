"""The command vary: pictures that are near one that there is, by its noise or by its pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot import texts
from bot.commands import VARIATION_STRENGTHS, VARIATIONS
from bot.errors import NotFound, OriginGone
from bot.invocation import Click
from bot.reading import Options
from bot.reply import Line, Reply
from bot.service.answers.making import accept, picture_asked_for
from bot.service.desk import Request
from bot.service.recipes.inputs import keep_made
from bot.service.recipes.maker import Wish
from bot.service.recipes.starting_from import InputHashes
from bot.values import seed_of
from generation.recipe import InputImage, Recipe, Variation
from generation.recipe_parts import VARIATIONS_MAX
from storage.records import PictureRecord

AMOUNTS: Final = {"subtle": 0.15, "strong": 0.4}
"""How far the noise goes towards that of another seed."""
REPAINTED: Final = {"subtle": 0.4, "strong": 0.85}
"""The strength of img2img from the picture itself."""


async def vary(request: Request) -> Reply:
    """Accept a job of pictures that are near another."""
    picture, note = await _original(request, await picture_asked_for(request, "vary"))
    job = await request.job(picture.job)
    strength = request.options.text("strength") or VARIATION_STRENGTHS[0]
    if request.options.text("by") == "image":
        recipe = await _by_image(request, picture, strength)
    elif len(picture.recipe.variations) < VARIATIONS_MAX:
        recipe = _by_noise(request, picture, strength)
    else:
        recipe = await _by_image(request, picture, strength)
        note = texts.varied_too_often(picture.id, VARIATIONS_MAX)
    most = request.desk.config.limits.pictures_per_job
    wish = Wish(recipe, request.options.integer("count", min(VARIATIONS, most)))
    private = job.private or request.options.flag("private")
    reply = await accept(request, "vary", wish, private=private, parent=picture.id)
    return replace(reply, lines=(*reply.lines, note)) if note else reply


async def press_vary(request: Request, click: Click) -> Reply:
    """Accept subtle variations of the picture that was pressed."""
    options = Options({"id": await request.checked(click.target)})
    return await vary(replace(request, options=options))


async def _original(request: Request, picture: PictureRecord) -> tuple[PictureRecord, Line | None]:
    """Return what an enlargement was made from, with a line that says so; else the picture itself.

    Raises ``PictureAbsent`` where it is withheld, whose seed is nobody's to see, and ``OriginGone``
    where it is not to be had.
    """
    asked = picture
    request.refuse_withheld(picture)
    while picture.recipe.upscale is not None:
        parent = (await request.job(picture.job)).parent
        try:
            picture = await request.picture(parent or "")
        except NotFound:
            raise OriginGone(asked.id) from None
        request.refuse_withheld(picture)
    return picture, None if picture is asked else texts.varied_instead(asked.id, picture.id)


def _by_noise(request: Request, picture: PictureRecord, strength: str) -> Recipe:
    recipe = _as_now(request, picture)
    variation = Variation(_seed(request), AMOUNTS[strength])
    return recipe.changed(variations=(*recipe.variations, variation))


async def _by_image(request: Request, picture: PictureRecord, strength: str) -> Recipe:
    """Return a recipe that starts from the picture itself, within the part that was painted."""
    request.refuse_absent(picture)
    recipe = _as_now(request, picture)
    sha256 = (await keep_made(request.desk, picture)).sha256
    image = InputImage(sha256, REPAINTED[strength])
    if recipe.image and (recipe.image.mask or recipe.image.region):
        image = replace(recipe.image, sha256=sha256, strength=image.strength)
    refiner = recipe.refiner if recipe.image else None
    return recipe.changed(seed=_seed(request), variations=(), image=image, refiner=refiner)


def _as_now(request: Request, picture: PictureRecord) -> Recipe:
    """Return the picture's recipe; raises where its model or a LoRA is not here any more."""
    same = Options({"seed": picture.recipe.seed})
    return request.desk.maker.change(picture.recipe, 1, same, InputHashes()).recipe


def _seed(request: Request) -> int:
    return seed_of(request.options.values.get("seed"))

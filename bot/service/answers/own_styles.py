"""``/styles``: the styles with a sample of each, one of them in full, and those of one's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot import texts
from bot.errors import TooManyStyles
from bot.reply import Line, Reply
from bot.service.answers.browsing import read_number
from bot.service.answers.making import accept, last_job
from bot.service.answers.shelf import Shelf, style_data
from bot.service.desk import Desk, Request
from bot.service.recipes.blocked_words import refuse_blocked_words
from bot.service.recipes.maker import Wish
from bot.service.recipes.style_options import own_style
from bot.service.recipes.styling import find_style
from bot.style import Style
from bot.style_reading import check_style_name
from bot.values import OFF
from generation.errors import BadValue, UnknownName, UserError
from generation.models import Model
from generation.nearest import nearest
from generation.recipe import REFINER_MODES, Recipe
from generation.recipe_parts import SUBJECT
from storage.records import SAMPLES, SavedStyle

STYLES_MOST: Final = 50
"""How many styles of their own somebody may have."""


async def styles(request: Request) -> Reply:
    """Show the styles, or do what is asked with one of them."""
    action = request.options.text("action")
    if not action and "name" not in request.options:
        return await _overview(request)
    return await _ACTIONS[action or "show"](request)


async def _overview(request: Request) -> Reply:
    """Show a page of samples, or accept the job that draws those which are missing.

    Where there can be no such job now, what is there is shown.
    """
    desk, actor = request.desk, request.invocation.actor
    page = read_number("page", request.options.text("page"), "a number of a page") or 1
    shelf = await desk.samples.shelf(actor, await _model(request), page)
    wish = shelf.wish(desk.config.limits.compare_pictures)
    if wish is None:
        return await _listed(request, shelf)
    if _is_being_made(desk, wish):
        return await _listed(request, shelf, texts.samples_coming())
    try:
        reply = await accept(request, "styles", wish, private=True)
    except UserError as error:
        return await _listed(request, shelf, texts.samples_refused(texts.words_of(error)))
    wait = texts.styles_wait(wish.count, len(shelf.missing) - wish.count)
    return replace(reply, lines=(*reply.lines, wait))


async def _listed(request: Request, shelf: Shelf, why: Line = ()) -> Reply:
    at = request.invocation.reply_to
    return await request.desk.samples.reply(shelf, at, admin=request.admin, why=why)


def _is_being_made(desk: Desk, wish: Wish) -> bool:
    """Whether a job draws some of these samples already: whoever asked for it."""
    places = desk.runner.line.places()
    jobs = (place.job for place in places if place.job.command in SAMPLES)
    return any(recipe in wish.plan for job in jobs for recipe in job.plan)


async def _show(request: Request) -> Reply:
    """Show all that a style sets, with its sample where there is one."""
    desk, invocation = request.desk, request.invocation
    style = await find_style(request, _named(request))
    sample = await desk.samples.one(invocation.actor, style, await _model(request))
    pictures = (sample.picture,) if sample.picture else ()
    seen = desk.views.seen(pictures, invocation.reply_to)
    about = texts.style_title(style.name, style.base, bool(sample.own))
    title = [texts.style_words("title", style.title)] if style.title else []
    return Reply(
        lines=(about, *title, *_explained(style)),
        pictures=seen.pictures,
        private=True,
        data=(desk.samples.data(sample),),
    )


async def _save(request: Request) -> Reply:
    """Keep what a picture was made with as a style of the asker's own."""
    desk, options, actor = request.desk, request.options, request.invocation.actor
    name = check_style_name(options.text("name").casefold())
    refuse_blocked_words(name, desk.config.access.blocked_words, "name")
    picture = await request.picture(options.text("id") or (await last_job(request, "styles")).id)
    template = desk.styles.reader.template(options.text("template") or _template(picture.recipe))
    refuse_blocked_words(template, desk.config.access.blocked_words, "style")
    saved = SavedStyle(
        actor=actor,
        name=name,
        prompt=template,
        settings=_taken(desk, picture.recipe),
        picture=picture.id,
    )
    style = own_style(saved, desk.styles.reader, desk.loras)
    before = [each for each in await desk.store.styles.of(actor) if each.name == name]
    if not await desk.store.styles.save(saved, STYLES_MOST):
        raise TooManyStyles(STYLES_MOST)
    shared = any(style.name == name for style in desk.styles.all())
    done = texts.style_saved(name, picture.id, bool(before), shared)
    return Reply(
        lines=(done, *_to_note(saved, before), *_explained(style)),
        private=True,
        data=({"style": name, "saved": True, **style_data(style)},),
    )


def _to_note(saved: SavedStyle, before: Sequence[SavedStyle]) -> Iterator[Line]:
    """Yield what somebody may not have meant who saved a style."""
    yield from (texts.template_before(old.prompt) for old in before if old.prompt != saved.prompt)
    if saved.prompt == SUBJECT and not saved.settings:
        yield texts.style_sets_nothing()


async def _remove(request: Request) -> Reply:
    """Delete a style of the asker's own; pictures that were made with it stay as they are."""
    styles, actor = request.desk.store.styles, request.invocation.actor
    name = _named(request).casefold()
    if not await styles.remove(actor, name):
        known = [style.name for style in await styles.of(actor)]
        raise UnknownName("style of yours", name[:60], nearest(name, known))
    return Reply(
        lines=(texts.style_removed(name),), private=True, data=({"style": name, "saved": False},)
    )


def _named(request: Request) -> str:
    """Return the name that was given. Raises ``BadValue`` where there is none."""
    name = request.options.text("name")
    if not name.strip():
        raise BadValue("name", "", "that of a style, as /styles lists them")
    return name


async def _model(request: Request) -> Model:
    """Return the model that the asker means: a default of theirs or the place's, if none else."""
    desk, invocation = request.desk, request.invocation
    kept = await desk.store.settings.over((invocation.reply_to.place, invocation.actor))
    name = request.options.text("model") or str(kept.get("model", desk.maker.default_model))
    return desk.maker.model(name)


def _template(recipe: Recipe) -> str:
    return recipe.style.prompt if recipe.style else SUBJECT


def _taken(desk: Desk, recipe: Recipe) -> dict[str, Any]:
    """Return what a style takes over of a recipe: what is not as the model has it anyway."""
    refiner = recipe.refiner
    written = {
        "steps": str(recipe.steps),
        "guidance": f"{recipe.guidance:.12g}",
        "guidance_end": f"{recipe.guidance_end:.12g}",
        "sampler": recipe.sampler,
        "model": recipe.model,
    }
    if recipe.image is None:
        # With a picture to start from, both are as that asks for.
        written["size"] = f"{recipe.width}x{recipe.height}"
        written["refiner"] = f"{refiner.switch:.12g}" if refiner else OFF
    defaults = desk.maker.defaults(desk.maker.model(recipe.model))
    usual = {
        **defaults,
        "guidance_end": defaults.get("guidance-end", "1"),
        "model": desk.maker.default_model,
    }
    taken = {name: value for name, value in written.items() if usual[name] != value}
    if refiner and refiner.mode != REFINER_MODES[0] and recipe.image is None:
        taken["refiner_mode"] = refiner.mode
    loras = ",".join(f"{use.name}:{use.scale:.12g}" for use in recipe.loras)
    return {
        **taken,
        **({"lora": loras} if loras else {}),
        **({"negative": recipe.words[1]} if recipe.words[1] else {}),
    }


def _explained(style: Style) -> tuple[Line, ...]:
    """Write all that a style sets, as it is typed."""
    said = style_data(style)
    return tuple(texts.style_words(name, said[name]) for name in said if said[name])


_ACTIONS: Final[Mapping[str, Callable[[Request], Awaitable[Reply]]]] = {
    "show": _show,
    "save": _save,
    "remove": _remove,
}

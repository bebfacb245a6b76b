"""The commands that look things up: show, queue, loras, models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot import texts
from bot.reply import Line, Reply, Span, faint, line
from bot.service.answers.browsing import one_line
from bot.service.answers.making import last_job
from bot.service.desk import Request
from bot.service.recipes.inputs import attached
from bot.service.running.line import Place
from bot.service.showing.changes import most_at_a_time, with_changes
from bot.service.showing.data import status_word
from bot.service.showing.families import family
from bot.service.showing.settings import OF_ENLARGING, described
from generation.errors import BadImage
from generation.metadata import read_metadata
from generation.recipe import Recipe
from storage.records import OPEN, JobRecord, PictureRecord


async def show(request: Request) -> Reply:
    """Show a job or picture with its recipe, or what a PNG file says of itself."""
    desk = request.desk
    if "file" in request.options:
        return await _show_file(request)
    identifier = request.options.text("id") or (await last_job(request, "show")).id
    job = await request.job(identifier)
    picture = await request.picture(identifier) if "." in identifier else None
    if job.status in OPEN:
        place = desk.runner.line.place(job)
        return desk.views.looked_up(place, may_cancel=request.may_change(job))
    pictures = (picture,) if picture else await desk.store.pictures.of_job(job.id)
    reply = await (_alone(request, job, picture) if picture else _whole(request, job, pictures))
    recipe = picture.recipe if picture else job.recipe
    reply = with_changes(reply, await desk.changes.since(pictures, recipe))
    most = await most_at_a_time(desk.store, pictures)
    together = (texts.painted_together(most),) if most > 1 else ()
    related = await family(request, job, picture)
    # The job may have failed; that it can be shown has not.
    return Reply(
        lines=(*reply.lines, *together, *related.lines),
        pictures=(*reply.pictures, *related.drawings),
        buttons=reply.buttons,
        private=job.private,
        data=reply.data,
    )


async def _whole(request: Request, job: JobRecord, pictures: Sequence[PictureRecord]) -> Reply:
    at = request.invocation.reply_to
    known = not pictures or bool(request.desk.views.seen(pictures, at).records)
    recipes = job.plan or (job.recipe,)
    words = (all_settings(*recipes, seed=known and has_one_seed(job)),)
    return await request.desk.showing.over(job, pictures, words, at)


async def _alone(request: Request, job: JobRecord, picture: PictureRecord) -> Reply:
    at, showing = request.invocation.reply_to, request.desk.showing
    known = bool(request.desk.views.seen((picture,), at).records)
    words = (all_settings(picture.recipe, seed=known),)
    if job.plan:
        return await showing.alone(job, picture, words, at)
    return await showing.over(replace(job, count=1), (picture,), words, at)


def all_settings(recipe: Recipe, *others: Recipe, seed: bool = True) -> Line:
    """Write what recipes have in common as flags that can be typed again, with the seed or not."""
    settings = described(recipe, *others)
    words = " ".join(
        f"--{name} {json.dumps(value, ensure_ascii=False) if ' ' in value else value}"
        for name, value in settings.items()
        if value and name not in ("image", "mask", *OF_ENLARGING)
    )
    shown = line(
        faint("recipe: "), Span(f"{words} --seed {recipe.seed}" if seed else words, "user")
    )
    varied = texts.varied_towards([recipe, *others]) if seed else ""
    if varied:
        shown = (*shown, faint(f" varied {varied}"))
    return (*shown, faint(f" {_enlarged(recipe)}")) if "scale" in settings else shown


def has_one_seed(job: JobRecord) -> bool:
    """Whether the seed of a job says all: not where seeds are compared."""
    return job.sheet is None or len({recipe.seed for recipe in job.plan}) < 2


def _enlarged(recipe: Recipe) -> str:
    """Say how a picture was made larger: a reroll does it likewise."""
    how = recipe.upscale
    return "" if how is None else texts.enlarged_in_words(how.scale, how.upscaler or how.method)


async def _show_file(request: Request) -> Reply:
    attachment = attached(request, "file")
    if attachment is None:
        raise BadImage("missing", "")
    found = await asyncio.to_thread(read_metadata, attachment.path, attachment.name)
    if found.recipe_error is not None:
        raise found.recipe_error
    if found.recipe is not None:
        title = line((found.picture_id and f"#{found.picture_id} ") or "", faint(attachment.name))
        lines = [title, texts.prompt_line(found.recipe.prompt), all_settings(found.recipe)]
        return Reply(lines=tuple(lines), private=True, data=({"recipe": found.recipe.to_dict()},))
    if found.parameters:
        rows = [
            line(faint(f"{name} "), Span(str(value), "user"))
            for name, value in found.parameters.items()
        ]
        head = texts.file_without_recipe(attachment.name)
        return Reply(
            lines=(head, *rows), private=True, data=({"parameters": dict(found.parameters)},)
        )
    raise BadImage("no recipe", attachment.name)


async def queue(request: Request) -> Reply:
    """List what runs and what waits, in order."""
    standing = list(in_line(request))
    if not standing:
        return Reply(lines=(texts.queue_empty(),), private=True)
    rows = tuple(queue_row(request, number, place) for number, place in standing)
    data = tuple(
        {
            "job": place.job.id,
            "status": status_word(place.job),
            "place": number,
            "yours": place.job.actor == request.invocation.actor,
            "wait_seconds": _tenths(place.wait) if number else None,
        }
        for number, place in standing
    )
    return Reply(lines=rows, private=True, data=data)


def in_line(request: Request) -> Iterator[tuple[int, Place]]:
    """Yield what runs, by the number 0, and what waits, counted from 1."""
    number = 0
    places = request.desk.runner.line.places()
    for place in sorted(places, key=lambda place: place.job.status != "running"):
        number = 0 if place.job.status == "running" else number + 1
        yield number, place


def queue_row(request: Request, number: int, place: Place) -> Line:
    """Write one job of the queue as far as the asker may see it."""
    job = place.job
    prompt = one_line(job.recipe.prompt) if request.may_see(job) else texts.PRIVATE_PROMPT
    yours = job.actor == request.invocation.actor
    return texts.queue_row(number, job.id, prompt, yours, place.wait if number else None)


async def loras(request: Request) -> Reply:
    """List the LoRAs."""
    desk, words = request.desk, request.options.text("words")
    found = [
        info
        for info in (desk.loras.find(name) for name in desk.loras.names())
        if words.casefold() in f"{info.name} {info.title} {info.trigger}".casefold()
    ]
    if not found:
        folder = desk.config.absolute(desk.config.settings.generation.loras)
        return Reply(lines=(texts.no_loras(words, str(folder)),), private=True)
    rows = [texts.lora_row(info) for info in found[:100]]
    data = tuple(
        {
            "name": info.name,
            "title": info.title,
            "trigger": info.trigger,
            "scale": info.scale,
            "base": info.base,
            "steps": info.steps or None,
            "guidance": info.guidance,
            "sampler": info.sampler or None,
        }
        for info in found
    )
    return Reply(lines=tuple(rows), private=True, data=data)


async def models(request: Request) -> Reply:
    """List the models with their defaults."""
    desk = request.desk
    rows, data = [], []
    loaded = desk.engine.status().models
    for model in desk.config.models():
        defaults = desk.maker.defaults(model)
        about = ", ".join(f"{name} {value}" for name, value in defaults.items())
        default = model.name == desk.maker.default_model
        rows.append(texts.model_row(model.name, about, default))
        data.append(
            {"name": model.name, "default": default, "loaded": model.name in loaded, **defaults}
        )
    return Reply(lines=tuple(rows), private=True, data=tuple(data))


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)

"""What the buttons do. Each carries an action and an id, so that it works for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot import texts
from bot.command import NONE, Command
from bot.errors import NotYours
from bot.invocation import Click, Invocation
from bot.reading import Options, read_options
from bot.reply import Field, Form, Reply
from bot.service.answers import browsing, looking, making, personal, using, varying
from bot.service.answers.upscaling import upscale_pressed
from bot.service.decay import delete_files
from bot.service.desk import Request
from bot.service.press import Press, always, off_sheet, on_sheet, repaintable, with_pictures
from bot.service.showing.settings import OF_ENLARGING, described
from generation.errors import UnknownName
from generation.prompt_alternatives import escaped
from generation.recipe import Recipe

if TYPE_CHECKING:
    from bot.service.service import Service


async def answer_click(service: Service, click: Click) -> Reply:
    """Do what a button or a sent form says."""
    press = PRESSES.get(click.action)
    if press is None:
        raise UnknownName("button", click.action[:60])
    invocation = Invocation(
        command=click.action,
        options={},
        actor=click.actor,
        reply_to=click.reply_to,
        display_name=click.display_name,
        admin=click.admin,
    )
    await service.desk.store.actors.seen(click.actor, click.display_name)
    return await press.answer(service.request(invocation, Options({"id": click.target})), click)


def is_counted(click: Click) -> bool:
    """Whether a click counts as a command: not where it stops something, or only opens a form."""
    press = PRESSES.get(click.action)
    return press is None or (not press.stops and (bool(click.form) or not press.at_first))


async def _reroll(request: Request, click: Click) -> Reply:
    options = Options({"id": await request.checked(click.target)})
    return await making.reroll(replace(request, options=options))


async def _cancel(request: Request, _click: Click) -> Reply:
    return await making.cancel(request)


async def _recipe(request: Request, click: Click) -> Reply:
    desk, job = request.desk, await request.job(await request.checked(click.target))
    pictures = await desk.store.pictures.of_job(job.id)
    seen = desk.views.seen(pictures, request.invocation.reply_to)
    title, recipe, of_all = job.id, job.recipe, job.recipes
    if "." in click.target:
        picture = await request.picture(click.target)
        title, recipe, of_all = picture.id, picture.recipe, (picture.recipe,)
        seen = desk.views.seen((picture,), request.invocation.reply_to)
    known = not pictures or bool(seen.records)
    if "." not in click.target:
        known = known and looking.has_one_seed(job)
    return Reply(
        lines=(
            texts.recipe_title(title),
            texts.prompt_line(recipe.prompt),
            looking.all_settings(*of_all, seed=known),
        ),
        private=True,
        data=({"recipe": recipe.to_dict()},),
    )


async def _show(request: Request, click: Click) -> Reply:
    options = Options({"id": await request.checked(click.target)})
    return await looking.show(replace(request, options=options))


async def _look(request: Request, click: Click) -> Reply:
    """Show one of a list to who looks through it, and to nobody else."""
    return replace(await _show(request, click), private=True)


async def _reveal(request: Request, click: Click) -> Reply:
    """Show a picture that is hidden in a message to who pressed, and to nobody else."""
    picture = await request.picture(click.target)
    seen = request.desk.views.seen((picture,), request.invocation.reply_to)
    pictures = tuple(replace(each, sensitive=False) for each in seen.pictures)
    return Reply(lines=seen.lines, pictures=pictures, private=True)


async def _favorite(request: Request, _click: Click) -> Reply:
    return await personal.favorites(request)


async def _delete(request: Request, _click: Click) -> Reply:
    desk = request.desk
    job = await request.job(request.options.text("id"))
    if not request.may_change(job):
        raise NotYours("delete", job.id)
    files = await desk.store.jobs.delete(job.id, request.noted("deleted", job.id, job.actor))
    desk.suggestions.forget(job.id)
    await desk.runner.deleted(job)
    await delete_files(desk.store, desk.files, files)
    return Reply(lines=(texts.deleted(job.id),), private=True, deleted=job.id)


async def _edit(request: Request, click: Click) -> Reply:
    job = await request.job(click.target)
    if not click.form:
        recipe, target, prompt = job.recipe, job.id, job.recipe.prompt
        if "." in click.target:
            picture = await request.picture(click.target)
            recipe, target, prompt = picture.recipe, picture.id, picture.recipe.prompt
        if target != job.id or not job.plan:
            # Braces that were characters are to stay characters.
            prompt = escaped(prompt)
        return Reply(form=_edit_form(target, prompt, described(recipe), recipe.seed))
    command = request.desk.commands["reroll"]
    given = {name: text for name, text in click.form.items() if text.strip() or name == "negative"}
    flags = given.pop("settings", "")
    target = click.target if "." in click.target else job.id
    options = read_options(command, {**given, "id": f"{target} {flags}"})
    recipe = (await request.picture(target)).recipe if "." in target else job.recipe
    options = _restyled(command, recipe, options)
    return await making.reroll(Request(request.desk, request.invocation, options, request.admin))


def _restyled(command: Command, recipe: Recipe, options: Options) -> Options:
    """Leave the LoRAs out that stayed in a form as they were, where the style changed in it.

    The old style may have brought them, and takes those along.
    """
    before = read_options(command, {"lora": described(recipe).get("lora", "")})
    style = recipe.style.name if recipe.style else NONE
    is_other = options.text("style").casefold() not in ("", style.casefold())
    if not is_other or options.values.get("lora") != before.values["lora"]:
        return options
    return Options({name: value for name, value in options.values.items() if name != "lora"})


_NO_FLAGS: Final = ("no", "image", "mask", *OF_ENLARGING)
"""Settings of a recipe that have a field of their own in the form, or no flag of a reroll."""


def _edit_form(job: str, prompt: str, settings: Mapping[str, str], seed: int) -> Form:
    rest = {name: value for name, value in settings.items() if value and name not in _NO_FLAGS}
    flags = " ".join(f"--{name} {value.replace(', ', ',')}" for name, value in rest.items())
    labels = texts.FORM_LABELS
    return Form(
        action="edit",
        target=job,
        title=texts.FORM_TITLE.format(job=job),
        fields=(
            Field("prompt", labels["prompt"], prompt, long=True, required=True),
            Field("negative", labels["negative"], settings["no"], long=True),
            Field("seed", labels["seed"], str(seed)),
            Field("settings", labels["settings"], flags),
        ),
    )


PRESSES: Final[Mapping[str, Press]] = {
    "reroll": Press(_reroll, public=True, below=repaintable),
    "edit": Press(_edit, at_first=True, below=repaintable),
    "recipe": Press(_recipe, below=with_pictures),
    "favorite": Press(_favorite, below=off_sheet),
    "delete": Press(_delete, at_first=True, below=always, style="danger", stops=True),
    "vary": Press(varying.press_vary, public=True, below=off_sheet, each=True, row=1),
    "upscale": Press(upscale_pressed, public=True, below=off_sheet, each=True, row=2),
    "cancel": Press(_cancel, style="danger", stops=True),
    "use": Press(using.use, at_first=True, style="primary"),
    "show": Press(_show, public=True),
    "take": Press(_show, public=True, below=on_sheet, each=True, row=1),
    "look": Press(_look),
    "newer": Press(browsing.newer, turns=True, row=1),
    "older": Press(browsing.older, turns=True, row=1),
    "reveal": Press(_reveal),
}
"""Every button, in the order that they stand in; one more is one more entry here and its label."""

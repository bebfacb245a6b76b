"""The commands that make pictures: imagine, reroll, verify; and cancel."""

from __future__ import annotations

from contextlib import nullcontext

from bot import texts
from bot.errors import AlreadyOver, NoPictures, NothingYet, NotYours, TooManyPictures
from bot.reading import Options, read_options
from bot.reply import Reply
from bot.service.answers.remaking import remake
from bot.service.desk import Desk, Request
from bot.service.recipes.alternatives import Choosing
from bot.service.recipes.blocked_words import refuse_blocked_words
from bot.service.recipes.inputs import keep_inputs, require_inputs
from bot.service.recipes.maker import Wish
from bot.service.recipes.starting_from import InputHashes
from bot.service.recipes.styling import restyled, styled
from bot.service.showing.changes import Change, left_alone, with_changes
from storage.records import JobRecord, NewJob, PictureRecord, QueueLimits


async def imagine(request: Request) -> Reply:
    """Accept a new job."""
    inputs = await keep_inputs(request)
    private = inputs.private or request.options.flag("private")
    return await imagine_from(request, inputs, private=private)


async def imagine_from(
    request: Request, inputs: InputHashes, *, private: bool, parent: str | None = None
) -> Reply:
    """Accept a new job that starts from stored pictures, if from any."""
    options, is_count_asked = await with_defaults(request, inputs), "count" in request.options
    wish = _choosing(request.desk).new(options, inputs, is_count_asked=is_count_asked)
    return await accept(request, "imagine", wish, private=private, parent=parent)


def _choosing(desk: Desk) -> Choosing:
    return Choosing(desk.maker, desk.config.limits.pictures_per_job)


async def reroll(request: Request) -> Reply:
    """Accept a job that is an earlier one again, with a new seed or with some things changed."""
    identifier = request.options.text("id")
    job = await (request.job(identifier) if identifier else last_job(request, "reroll"))
    recipe, count, parent = job.recipe, job.count, job.id
    if "." in identifier:
        picture = await request.picture(identifier)
        recipe, count, parent = picture.recipe, 1, picture.id
    inputs = await keep_inputs(request, before=recipe.image)
    if job.plan and recipe is job.recipe:
        wish = await remake(request, job, inputs)
    else:
        options = await restyled(request, recipe, request.options)
        wish = _choosing(request.desk).change(recipe, count, options, inputs)
    private = job.private or inputs.private or request.options.flag("private")
    reply = await accept(request, "reroll", wish, private=private, parent=parent)
    return with_changes(reply, await _changes_since(request, parent, wish))


async def _changes_since(request: Request, parent: str, wish: Wish) -> tuple[Change, ...]:
    """Return what has changed, as far as it is known at once: the job's end will tell it all."""
    picture = await request.desk.store.pictures.get(parent)
    if picture is None:
        return ()
    changes = await request.desk.changes.since([picture], wish.recipe, patience=0.0)
    return left_alone(changes, picture.recipe, wish.recipe)


async def verify(request: Request) -> Reply:
    """Accept a job that makes pictures again only to compare them."""
    identifier = request.options.text("id")
    job = await (request.job(identifier) if identifier else last_job(request, "verify"))
    if not await request.desk.store.pictures.of_job(job.id):
        raise NoPictures(job.id)
    wish = Wish(job.recipe, job.count, job.plan)
    if "." in identifier:
        wish = Wish((await request.picture(identifier)).recipe, 1)
    return await accept(request, "verify", wish, private=job.private, parent=job.id)


async def cancel(request: Request) -> Reply:
    """Stop a job: stored first, then told to the engine."""
    desk = request.desk
    identifier = request.options.text("id")
    job = await (request.job_or_check(identifier) if identifier else last_job(request, "cancel"))
    if not request.may_change(job):
        raise NotYours("cancel", job.id)
    if not await desk.store.jobs.cancel(job.id, request.noted("cancelled", job.id, job.actor)):
        raise AlreadyOver(job.id, job.status)
    await desk.runner.cancelled(job)
    return Reply(lines=(texts.cancelling(job.id),), private=True)


async def accept(
    request: Request, command: str, wish: Wish, *, private: bool, parent: str | None = None
) -> Reply:
    """Store a job; only then is it acknowledged."""
    desk, invocation = request.desk, request.invocation
    if command != "verify":
        _refuse_blocked(wish, desk.config.access.blocked_words)
    limits = desk.config.limits
    bounds = None if request.admin else QueueLimits(limits.jobs_per_user, limits.queue)
    _check_enlarged(desk, wish)
    _check_room(desk, wish)
    new = NewJob(
        recipe=wish.recipe,
        actor=invocation.actor,
        reply_to=invocation.reply_to,
        count=wish.count,
        command=command,
        private=private,
        parent=parent,
        explicit=tuple(sorted(request.options.values)),
        admin=request.admin,
        plan=wish.plan,
        sheet=wish.sheet,
    )
    async with nullcontext() if new.admin else desk.rates.job(new.actor):
        job = await _add(desk, new, bounds)
    desk.suggestions.remember(job)
    return desk.views.queued(desk.runner.wake(job))


def _refuse_blocked(wish: Wish, blocked: tuple[str, ...]) -> None:
    """Raise ``BlockedWord`` for a word in what somebody wrote, or together with its style."""
    recipes = (wish.recipe, *wish.plan)
    for prompt in dict.fromkeys(recipe.prompt for recipe in recipes):
        refuse_blocked_words(prompt, blocked)
    for prompt in dict.fromkeys(recipe.words[0] for recipe in recipes if recipe.style):
        refuse_blocked_words(prompt, blocked, "style")


def _check_enlarged(desk: Desk, wish: Wish) -> None:
    """Raise ``TooManyPictures`` for more pixels than a job of enlarged pictures may have."""
    limits, sizes = desk.config.limits, [r.width * r.height for r in wish.recipes if r.upscale]
    most = limits.upscale_megapixels * 1e6 * limits.pictures_per_job
    if sum(sizes) > most:
        possible = max(1, int(most // max(sizes)))
        raise TooManyPictures("enlargements", "", len(sizes), possible)


def _check_room(desk: Desk, wish: Wish) -> None:
    """Raise ``DiskFull`` where not all that is accepted may find room."""
    accepted = sum(job.pixels for job in desk.runner.line.waiting())
    desk.room.check(accepted + sum(each.width * each.height for each in wish.recipes))


async def _add(desk: Desk, new: NewJob, bounds: QueueLimits | None) -> JobRecord:
    if new.recipe.image is None:
        return await desk.store.jobs.add(new, bounds)
    # What it starts from is not to be deleted between the look and the job.
    async with desk.store.inputs.steady:
        await require_inputs(desk, new.recipe)
        return await desk.store.jobs.add(new, bounds)


async def with_defaults(request: Request, inputs: InputHashes) -> Options:
    """Return the options with their style, the asker's defaults, and the place's under them.

    Where there is an input picture, it decides the size, and no default does.
    """
    desk, invocation = request.desk, request.invocation
    scopes = (invocation.reply_to.place, invocation.actor)
    raw = await desk.store.settings.over(scopes)
    command = desk.commands["imagine"]
    known = {name: text for name, text in raw.items() if command.option(name)}
    if inputs.image:
        known = {name: text for name, text in known.items() if name not in ("size", "aspect")}
    return await styled(request, request.options.values, read_options(command, known).values)


async def last_job(request: Request, command: str) -> JobRecord:
    """Return the asker's last job here. Raises ``NothingYet``."""
    invocation = request.invocation
    store = request.desk.store
    job = await store.jobs.last_of(invocation.actor, invocation.reply_to.place)
    if job is None:
        raise NothingYet(command)
    return job


async def picture_asked_for(request: Request, command: str) -> PictureRecord:
    """Return the picture of the id, a job's first, or that of the asker's last job here.

    Raises ``NothingYet``, ``NotFound``, and ``NoPictures`` for a job that has none.
    """
    identifier = request.options.text("id")
    job = await (request.job(identifier) if identifier else last_job(request, command))
    if not await request.desk.store.pictures.of_job(job.id):
        raise NoPictures(job.id)
    return await request.picture(identifier or job.id)

"""How a job that has ended is shown, with all that takes a look at the store or the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot import texts
from bot.reply import Line, Reply
from bot.service.answers.samples import Samples
from bot.service.showing.data import status_word
from bot.service.showing.differing import (
    Difference,
    differences_of_all,
    parent_recipe,
    without_seeds,
)
from bot.service.showing.sheets import Sheets
from bot.service.showing.views import Views
from storage.records import SAMPLES, JobRecord, PictureRecord, ReplyTo, Sheet
from storage.store import Store


class Showing:
    """Puts together the last state of jobs."""

    def __init__(self, store: Store, views: Views, sheets: Sheets, samples: Samples) -> None:
        self._store = store
        self._views = views
        self._sheets = sheets
        self._samples = samples

    async def over(
        self,
        job: JobRecord,
        pictures: Sequence[PictureRecord],
        extra: tuple[Line, ...] = (),
        at: ReplyTo | None = None,
    ) -> Reply:
        """Show a job that has ended, as ``Views.over`` does, and what it has otherwise."""
        if job.command in SAMPLES and job.status != "cancelled" and not job.deleted:
            return await self._styles(job, pictures, at or job.reply_to)
        found = await self._differences(job, pictures, at or job.reply_to)
        reply = self._views.over(job, pictures, extra, at, _origin(job, found))
        if job.sheet is not None and reply.pictures:
            reply = await self._on_sheet(job, job.sheet, pictures, reply, at or job.reply_to)
        return reply if job.deleted else _with_differences(reply, found)

    async def _styles(
        self, job: JobRecord, pictures: Sequence[PictureRecord], at: ReplyTo
    ) -> Reply:
        """Show the styles that a job made samples of; they are there even where it has failed."""
        why: Line = ()
        if status_word(job) == "failed":
            why = texts.failed(job.id, job.error)
            # Pictures are made in order, so that it failed at the first that is not there.
            there = {picture.index for picture in pictures}
            left = [recipe for i, recipe in enumerate(job.plan, 1) if i not in there]
            self._samples.failed(left[:1])
        shelf = await self._samples.of_job(job)
        reply = await self._samples.reply(shelf, at, admin=job.admin, why=why)
        return replace(reply, job=job.id)

    async def alone(
        self,
        job: JobRecord,
        picture: PictureRecord,
        extra: tuple[Line, ...] = (),
        at: ReplyTo | None = None,
    ) -> Reply:
        """Show one picture by itself of a job with a recipe for each: its buttons are for it."""
        heads = job.sheet.heads(picture.index) if job.sheet else ()
        said = {f"{name} {value}" for name, value in self._views.different(picture.recipe).items()}
        heads = tuple(head for head in heads if head not in said)
        lines = (texts.place_on_sheet(heads),) if heads else ()
        by_itself = replace(
            job,
            id=picture.id,
            recipe=picture.recipe,
            count=1,
            plan=(),
            sheet=None,
            command="imagine",
            status="delivered",
            error=None,
            seconds=picture.seconds,
        )
        found = await self._differences(job, (picture,), at or job.reply_to)
        origin = _origin(job, found)
        reply = self._views.over(by_itself, (picture,), (*lines, *extra), at, origin)
        data = self._views.data.job(replace(job, recipe=picture.recipe), (picture,))
        stops = ("delete", "cancel")
        buttons = tuple(button for button in reply.buttons if button.action not in stops)
        return _with_differences(replace(reply, buttons=buttons, job=None, data=(data,)), found)

    async def _on_sheet(
        self,
        job: JobRecord,
        sheet: Sheet,
        pictures: Sequence[PictureRecord],
        reply: Reply,
        at: ReplyTo,
    ) -> Reply:
        """Show pictures on one sheet; where people see files by their paths, also each."""
        there = {picture.index: picture for picture in pictures}
        places = range(1, job.count + 1)
        drawn = await self._sheets.of(
            job.id,
            [there.get(index) for index in places],
            at,
            labels=[str(index) for index in places],
            columns=sheet.columns,
            rows=sheet.rows,
            title=job.recipe.prompt,
        )
        if drawn is None:
            return reply
        # The prompt stands in the message already.
        drawn = replace(drawn, title=texts.JOB_SHEET.format(id=job.id))
        own = at.platform in self._views.safety.own
        data = tuple({**each, "sheet": str(drawn.path)} for each in reply.data)
        return replace(reply, pictures=(drawn, *(reply.pictures if own else ())), data=data)

    async def _differences(
        self, job: JobRecord, pictures: Sequence[PictureRecord], at: ReplyTo
    ) -> tuple[Difference, ...] | None:
        """Return what is otherwise than in the parent's recipe; none where that is not known."""
        before = await parent_recipe(self._store, job)
        if before is None or job.parent is None:
            return None
        now = (pictures[0].recipe,) if len(pictures) == 1 else job.plan or (job.recipe,)
        # Only a reroll can be given another picture; all else starts from the parent itself.
        found = await asyncio.to_thread(
            differences_of_all, before, now, of_itself=job.command != "reroll"
        )
        first = await self._store.pictures.get(job.parent)
        known = [each for each in (first, *pictures) if each is not None]
        if len(self._views.seen(known, at).records) < len(known):
            return without_seeds(found)
        return found


def _origin(job: JobRecord, found: tuple[Difference, ...] | None) -> Line | None:
    """Say what a job has otherwise than its parent, if that is worth a word.

    That a plain reroll has another seed is what it was asked for, and the seed is shown.
    """
    if not job.parent or not found or not without_seeds(found):
        return None
    return texts.changed_from(job.parent, [each.said for each in found])


def _with_differences(reply: Reply, found: tuple[Difference, ...] | None) -> Reply:
    """Put what is otherwise than in the parent into the data, where it is known."""
    if found is None:
        return reply
    changed = [each.words for each in found]
    return replace(reply, data=tuple({**each, "changed": changed} for each in reply.data))

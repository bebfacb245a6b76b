"""Samples of the styles: which there are for a model, what shows each, and the sheet of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot import texts
from bot.reply import Line, Reply
from bot.service.recipes.maker import RecipeMaker, Wish
from bot.service.recipes.starting_from import InputHashes
from bot.service.recipes.style_options import Values, own_style, with_style
from bot.service.showing.sheets import Sheets
from bot.service.showing.views import Views
from bot.style import Style
from bot.styles import StyleBook
from generation.errors import UserError
from generation.loras import LoraCatalogue, family_of
from generation.models import Model
from generation.recipe import Recipe
from storage.records import JobRecord, PictureRecord, ReplyTo, SavedStyle, Sheet
from storage.store import Store

SEED: Final = 1
SUBJECTS: Final = {"mini": "an orange star on a white background"}
"""What samples show, by the kind of model."""
SUBJECT: Final = "a fox in a forest"
PAGE: Final = 20
"""Styles on one sheet."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A style with the picture that shows it, or the recipe of one that is to be made.

    ``fault`` is why there can be neither.
    """

    name: str
    style: Style | None = None
    own: SavedStyle | None = None
    recipe: Recipe | None = None
    picture: PictureRecord | None = None
    fault: Line = ()

    @property
    def is_missing(self) -> bool:
        """Whether the picture is still to be made."""
        return self.recipe is not None and self.picture is None


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some of the styles for a model: one page of them."""

    model: str
    samples: tuple[Sample, ...]
    page: int = 1
    pages: int = 1

    @property
    def wish(self) -> Wish | None:
        """What is to be made before all samples are there; none where they are."""
        plan = tuple(each.recipe for each in self.samples if each.recipe and each.is_missing)
        if not plan:
            return None
        sheet = Sheet(tuple(each.name for each in self.samples))
        return Wish(plan[0], len(plan), plan, sheet)


class Samples:
    """Finds what shows the styles; those of a person's own are shown by what they came from."""

    def __init__(
        self,
        store: Store,
        book: StyleBook,
        loras: LoraCatalogue,
        maker: RecipeMaker,
        views: Views,
        sheets: Sheets,
    ) -> None:
        self._store = store
        self._book = book
        self._loras = loras
        self._maker = maker
        self._views = views
        self._sheets = sheets

    async def shelf(self, actor: str, model: Model, page: int) -> Shelf:
        """Return a page of the styles that somebody can use with a model, their own first."""
        await asyncio.to_thread(self._book.refresh)
        samples = await self._all(actor, model)
        pages = max(1, -(-len(samples) // PAGE))
        page = min(max(page, 1), pages)
        part = samples[(page - 1) * PAGE : page * PAGE]
        return Shelf(model.name, await self._with_pictures(part, model), page, pages)

    async def of_job(self, job: JobRecord) -> Shelf:
        """Return the page that a job has made samples for, as it is now."""
        names = job.sheet.columns if job.sheet else ()
        model = self._maker.model(job.recipe.model)
        known = {each.name: each for each in await self._all(job.actor, model)}
        part = [known[name] for name in names if name in known]
        return Shelf(model.name, await self._with_pictures(part, model))

    async def one(self, actor: str, style: Style, model: Model) -> Sample:
        """Return the sample of one style."""
        for each in await self._all(actor, model):
            if each.name == style.name:
                return (await self._with_pictures([each], model))[0]
        return Sample(style.name, style)

    async def reply(self, shelf: Shelf, at: ReplyTo, *, admin: bool) -> Reply:
        """Show a page: a sheet of the samples that a place may see, and all names in words.

        An admin is told what is wrong with the owner's file.
        """
        if not shelf.samples:
            return Reply(lines=(texts.no_styles(shelf.model),), private=True)
        title = texts.styles_sheet_title(shelf.model) + texts.styles_page(shelf.page, shelf.pages)
        sheet = await self._sheets.of(
            "styles",
            [each.picture for each in shelf.samples],
            at,
            labels=[each.name for each in shelf.samples],
            title=title,
        )
        lines = [row(each) for each in shelf.samples]
        if shelf.page < shelf.pages:
            command = f"/styles --model {shelf.model}"
            lines.append(texts.next_page(command, str(shelf.page + 1)))
        lines.append(texts.style_hint())
        if admin and self._book.fault is not None:
            lines.append(texts.styles_fault(texts.words_of(self._book.fault)))
        return Reply(
            lines=tuple(lines),
            pictures=(sheet,) if sheet else (),
            private=True,
            data=tuple(self.data(each) for each in shelf.samples),
        )

    def data(self, sample: Sample) -> dict[str, Any]:
        """Return a style as ``--json`` prints it."""
        about = sample.style.title if sample.style else ""
        found: dict[str, Any] = {"style": sample.name, "title": about, "own": bool(sample.own)}
        if sample.style is not None:
            found |= {"prompt": sample.style.template, "negative": sample.style.negative}
        if sample.picture is not None:
            found["picture"] = self._views.picture_data(sample.picture)
        return found

    async def _all(self, actor: str, model: Model) -> list[Sample]:
        own = [self._own(saved) for saved in await self._store.styles.of(actor)]
        names = {each.name for each in own}
        shared = (style for style in self._book.all() if style.name not in names)
        return [
            *(each for each in own if each.style is None or _is_for(each.style, model)),
            *(Sample(style.name, style) for style in shared if _is_for(style, model)),
        ]

    def _own(self, saved: SavedStyle) -> Sample:
        try:
            style = own_style(saved, self._book.reader, self._loras)
        except UserError as error:
            return Sample(saved.name, own=saved, fault=texts.words_of(error))
        return Sample(saved.name, style, saved)

    def _with_recipe(self, sample: Sample, model: Model) -> Sample:
        """Say how the picture of a style of everybody's is made."""
        if sample.own is not None or sample.style is None:
            return sample
        given: Values = {"prompt": _subject(model), "seed": SEED, "model": model.name}
        try:
            options = with_style(sample.style, given, {})
            return replace(sample, recipe=self._maker.new(options, InputHashes()).recipe)
        except UserError as error:
            return replace(sample, fault=texts.words_of(error))

    async def _with_pictures(self, samples: Sequence[Sample], model: Model) -> tuple[Sample, ...]:
        """Find the pictures of some styles, no more than a page of them."""
        ready = [self._with_recipe(each, model) for each in samples]
        recipes = [each.recipe for each in ready if each.recipe is not None]
        made = await self._store.pictures.samples(recipes)
        found = []
        for each in ready:
            picture = made.get(each.recipe) if each.recipe else None
            if each.own is not None:
                picture = await self._store.pictures.get(each.own.picture)
            found.append(replace(each, picture=picture))
        return tuple(found)


def row(sample: Sample) -> Line:
    """Write one style of the list: what it is, or what is wrong with it."""
    if sample.fault:
        return texts.style_at_fault(sample.name, sample.fault)
    style = sample.style
    title = style.title if style else ""
    if sample.own and style:
        title = style.template
    return texts.style_row(sample.name, title, bool(sample.own))


def _subject(model: Model) -> str:
    return SUBJECTS.get(family_of(model) or "", SUBJECT)


def _is_for(style: Style, model: Model) -> bool:
    return style.fits(model) and style.options.get("model", model.name) == model.name

"""Samples of the styles: which there are for a model, what shows each, and the sheet of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot import texts
from bot.errors import BlockedWord
from bot.reply import Line, Reply
from bot.service.answers.shelf import PAGE, Sample, Shelf, row, style_data
from bot.service.recipes.blocked_words import refuse_blocked_words
from bot.service.recipes.maker import RecipeMaker
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
from storage.records import JobRecord, ReplyTo, SavedStyle
from storage.store import Store

SEED: Final = 1
SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "mini": ("an orange star on a white background", "a blue circle on a white background"),
}
"""What samples show, by the kind of model: the first that no word is blocked of."""
SUBJECTS_ELSE: Final = ("a fox in a forest", "a lighthouse by the sea", "a bowl of fruit")


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
        blocked: tuple[str, ...] = (),
    ) -> None:
        self._store = store
        self._book = book
        self._loras = loras
        self._maker = maker
        self._views = views
        self._sheets = sheets
        self._blocked = blocked
        self._failed: set[Recipe] = set()

    async def shelf(self, actor: str, model: Model, page: int) -> Shelf:
        """Return a page of the styles that somebody can use with a model, their own first."""
        await asyncio.to_thread(self._book.refresh)
        return await self._page(await self._all(actor, model), model, page)

    async def of_job(self, job: JobRecord) -> Shelf:
        """Return the page that a job has made samples for, as it is now."""
        first = job.sheet.columns[0] if job.sheet else ""
        model = self._maker.model(job.recipe.model)
        samples = await self._all(job.actor, model)
        names = [each.name for each in samples]
        number = names.index(first) if first in names else 0
        return await self._page(samples, model, number // PAGE + 1)

    def failed(self, recipes: Iterable[Recipe]) -> None:
        """Note at which samples a job has failed: one of them is not to keep the others away."""
        self._failed.update(recipes)

    async def _page(self, samples: Sequence[Sample], model: Model, page: int) -> Shelf:
        pages = max(1, -(-len(samples) // PAGE))
        page = min(max(page, 1), pages)
        part = samples[(page - 1) * PAGE : page * PAGE]
        return Shelf(model.name, await self._with_pictures(part, model), page, pages)

    async def one(self, actor: str, style: Style, model: Model) -> Sample:
        """Return the sample of one style."""
        for each in await self._all(actor, model):
            if each.name == style.name:
                return (await self._with_pictures([each], model))[0]
        return Sample(style.name, style)

    async def reply(self, shelf: Shelf, at: ReplyTo, *, admin: bool, why: Line = ()) -> Reply:
        """Show a page: a sheet of the samples that a place may see, and all names in words.

        ``why`` is said where samples are missing. An admin is told what is wrong with the owner's
        file.
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
            lines.append(texts.next_page(command, shelf.page + 1))
        lines.append(texts.style_hint())
        if shelf.missing:
            lines.append(why or texts.samples_missing(len(shelf.missing)))
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
            found |= style_data(sample.style)
        if sample.picture is not None:
            found["picture"] = self._views.data.picture(sample.picture)
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
        try:
            refuse_blocked_words(sample.style.words.over("it"), self._blocked, "style")
            recipe = self._recipe(sample.style, model)
        except UserError as error:
            return replace(sample, fault=texts.words_of(error))
        return replace(sample, recipe=recipe, has_failed=recipe in self._failed)

    def _recipe(self, style: Style, model: Model) -> Recipe | None:
        """Return the recipe of a sample; none where no subject is welcome here."""
        for subject in SUBJECTS.get(family_of(model) or "", SUBJECTS_ELSE):
            given: Values = {"prompt": subject, "seed": SEED, "model": model.name}
            recipe = self._maker.new(with_style(style, given, {}), InputHashes()).recipe
            try:
                refuse_blocked_words(recipe.words[0], self._blocked)
            except BlockedWord:
                continue
            return recipe
        return None

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


def _is_for(style: Style, model: Model) -> bool:
    return style.fits(model) and style.options.get("model", model.name) == model.name

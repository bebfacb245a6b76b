"""Comparisons: one recipe in many pictures that differ in one or two things, on one sheet."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.axis_wish import AxisWish
from bot.errors import BadAxes, NotFound, TooManyPictures
from bot.reading import Options
from bot.reply import Reply
from bot.service.answers.making import accept, last_job, with_defaults
from bot.service.desk import Request
from bot.service.recipes.alternatives import in_common, read
from bot.service.recipes.axes import AXES_MOST, Axis, AxisReader, Point, changed, words_axis
from bot.service.recipes.inputs import keep_inputs
from bot.service.recipes.maker import Wish
from bot.service.recipes.starting_from import InputHashes
from bot.service.recipes.styling import restyled
from bot.values import RANDOM, is_id, seed_of
from generation.prompt_alternatives import Alternatives, escaped
from generation.recipe import Recipe
from storage.ids import picture_id
from storage.records import JobRecord, Sheet


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is compared: new words, which may hold choices, or a recipe of before with these.

    ``parent`` is the id of that one's job or picture.
    """

    words: str
    recipe: Recipe | None = None
    parent: str | None = None
    private: bool = False


async def compare(request: Request) -> Reply:
    """Accept a job that makes one picture for each value, or for each pair of two axes."""
    subject = await _subject(request)
    most = request.desk.config.limits.compare_pictures
    reader = AxisReader(request.desk.commands["imagine"], most)
    axes = reader.read(_wishes(request.options), request.options)
    alternatives = read(request.desk.maker, subject.words)
    if alternatives.count > most:
        raise TooManyPictures("comparison", "", alternatives.count, most)
    if alternatives.count > 1:
        axes = (*axes, words_axis(alternatives))
    _check(axes, most)
    before = subject.recipe.image if subject.recipe else None
    inputs = await keep_inputs(request, before=before)
    cells = _Cells(request, subject, alternatives, inputs)
    columns, rows = axes[0], axes[1] if len(axes) > 1 else None
    places = [
        (column, row) if row else (column,)
        for row in (rows.points if rows else (None,))
        for column in columns.points
    ]
    plan = tuple([await cells.recipe(points) for points in places])
    wish = Wish(
        # Where seeds are compared, the first one is what all others are counted from.
        recipe=(await cells.in_common()).changed(seed=plan[0].seed),
        count=len(places),
        plan=plan,
        sheet=Sheet(columns.heads, rows.heads if rows else ()),
    )
    private = subject.private or inputs.private or request.options.flag("private")
    return await accept(request, "compare", wish, private=private, parent=subject.parent)


def _wishes(options: Options) -> tuple[AxisWish, ...]:
    """Return the axes that were asked for, the first one first."""
    found: list[object] = []
    for name in ("axis", "axis2"):
        wishes = options.values.get(name, ())
        found += wishes if isinstance(wishes, tuple) else ()
    return tuple(wish for wish in found if isinstance(wish, AxisWish))


def _check(axes: Sequence[Axis], most: int) -> None:
    """Refuse a number of axes, or of pictures, that makes no comparison."""
    if not axes:
        raise BadAxes("none")
    if len(axes) > AXES_MOST:
        raise BadAxes("many")
    sizes = [len(axis.points) for axis in axes]
    if math.prod(sizes) < 2:
        raise BadAxes("one")
    if math.prod(sizes) > most:
        how = " x ".join(map(str, sizes)) if len(sizes) > 1 else ""
        raise TooManyPictures("comparison", how, math.prod(sizes), most)


async def _subject(request: Request) -> _Subject:
    """Find out what is compared. Raises ``NotFound`` and ``NothingYet``."""
    words, identifier = request.options.text("prompt"), request.options.text("id")
    if words and not identifier:
        identifier, words = await _id_in_front(request, words)
        if not identifier:
            return _Subject(words)
    job = await (request.job(identifier) if identifier else last_job(request, "compare"))
    if "." not in identifier:
        await _refuse_withheld(request, job)
        # Only what came with a plan was read for choices.
        if job.plan and read(request.desk.maker, job.recipe.prompt).count > 1:
            return _Subject(words or job.recipe.prompt, job.recipe, job.id, job.private)
        if job.sheet is None:
            words = words or escaped(job.recipe.prompt)
            return _Subject(words, job.recipe, job.id, job.private)
        # None of its pictures has the recipe that they have in common.
        identifier = picture_id(job.id, 1)
    picture = await request.picture(identifier)
    request.refuse_withheld(picture)
    words = words or escaped(picture.recipe.prompt)
    return _Subject(words, picture.recipe, picture.id, job.private)


async def _refuse_withheld(request: Request, job: JobRecord) -> None:
    """Raise ``PictureAbsent`` where nobody is to see the seed of a job."""
    pictures = await request.desk.store.pictures.of_job(job.id)
    if pictures and not request.desk.views.seen(pictures, request.invocation.reply_to).records:
        request.refuse_withheld(pictures[0])


async def _id_in_front(request: Request, text: str) -> tuple[str, str]:
    """Return the id that a text is or begins with, if it is one, and the rest.

    Many a word could be an id: only one that there is counts, one with the sign of ids, and one
    alone with a figure in it, which is no word.
    """
    first, _, rest = text.partition(" ")
    if not is_id(first):
        return "", text
    try:
        await request.job(first)
    except NotFound:
        is_no_word = not rest and any(letter.isdigit() for letter in first)
        if is_no_word or first.startswith("#") or "." in first:
            raise
        return "", text
    return first, rest.strip()


class _Cells:
    """Makes the recipe of each picture of a comparison; all have one seed where that is no axis."""

    def __init__(
        self, request: Request, subject: _Subject, alternatives: Alternatives, inputs: InputHashes
    ) -> None:
        self._request = request
        self._subject = subject
        self._alternatives = alternatives
        self._inputs = inputs
        self._words = alternatives.all()[0].text
        self._options = self._common_options()

    def _common_options(self) -> Options:
        recipe, values = self._subject.recipe, dict(self._request.options.values)
        seed = values.get("seed", RANDOM if recipe is None else recipe.seed)
        values["seed"] = seed_of(seed)
        values.pop("prompt", None)
        if recipe is None or self._words != recipe.prompt:
            values["prompt"] = self._words
        return Options(values)

    async def in_common(self) -> Recipe:
        """Return what all have in common, with the prompt as it was typed."""
        if self._alternatives.is_plain:
            return await self.recipe(())
        choices = words_axis(self._alternatives).points
        return in_common([await self.recipe((each,)) for each in choices], self._subject.words)

    async def recipe(self, points: Sequence[Point]) -> Recipe:
        """Return the recipe of the picture at some points of the axes."""
        maker, recipe = self._request.desk.maker, self._subject.recipe
        # Words are read again for each picture, and a prompt may have many.
        given = await asyncio.to_thread(changed, self._options, self._words, points)
        if recipe is None:
            request = replace(self._request, options=given)
            return maker.new(await with_defaults(request, self._inputs), self._inputs).recipe
        options = await restyled(self._request, recipe, given)
        return maker.change(recipe, 1, options, self._inputs).recipe

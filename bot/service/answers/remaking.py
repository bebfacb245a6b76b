"""Jobs with a recipe for each picture, made again: each with a new seed, or with what changes."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from bot.errors import BadAxes
from bot.reading import Options
from bot.service.desk import Request
from bot.service.recipes.alternatives import Choosing, read
from bot.service.recipes.axes import WEIGHT, WORDS, words_axis
from bot.service.recipes.maker import Wish
from bot.service.recipes.starting_from import InputHashes
from bot.service.recipes.styling import restyled
from bot.values import RANDOM, LoraWish, Value, seed_of
from generation.errors import BadValue, UserError
from generation.prompt_weighing import weigh
from generation.recipe import SEED_MAX, Recipe
from storage.records import JobRecord, Sheet

_NO_CHANGE = ("id", "private", "prompt", "seed", "count")
"""Options of a reroll that change nothing, or are looked at by themselves."""


async def remake(request: Request, job: JobRecord, inputs: InputHashes) -> Wish:
    """Make the pictures of a job again that has a recipe for each of them.

    What the options change in the recipe that they have in common changes in all; where nothing
    changes, all get a new seed. Seeds stay as far apart as they were.
    """
    remaking = _Remaking(request, job, inputs)
    changes = await remaking.changes()
    if job.sheet is None and ("prompt" in changes or "count" in request.options):
        return await remaking.chosen_anew(changes)
    return await remaking.each(changes)


class _Remaking:
    def __init__(self, request: Request, job: JobRecord, inputs: InputHashes) -> None:
        self.request = request
        self.job = job
        self.inputs = inputs
        self.maker = request.desk.maker
        self.shift = 0

    async def changes(self) -> dict[str, Value]:
        """Return the options that are not as in the recipe that all pictures have in common."""
        given, recipe = self.request.options, self.job.recipe
        changes = {
            name: value
            for name, value in given.values.items()
            if name not in _NO_CHANGE and await self._changes(name, value)
        }
        if "prompt" in given and given.text("prompt") != recipe.prompt:
            changes["prompt"] = given.text("prompt")
        seed = given.values.get("seed", recipe.seed if changes else RANDOM)
        if "count" in given and "seed" not in given and self.job.sheet is None:
            seed = recipe.seed
        new = seed_of(seed)
        self.shift = new - recipe.seed
        return changes

    async def _changes(self, name: str, value: Value) -> bool:
        recipe = self.job.recipe
        try:
            return await self._changed(recipe, {name: value, "seed": recipe.seed}) != recipe
        except UserError:
            # What is wrong with it may be right with the other changes, or is told with them.
            return True

    async def _changed(self, recipe: Recipe, values: dict[str, Value]) -> Recipe:
        options = await restyled(self.request, recipe, Options(values))
        return self.maker.change(recipe, 1, options, self.inputs).recipe

    async def chosen_anew(self, changes: dict[str, Value]) -> Wish:
        """Go through the alternatives of the prompt, old or new, again."""
        recipe, given = self.job.recipe, self.request.options
        pictures = read(self.maker, recipe.prompt).all()
        values = {"prompt": recipe.prompt, **changes, "seed": self._shifted(recipe.seed)}
        if "count" in given:
            values["count"] = given.values["count"]
        if "lora" not in values and recipe.loras:
            # A prompt that names LoRAs stands for all of them, and these are not in it.
            values["lora"] = tuple(LoraWish(lora.name, lora.scale) for lora in recipe.loras)
        options = await restyled(self.request, recipe, Options(values))
        choosing = Choosing(self.maker, self.request.desk.config.limits.pictures_per_job)
        count = self.job.count // len(pictures) or 1
        return choosing.change(recipe, count, options, self.inputs)

    async def each(self, changes: dict[str, Value]) -> Wish:
        """Change each picture's recipe; what is an axis of a comparison cannot be changed."""
        self._refuse_axes(changes)
        words = self._new_words(changes)
        recipes: list[Recipe] = []
        for index, recipe in enumerate((self.job.recipe, *self.job.plan)):
            values = {**changes, "seed": self._shifted(recipe.seed)}
            if words is not None:
                heads = self._heads(index) if index else ()
                values["prompt"] = reduce(_reweighed, heads, words)
            recipes.append(await self._changed(recipe, values))
        common, *plan = recipes
        if "prompt" in changes:
            common = common.changed(prompt=str(changes["prompt"]))
        return Wish(common, len(plan), tuple(plan), self._shifted_sheet())

    def _shifted(self, seed: int) -> int:
        return (seed + self.shift) % (SEED_MAX + 1)

    def _refuse_axes(self, changes: dict[str, Value]) -> None:
        sheet = self.job.sheet
        if sheet is None:
            return
        if self.request.options.integer("count", self.job.count) != self.job.count:
            count = str(self.request.options.integer("count", 0))
            raise BadValue("count", count, f"none, or {self.job.count}")
        axes = {head.partition(" ")[0] for heads in self._axes(sheet) for head in heads}
        for name in changes:
            if name.replace("_", "-") in axes:
                raise BadAxes("kept", name.replace("_", "-"))

    def _new_words(self, changes: dict[str, Value]) -> str | None:
        """Return the new prompt of all pictures, if there is one; choices stay as they are."""
        if "prompt" not in changes:
            return None
        alternatives = read(self.maker, str(changes["prompt"]))
        if read(self.maker, self.job.recipe.prompt).count > 1:
            raise BadAxes("kept", WORDS)
        if alternatives.count > 1:
            raise BadAxes("choices")
        return alternatives.all()[0].text

    def _heads(self, index: int) -> tuple[str, ...]:
        """Return the heads of a picture on the sheet."""
        sheet = self.job.sheet
        return () if sheet is None else sheet.heads(index)

    def _shifted_sheet(self) -> Sheet | None:
        sheet = self.job.sheet
        if sheet is None or not self.shift:
            return sheet
        axes = self._axes(sheet)
        columns, rows = (
            tuple(map(self._shifted_head, heads)) if heads in axes else heads
            for heads in (sheet.columns, sheet.rows)
        )
        return replace(sheet, columns=columns, rows=rows)

    def _axes(self, sheet: Sheet) -> tuple[tuple[str, ...], ...]:
        """Return the heads of the axes that have names; those of choices are people's own words."""
        axes = (sheet.columns, sheet.rows) if sheet.rows else (sheet.columns,)
        choices = read(self.maker, self.job.recipe.prompt)
        # What is chosen in the prompt comes last.
        has_choices = choices.count > 1 and words_axis(choices).heads == axes[-1]
        return axes[:-1] if has_choices else axes

    def _shifted_head(self, head: str) -> str:
        name, _, value = head.partition(" ")
        return f"seed {self._shifted(int(value))}" if name == "seed" and value.isdecimal() else head


def _reweighed(text: str, head: str) -> str:
    name, _, value = head.rpartition(" ")
    kind, colon, word = name.partition(":")
    return weigh(text, word, float(value)) if colon and kind == WEIGHT.name else text

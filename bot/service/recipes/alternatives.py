"""Prompts that stand for several, as in ``a {red|green} fox``: one picture for each alternative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot import texts
from bot.errors import TooManyPictures
from bot.reading import Options
from bot.service.recipes.maker import RecipeMaker, Wish
from bot.service.recipes.starting_from import InputHashes
from generation.errors import BadPrompt
from generation.prompt import extract_loras
from generation.prompt_alternatives import Alternatives, read_alternatives
from generation.recipe import Recipe
from storage.records import JobRecord

MOST: Final = 100
"""So many alternatives are looked at for whether they are all different; no job has as many."""

Make = Callable[[Options], Wish]
"""Makes a recipe from options whose prompt is one prompt."""


class Choosing:
    """Makes recipes from prompts with alternatives; ``most`` pictures are allowed in a job."""

    def __init__(self, maker: RecipeMaker, most: int) -> None:
        self._maker = maker
        self._most = most

    def new(self, options: Options, inputs: InputHashes, *, is_count_asked: bool = True) -> Wish:
        """Make a new recipe, as the maker does, or one for each alternative.

        A count that is only a default, and not asked for, gives way to many alternatives.
        """
        count = options.integer("count", 1)
        return self._each(
            options,
            count,
            lambda chosen: self._maker.new(chosen, inputs),
            gives_way=not is_count_asked,
        )

    def change(self, recipe: Recipe, count: int, options: Options, inputs: InputHashes) -> Wish:
        """Change a recipe, as the maker does; of a new prompt that has any, for each alternative.

        There are up to ``count`` pictures of each where the options do not say how many.
        """
        return self._each(
            options,
            options.integer("count", count),
            lambda chosen: self._maker.change(recipe, count, chosen, inputs),
            gives_way="count" not in options,
        )

    def _each(self, options: Options, count: int, make: Make, *, gives_way: bool) -> Wish:
        text = options.text("prompt")
        alternatives = read(self._maker, text)
        if alternatives.is_plain:
            return make(options)
        if alternatives.count == 1:
            # Its braces are characters.
            return make(Options({**options.values, "prompt": alternatives.all()[0].text}))
        found = [each.text for each in alternatives.all()] if alternatives.count <= MOST else []
        different = len(found) or alternatives.count
        if gives_way:
            count = max(1, min(count, self._most // different))
        pictures = different * count
        if pictures > self._most:
            how = f"{pictures // count} x {count}" if count > 1 else ""
            raise TooManyPictures("alternatives", how, pictures, self._most)
        recipes: list[Recipe] = []
        for words in found:
            # One seed for all, though chance may have to find it for the first.
            seed = {"seed": recipes[0].seed} if recipes else {}
            recipes.append(make(Options({**options.values, "prompt": words, **seed})).recipe)
        plan = tuple(each.for_picture(i + 1) for each in recipes for i in range(count))
        return Wish(in_common(recipes, text), len(plan), plan)


def read(maker: RecipeMaker, text: str) -> Alternatives:
    """Read the choices of a prompt that is no longer than the owner allows."""
    maker.check_length("prompt", text)
    return read_alternatives(text)


def in_common(recipes: Sequence[Recipe], text: str) -> Recipe:
    """Return what the recipes of all alternatives have in common, with the prompt as typed.

    Where they have different LoRAs, those that the prompt names stay named in it.
    """
    first, *others = recipes
    if all(each.loras == first.loras for each in others):
        return first.changed(prompt=extract_loras(text)[0])
    loras = [lora for lora in first.loras if all(lora in each.loras for each in others)]
    unnamed = tuple(lora for lora in loras if f"<lora:{lora.name}" not in text)
    return first.changed(prompt=text, loras=unnamed)


def choices_of(job: JobRecord) -> tuple[str, ...]:
    """Return what was chosen for the pictures of a job from one prompt with alternatives.

    As many pictures in a row have the same as there are pictures for each. Nothing where the job
    is none of those.
    """
    if not job.plan or job.sheet is not None:
        return ()
    try:
        alternatives = read_alternatives(job.recipe.prompt)
    except BadPrompt:
        return ()
    found = alternatives.all() if 1 < alternatives.count <= MOST else ()
    if not found or len(job.plan) % len(found):
        return ()
    return tuple(texts.chosen_words(each.chosen) for each in found)

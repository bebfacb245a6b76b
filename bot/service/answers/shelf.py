"""A list of styles as values: each with the picture that shows it, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot import texts
from bot.reply import Line
from bot.service.recipes.maker import Wish
from bot.style import Style
from bot.values import as_text
from generation.recipe import Recipe
from storage.records import PictureRecord, SavedStyle, Sheet

PAGE: Final = 20
"""Styles on one sheet."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A style with the picture that shows it, or the recipe of one that is to be made.

    ``fault`` is why there can be neither. ``has_failed``: it was tried, and others come first.
    """

    name: str
    style: Style | None = None
    own: SavedStyle | None = None
    recipe: Recipe | None = None
    picture: PictureRecord | None = None
    fault: Line = ()
    has_failed: bool = False

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
    def missing(self) -> tuple[Sample, ...]:
        """The samples that are still to be made, in the order to make them in."""
        missing = (each for each in self.samples if each.is_missing)
        return tuple(sorted(missing, key=lambda each: each.has_failed))

    def wish(self, most: int) -> Wish | None:
        """Return what makes up to so many of the missing samples; none where all are there."""
        part = self.missing[:most]
        plan = tuple(each.recipe for each in part if each.recipe)
        if not plan:
            return None
        return Wish(plan[0], len(plan), plan, Sheet(tuple(each.name for each in part)))


def row(sample: Sample) -> Line:
    """Write one style of the list: what it is, or what is wrong with it."""
    if sample.fault:
        return texts.style_at_fault(sample.name, sample.fault)
    style = sample.style
    title = style.title if style else ""
    if sample.own and style:
        title = style.template
    return texts.style_row(sample.name, title, bool(sample.own))


def style_data(style: Style) -> dict[str, str]:
    """Return all that a style sets, as it is typed."""
    settings = {name.replace("_", "-"): as_text(value) for name, value in style.options.items()}
    return {"prompt": style.template, "negative": style.negative, **settings}

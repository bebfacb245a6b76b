"""Which pictures can be painted in one pass: those that differ in their words and seeds alone."""

from __future__ import annotations

from collections.abc import Iterable

from generation.recipe import Recipe
from generation.settings import Levers


def most_together(levers: Levers) -> int:
    """Return how many pictures may be painted in one pass, 1 where the owner wants exact pixels."""
    return levers.batch if levers.batching == "throughput" else 1


def kind_of(recipe: Recipe) -> Recipe | None:
    """Return what pictures that fit together have in common, without their words and seeds.

    None for a picture that has to be painted alone: what is made from another one.
    """
    if recipe.image is not None:
        return None
    return recipe.changed(prompt="-", negative="", style=None, seed=0, variations=())


def common_kind(recipes: Iterable[Recipe]) -> Recipe | None:
    """Return the kind of pictures that all fit together; none where they do not."""
    kinds = {kind_of(recipe) for recipe in recipes}
    return kinds.pop() if len(kinds) == 1 else None

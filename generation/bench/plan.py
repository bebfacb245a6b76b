"""What is measured, and the recipes it is measured with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from generation.errors import BadValue
from generation.recipe import BOUNDS, Recipe, Refiner
from generation.settings import BATCH, GenerationSettings, Levers

Part = Literal["picture", "queue", "together", "starts"]

PARTS: Final[tuple[Part, ...]] = get_args(Part)
QUICK: Final[tuple[Part, ...]] = ("picture", "queue")
PROMPT: Final = "a red circle on a blue background"
PLAINLY: Final = "plainly "
"""An order with this and a number for its negative prompt is painted plainly, so many times."""
BASE_STEPS: Final = 30
"""Of the base alone, where a model takes more by itself: published figures are for so many."""
OF_JOBS: Final = ("batching", "batch")
"""Levers of several pictures at a time; a lever is measured by single ones, which show nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. ``steps`` 0 and ``size`` none mean the model's own.

    ``pictures`` are those of the queue, which is taken in ``rounds``, since each is as long as
    many pictures; every other figure is the median of ``repeats``.
    ``levers`` are measured beside the rest, each in a process of its own: a lever and its value.
    """

    model: str
    steps: int = 0
    size: tuple[int, int] | None = None
    repeats: int = 5
    pictures: int = 20
    rounds: int = 1
    parts: Collection[Part] = PARTS
    levers: tuple[tuple[str, Any], ...] = ()


def bench_recipe(settings: GenerationSettings, plan: Plan) -> Recipe:
    """Return what is painted: the model's own size, steps and refiner.

    Raises ``BadValue`` for a model that is not in the settings.
    """
    model = settings.model(plan.model)
    if model is None:
        known = ", ".join(each.name for each in settings.models)
        raise BadValue("model", plan.model, f"one of {known}")
    width, height = plan.size or model.size
    refined = model.refiner and model.refiner_switch
    return Recipe(
        prompt=PROMPT,
        seed=1,
        width=width,
        height=height,
        steps=plan.steps or model.steps,
        guidance=model.guidance,
        sampler=model.sampler,
        model=model.name,
        refiner=Refiner(model.refiner_switch) if refined else None,
    )


def alone(recipe: Recipe, plan: Plan) -> Recipe:
    """Return the same picture by the base alone."""
    steps = plan.steps or min(recipe.steps, BASE_STEPS)
    return recipe.changed(refiner=None, steps=steps)


def queue_of(recipe: Recipe, pictures: int) -> list[Recipe]:
    """Return as many recipes, none of which has a prompt or seed of another, as in a real queue."""
    seeds = range(recipe.seed, recipe.seed + pictures)
    return [recipe.changed(seed=seed, prompt=f"{recipe.prompt} {seed}") for seed in seeds]


# Levers -------------------------------------------------------------------------------------------


def with_lever(settings: GenerationSettings, name: str, value: Any) -> GenerationSettings:
    """Return the settings with one lever moved."""
    return replace(settings, levers=replace(settings.levers, **{name: value}))


def read_lever(text: str, flag: str = "lever") -> tuple[str, Any]:
    """Read ``NAME=VALUE``. Raises ``BadValue`` for what is no lever, or none of its values.

    ``flag`` is the one that it was typed behind.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    kinds: Mapping[str, Any] = get_type_hints(Levers)
    names = [field.name for field in fields(Levers)]
    if name not in names or not equals:
        raise BadValue(flag, text, f"NAME=VALUE, NAME one of {', '.join(names)}")
    kind = kinds[name]
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise BadValue(name, value, ", ".join(get_args(kind)))
        return name, value
    if kind is int:
        if not value.isdecimal() or int(value[:9]) not in BATCH:
            raise BadValue(name, value, f"a whole number, {BATCH}")
        return name, int(value)
    return name, tuple(_read_joined(name, size) for size in value.split("+"))


def read_beside(text: str) -> tuple[str, Any]:
    """Read a lever that a single picture shows. Raises ``BadValue`` for any other."""
    name, value = read_lever(text)
    if name in OF_JOBS:
        raise BadValue(
            "lever",
            text,
            "one that single pictures show; --only together measures several in a pass",
        )
    return name, value


def _read_joined(name: str, text: str) -> tuple[int, int]:
    try:
        return read_size(text)
    except BadValue as error:
        raise BadValue(name, text, f"{error.allowed}; several with + between them") from None


def read_size(text: str) -> tuple[int, int]:
    """Read ``WxH`` in pixels. Raises ``BadValue``."""
    width, _, height = text.strip().lower().partition("x")
    if width.isdecimal() and height.isdecimal():
        size = int(width), int(height)
        if all(side in BOUNDS["width"] and side % 8 == 0 for side in size):
            return size
    raise BadValue("size", text, f"WxH, two multiples of 8, each {BOUNDS['width']}")


def read_parts(text: str) -> tuple[Part, ...]:
    """Read a comma list of what is to be measured. Raises ``BadValue``."""
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    found = tuple(part for part in PARTS if part in wanted)
    if not wanted or len(found) != len(set(wanted)):
        raise BadValue("only", text, f"a comma list of {', '.join(PARTS)}")
    return found

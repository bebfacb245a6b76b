"""The options that make a recipe, which several commands share."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from bot.command import Kind, Option, Source
from generation.recipe import BOUNDS, REFINER_MODES, Bounds
from generation.samplers import SAMPLERS

SETTABLE: Final = (
    "negative",
    "count",
    "aspect",
    "size",
    "steps",
    "guidance",
    "guidance_end",
    "sampler",
    "lora",
    "refiner",
    "refiner_mode",
    "model",
    "style",
)
"""The options that people and channels can have their own defaults for."""


class LimitsLike(Protocol):
    """The owner's limits, as far as they bound options."""

    @property
    def steps(self) -> int: ...  # noqa: D102
    @property
    def pictures_per_job(self) -> int: ...  # noqa: D102


def recipe_options(limits: LimitsLike) -> tuple[Option, ...]:
    """Return the options that make a recipe, in the order that they are shown."""
    return (*_asked(limits), *_painted(limits), *_started_from())


def _asked(limits: LimitsLike) -> tuple[Option, ...]:
    """Return what a picture is to be, and how many of it."""
    return (
        Option("negative", Kind.TEXT, flags=("no", "negative")),
        Option("seed", Kind.SEED, flags=("seed",), bounds=BOUNDS["seed"], default="random"),
        Option(
            "count",
            Kind.INTEGER,
            flags=("count", "n"),
            bounds=Bounds(1, limits.pictures_per_job),
            default="1",
        ),
        Option("aspect", Kind.ASPECT, flags=("ar", "aspect"), source=Source.ASPECTS),
        Option("size", Kind.SIZE, flags=("size",), source=Source.SIZES),
    )


def _painted(limits: LimitsLike) -> tuple[Option, ...]:
    """Return how it is painted."""
    return (
        Option("steps", Kind.INTEGER, flags=("steps",), bounds=Bounds(1, limits.steps)),
        Option("guidance", Kind.NUMBER, flags=("guidance", "cfg"), bounds=BOUNDS["guidance"]),
        Option(
            "guidance_end",
            Kind.NUMBER,
            flags=("guidance-end",),
            bounds=BOUNDS["guidance-end"],
            rare=True,
        ),
        Option(
            "sampler", Kind.CHOICE, flags=("sampler",), choices=SAMPLERS, source=Source.SAMPLERS
        ),
        Option("lora", Kind.LORAS, flags=("lora",), source=Source.LORAS, repeats=True),
        Option(
            "refiner",
            Kind.REFINER,
            flags=("refiner",),
            bounds=BOUNDS["refiner"],
            source=Source.REFINERS,
        ),
        Option(
            "refiner_mode", Kind.CHOICE, flags=("refiner-mode",), choices=REFINER_MODES, rare=True
        ),
        Option("model", Kind.NAME, flags=("model",), source=Source.MODELS),
        Option("style", Kind.NAME, flags=("style",), source=Source.STYLES),
    )


def _started_from() -> tuple[Option, ...]:
    """Return what it starts from, and what of that is painted."""
    return (
        Option("image", Kind.IMAGE, flags=("image",)),
        Option("strength", Kind.NUMBER, flags=("strength",), bounds=BOUNDS["strength"]),
        Option("mask", Kind.IMAGE, flags=("mask",)),
        Option("region", Kind.REGION, flags=("region",), source=Source.REGIONS),
        Option("extend", Kind.EXTEND, flags=("extend",), source=Source.EXTENTS),
        Option("feather", Kind.INTEGER, flags=("feather",), bounds=BOUNDS["feather"], rare=True),
    )


def changing(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """Return the options of a recipe as those that change one: left out, each stays as it is."""
    kept = (replace(option, default="") for option in options)
    return tuple(
        replace(option, source=Source.SEEDS, help_key="new seed")
        if option.kind is Kind.SEED
        else option
        for option in kept
    )

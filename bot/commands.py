"""The one definition of every chat command; each adapter compiles it for its platform.

An option's bounds may depend on the owner's limits, so the definitions are made by ``commands()``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

from bot.command import Command, Kind, Option, Source
from generation.recipe import BOUNDS, REFINER_MODES, Bounds
from generation.recipe_parts import UPSCALE_METHODS
from generation.samplers import SAMPLERS


class LimitsLike(Protocol):
    """The owner's limits, as far as they bound options."""

    @property
    def steps(self) -> int: ...  # noqa: D102
    @property
    def pictures_per_job(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Widest:
    """The limits of a recipe itself, where an owner's are not known yet."""

    steps: int = 1000
    pictures_per_job: int = 9


STRENGTHS: Final = ("subtle", "strong")
"""How near a variation is to the picture."""
WAYS: Final = ("noise", "image")
"""What a variation starts from."""
VARIATIONS: Final = 4
"""How many variations are made to choose from, where the owner allows as many."""

PRIVATE: Final = Option("private", Kind.FLAG, flags=("private",))
ID: Final = Option("id", Kind.ID, source=Source.JOBS)
PAGE: Final = Option("page", Kind.TEXT, flags=("page",))
LIMIT: Final = Option("limit", Kind.INTEGER, flags=("limit",), bounds=Bounds(1, 50), rare=True)


def recipe_options(limits: LimitsLike) -> tuple[Option, ...]:
    """Return the options that make a recipe, in the order that they are shown."""
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
        Option("steps", Kind.INTEGER, flags=("steps",), bounds=Bounds(1, limits.steps)),
        Option("guidance", Kind.NUMBER, flags=("guidance", "cfg"), bounds=BOUNDS["guidance"]),
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


def commands(limits: LimitsLike) -> tuple[Command, ...]:
    """Return every command that works, in the order of the help."""
    making = recipe_options(limits)
    return (*_making(making), _varying(limits), _enlarging(limits), *_looking(), *_choosing(making))


def _making(options: tuple[Option, ...]) -> tuple[Command, ...]:
    prompt = Option("prompt", Kind.TEXT, required=True)
    new_prompt = Option("prompt", Kind.TEXT, flags=("prompt",), help_key="new prompt")
    return (
        Command(
            "imagine",
            (prompt, *options, PRIVATE),
            public=True,
            takes="prompt",
            examples=("a fox in the snow++, (oil on canvas)1.3 --seed 42",),
        ),
        Command(
            "reroll",
            (ID, new_prompt, *changing(options), PRIVATE),
            public=True,
            takes="id",
            then_takes="prompt",
            examples=("k7f3q2", "k7f3q2.1 --steps 50"),
        ),
        _comparing(options),
    )


def _comparing(options: tuple[Option, ...]) -> Command:
    several = tuple(option for option in options if option.name != "count")
    return Command(
        "compare",
        (
            Option("prompt", Kind.TEXT, help_key="prompt or id"),
            Option("axis", Kind.AXIS, flags=("axis",), source=Source.AXES, repeats=True),
            Option("axis2", Kind.AXIS, flags=("axis2",), source=Source.AXES, rare=True),
            ID,
            *several,
            PRIVATE,
        ),
        public=True,
        takes="prompt",
        examples=("a red fox --axis guidance=5,7.5,13", "k7f3q2.1 --axis lora=none,wrong"),
    )


def _varying(limits: LimitsLike) -> Command:
    most = limits.pictures_per_job
    return Command(
        "vary",
        (
            ID,
            Option(
                "strength",
                Kind.CHOICE,
                flags=("strength",),
                choices=STRENGTHS,
                default="subtle",
                help_key="variation",
            ),
            Option("by", Kind.CHOICE, flags=("by",), choices=WAYS, default="noise"),
            Option(
                "seed",
                Kind.SEED,
                flags=("seed",),
                bounds=BOUNDS["seed"],
                default="random",
                help_key="variation seed",
            ),
            Option(
                "count",
                Kind.INTEGER,
                flags=("count", "n"),
                bounds=Bounds(1, most),
                default=str(min(VARIATIONS, most)),
                help_key="variations",
            ),
            PRIVATE,
        ),
        public=True,
        takes="id",
        examples=("k7f3q2.1", "k7f3q2.1 --strength strong --count 2"),
    )


def _enlarging(limits: LimitsLike) -> Command:
    return Command(
        "upscale",
        (
            ID,
            Option("scale", Kind.INTEGER, flags=("scale",), bounds=Bounds(2, 4), default="2"),
            Option("method", Kind.CHOICE, flags=("method",), choices=UPSCALE_METHODS),
            Option("upscaler", Kind.NAME, flags=("upscaler",), source=Source.UPSCALERS),
            Option(
                "strength",
                Kind.NUMBER,
                flags=("strength",),
                bounds=BOUNDS["strength"],
                help_key="redrawn",
            ),
            Option("steps", Kind.INTEGER, flags=("steps",), bounds=Bounds(1, limits.steps)),
            Option("seed", Kind.SEED, flags=("seed",), bounds=BOUNDS["seed"]),
            PRIVATE,
        ),
        public=True,
        takes="id",
        examples=("k7f3q2.1", "k7f3q2.1 --scale 4"),
    )


def _looking() -> tuple[Command, ...]:
    words = Option("words", Kind.TEXT, source=Source.NOTHING)
    mine = Option("mine", Kind.FLAG, flags=("mine",))
    return (
        Command(
            "history", (words, mine, LIMIT, PAGE), takes="words", examples=("red circle", "--mine")
        ),
        Command(
            "show",
            (ID, Option("file", Kind.IMAGE, flags=("file",))),
            public=True,
            takes="id",
            examples=("k7f3q2.1",),
        ),
        Command("verify", (ID,), public=True, takes="id", examples=("k7f3q2.1",)),
        Command("queue"),
        Command("cancel", (ID,), takes="id", examples=("k7f3q2",)),
    )


def _choosing(options: tuple[Option, ...]) -> tuple[Command, ...]:
    return (
        Command(
            "favorites",
            (ID, Option("remove", Kind.FLAG, flags=("remove",)), LIMIT, PAGE),
            takes="id",
            examples=("k7f3q2.1", "k7f3q2.1 --remove"),
        ),
        Command("loras", (Option("words", Kind.TEXT, source=Source.LORAS),), takes="words"),
        Command("models"),
        _styles(),
        Command(
            "settings",
            (
                *(option for option in options if option.name in SETTABLE),
                PRIVATE,
                Option("channel", Kind.FLAG, flags=("channel",)),
                Option("reset", Kind.TEXT, flags=("reset",), source=Source.SETTINGS),
            ),
            examples=("--steps 30 --sampler heun", "--reset all"),
        ),
        Command("forget"),
        Command(
            "help",
            (Option("command", Kind.TEXT, source=Source.COMMANDS),),
            takes="command",
            examples=("imagine",),
        ),
    )


STYLE_ACTIONS: Final = ("show", "save", "remove")


def _styles() -> Command:
    return Command(
        "styles",
        (
            Option("action", Kind.CHOICE, choices=STYLE_ACTIONS),
            Option("name", Kind.NAME, source=Source.STYLES),
            ID,
            Option("template", Kind.TEXT, flags=("template",)),
            Option("model", Kind.NAME, flags=("model",), source=Source.MODELS),
            PAGE,
        ),
        takes="action",
        in_turn=("name", "id"),
        examples=(
            "save ink k7f3q2.1",
            "save ink k7f3q2.1 --template {prompt}, black ink",
            "show ink",
            "remove ink",
        ),
    )


SETTABLE: Final = (
    "negative",
    "count",
    "aspect",
    "size",
    "steps",
    "guidance",
    "sampler",
    "lora",
    "refiner",
    "refiner_mode",
    "model",
    "style",
)
"""The options that people and channels can have their own defaults for."""

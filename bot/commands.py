"""The one definition of every chat command; each adapter compiles it for its platform.

An option's bounds may depend on the owner's limits, so the definitions are made by ``commands()``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.command import Command, Kind, Option, Source
from bot.recipe_options import SETTABLE, LimitsLike, changing, recipe_options
from generation.recipe import BOUNDS, Bounds
from generation.recipe_parts import SCALES, UPSCALE_METHODS


@dataclass(frozen=True, slots=True)
class Widest:
    """The limits of a recipe itself, where an owner's are not known yet."""

    steps: int = 1000
    pictures_per_job: int = 9


VARIATION_STRENGTHS: Final = ("subtle", "strong")
"""How near a variation is to the picture."""
WAYS: Final = ("noise", "image")
"""What a variation starts from."""
VARIATIONS: Final = 4
"""How many variations are made to choose from, where the owner allows as many."""

PRIVATE: Final = Option("private", Kind.FLAG, flags=("private",))
ID: Final = Option("id", Kind.ID, source=Source.JOBS)
PAGE: Final = Option("page", Kind.TEXT, flags=("page",))
BEFORE: Final = Option("before", Kind.TEXT, flags=("before",))
LIMIT: Final = Option("limit", Kind.INTEGER, flags=("limit",), bounds=Bounds(1, 50), rare=True)


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
    return Command(
        "vary",
        (ID, *_variation(limits.pictures_per_job), PRIVATE),
        public=True,
        takes="id",
        examples=("k7f3q2.1", "k7f3q2.1 --strength strong --count 2"),
    )


def _variation(most: int) -> tuple[Option, ...]:
    """Return how near the variations are to their picture, and how many of them are made."""
    return (
        Option(
            "strength",
            Kind.CHOICE,
            flags=("strength",),
            choices=VARIATION_STRENGTHS,
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
    )


def _enlarging(limits: LimitsLike) -> Command:
    return Command(
        "upscale",
        (
            ID,
            Option(
                "scale", Kind.CHOICE, flags=("scale",), choices=tuple(map(str, SCALES)), default="2"
            ),
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
            "history",
            (words, mine, LIMIT, BEFORE),
            takes="words",
            examples=("red circle", "--mine"),
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
            (ID, Option("remove", Kind.FLAG, flags=("remove",)), LIMIT, BEFORE),
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

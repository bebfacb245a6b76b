"""The one definition of every chat command; each adapter compiles it for its platform.

An option's bounds may depend on the owner's limits, so the definitions are made by ``commands()``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, Protocol

from bot import texts
from generation.recipe import BOUNDS, REFINER_MODES, Bounds
from generation.samplers import SAMPLERS


class Kind(Enum):
    """What an option's value is."""

    TEXT = "text"
    INTEGER = "whole number"
    NUMBER = "number"
    FLAG = "switch"
    CHOICE = "choice"
    NAME = "name"
    LORAS = "loras"
    SEED = "seed"
    REFINER = "refiner"
    ASPECT = "aspect"
    SIZE = "size"
    ID = "id"
    IMAGE = "image"


class Source(Enum):
    """Where completions for an option come from."""

    NOTHING = ""
    LORAS = "loras"
    MODELS = "models"
    SAMPLERS = "samplers"
    ASPECTS = "aspects"
    SIZES = "sizes"
    REFINERS = "refiners"
    SEEDS = "seeds"
    JOBS = "jobs"
    COMMANDS = "commands"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command.

    ``flags`` are its spellings in a text, without the dashes; the first one is its name there.
    ``bounds`` and ``choices`` are checked in one place, ``bot.values``. An option whose ``rare`` is
    set is left to flags in the text where a platform has few places for options. ``default`` is
    what the option is where it is left out; empty: that depends on the rest.
    """

    name: str
    kind: Kind
    flags: tuple[str, ...] = ()
    required: bool = False
    bounds: Bounds | None = None
    choices: tuple[str, ...] = ()
    source: Source = Source.NOTHING
    repeats: bool = False
    rare: bool = False
    default: str = ""
    help_key: str = ""

    @property
    def help(self) -> str:
        """What the option is, in a sentence."""
        return texts.OPTION_HELP[self.help_key or self.name]


@dataclass(frozen=True, slots=True)
class Command:
    """One command. ``takes`` names the option that a bare text is the value of.

    The answer is seen by everybody where it is ``public``, unless it is a refusal or of a private
    job.
    """

    name: str
    options: tuple[Option, ...] = ()
    public: bool = False
    takes: str = ""
    then_takes: str = ""
    """The option that gets what follows an id in the text; empty: nothing may follow."""
    examples: tuple[str, ...] = field(default=())

    @property
    def help(self) -> str:
        """What the command does, in a sentence."""
        return texts.COMMAND_HELP[self.name]

    def option(self, name: str) -> Option | None:
        """Return the option of that name."""
        return next((option for option in self.options if option.name == name), None)

    def by_flag(self, flag: str) -> Option | None:
        """Return the option that a flag, without its dashes, stands for."""
        return next((option for option in self.options if flag in option.flags), None)

    def flags(self) -> tuple[str, ...]:
        """Return all flags of the command, without dashes."""
        return tuple(flag for option in self.options for flag in option.flags)


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
        Option("image", Kind.IMAGE, flags=("image",)),
        Option("strength", Kind.NUMBER, flags=("strength",), bounds=BOUNDS["strength"]),
        Option("mask", Kind.IMAGE, flags=("mask",)),
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
    return (*_making(making), *_looking(), *_choosing(making))


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
)
"""The options that people and channels can have their own defaults for."""

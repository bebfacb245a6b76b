"""What a chat command is: its options, and what the value of each may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bot import texts
from generation.recipe import Bounds

NONE: Final = "none"
"""What is given for an option where there is to be nothing of it."""


class Kind(Enum):
    """What an option's value is."""

    TEXT = "text"
    INTEGER = "whole number"
    NUMBER = "number"
    FLAG = "switch"
    CHOICE = "choice"
    NAME = "name"
    LORAS = "loras"
    AXIS = "axis, like guidance=5,7.5,13"
    SEED = "seed"
    REFINER = "refiner"
    ASPECT = "aspect"
    SIZE = "size"
    ID = "id"
    IMAGE = "image"
    REGION = "part of the picture"
    EXTEND = "sides, like left 25%"


class Source(Enum):
    """Where completions for an option come from."""

    NOTHING = ""
    LORAS = "loras"
    MODELS = "models"
    SAMPLERS = "samplers"
    ASPECTS = "aspects"
    SIZES = "sizes"
    REFINERS = "refiners"
    REGIONS = "regions"
    EXTENTS = "extents"
    SEEDS = "seeds"
    AXES = "axes"
    JOBS = "jobs"
    STYLES = "styles"
    COMMANDS = "commands"
    SETTINGS = "settings"
    UPSCALERS = "upscalers"


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
    in_turn: tuple[str, ...] = ()
    """The options that get the words after the first, one each, where every word is one's value."""
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

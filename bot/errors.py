"""The errors that arise in the bot itself; ``generation.errors`` says what a ``UserError`` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from generation.errors import UserError


@dataclass(eq=False)
class UnknownFlag(UserError):
    """A flag that the command does not have; ``near`` are the nearest right ones, with dashes."""

    exit_code: ClassVar[int] = 2
    flag: str
    command: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class FlagNeedsValue(UserError):
    """A flag at the end of the text, or before another flag, that needs a value."""

    exit_code: ClassVar[int] = 2
    flag: str
    expects: str


@dataclass(eq=False)
class UnexpectedWords(UserError):
    """Words that the command has no use for."""

    exit_code: ClassVar[int] = 2
    words: str
    command: str


@dataclass(eq=False)
class PromptTooLong(UserError):
    """More characters than the owner allows."""

    exit_code: ClassVar[int] = 2
    field: str
    length: int
    most: int


@dataclass(eq=False)
class PictureTooLarge(UserError):
    """More pixels than the owner allows."""

    exit_code: ClassVar[int] = 2
    width: int
    height: int
    megapixels: float


@dataclass(eq=False)
class TooManyPictures(UserError):
    """More pictures than one job may have; ``sum`` is how they come about, like ``5 x 4``.

    ``what`` is a key of the texts: ``comparison``, ``alternatives`` or ``enlargements``.
    """

    exit_code: ClassVar[int] = 2
    what: str
    sum: str
    pictures: int
    most: int


@dataclass(eq=False)
class BadAxes(UserError):
    """The axes of a comparison, taken together; ``reason`` is a key of the texts.

    It is one of ``none``, ``one``, ``many`` and ``twice``, which names an ``axis``; of ``option``,
    where that is set for all pictures, too; and of ``kept`` and ``choices``, where a comparison is
    made again.
    """

    exit_code: ClassVar[int] = 2
    reason: str
    axis: str = ""


@dataclass(eq=False)
class EnlargedTooLarge(UserError):
    """More pixels than the owner allows enlarged pictures; ``scale`` is possible, 0 where none."""

    exit_code: ClassVar[int] = 2
    width: int
    height: int
    megapixels: float
    scale: int


@dataclass(eq=False)
class EnlargementStays(UserError):
    """What is to be changed in an enlarged picture stays; ``reason`` is a key of the texts.

    It is ``start`` for what it was made from and its size, and ``pixels`` where no model paints.
    """

    exit_code: ClassVar[int] = 2
    reason: str


@dataclass(eq=False)
class NoUpscaler(UserError):
    """The owner's folder has no upscaler in it."""

    exit_code: ClassVar[int] = 2
    folder: str


@dataclass(eq=False)
class NeedsImage(UserError):
    """A strength, a mask or the like without an input picture."""

    exit_code: ClassVar[int] = 2
    field: str


@dataclass(eq=False)
class NeedsPart(UserError):
    """Something that makes sense only where a part of the input picture is painted."""

    exit_code: ClassVar[int] = 2
    field: str


@dataclass(eq=False)
class NotTogether(UserError):
    """Two options of which there can be one."""

    exit_code: ClassVar[int] = 2
    field: str
    other: str


@dataclass(eq=False)
class NotFound(UserError):
    """No job or picture has that id, or the asker may not see it."""

    id: str


@dataclass(eq=False)
class NothingYet(UserError):
    """The asker has no job here that could be meant."""

    command: str


@dataclass(eq=False)
class NotYours(UserError):
    """Only the asker or an admin may do that; ``action`` is a key of the texts module."""

    action: str
    id: str


@dataclass(eq=False)
class NotOurMessage(UserError):
    """A chat message has nothing that the chosen entry of its menu could work on."""

    action: str


@dataclass(eq=False)
class AlreadyOver(UserError):
    """The job cannot be cancelled any more."""

    id: str
    status: str


@dataclass(eq=False)
class NoPictures(UserError):
    """The job has no picture that the command could work on."""

    id: str


@dataclass(eq=False)
class PictureAbsent(UserError):
    """A picture has no file that may be used; ``reason`` is ``withheld`` or ``expired``."""

    id: str
    reason: str


@dataclass(eq=False)
class OriginGone(UserError):
    """What an enlarged picture was made from is not to be had."""

    id: str


@dataclass(eq=False)
class InputGone(UserError):
    """The picture that a recipe starts from is not stored any more; ``id`` begins its hash."""

    id: str


@dataclass(eq=False)
class BlockedWord(UserError):
    """The prompt holds a word that the owner blocked; so may a ``style``, or the ``name`` of one.

    ``field`` is a key of the texts.
    """

    word: str
    field: str = "prompt"


@dataclass(eq=False)
class NotAdmin(UserError):
    """Only an admin may do that."""

    action: str


@dataclass(eq=False)
class NotAllowed(UserError):
    """The owner has not opened the bot to this place or person; ``reason`` is a key of the texts.

    It is one of ``guild``, ``direct``, ``channel`` and ``role``.
    """

    reason: str


@dataclass(eq=False)
class TooOften(UserError):
    """The asker has had as many ``commands`` in a minute, or ``jobs`` in an hour, as one may have.

    In ``seconds`` there can be another.
    """

    what: str
    limit: int
    seconds: int


@dataclass(eq=False)
class BadConfig(UserError):
    """A fault in config.toml or in a REROLL_ variable."""

    exit_code: ClassVar[int] = 2
    where: str
    key: str
    problem: str


@dataclass(eq=False)
class BadStyle(UserError):
    """A fault in the owner's file of styles; ``entry`` and ``key`` are empty where all is wrong."""

    exit_code: ClassVar[int] = 2
    where: str
    entry: str
    key: str
    problem: str


@dataclass(eq=False)
class StyleForOtherBase(UserError):
    """A style for another kind of model; ``base`` is the kind that it is for."""

    exit_code: ClassVar[int] = 2
    name: str
    base: str
    model: str


@dataclass(eq=False)
class TooManyStyles(UserError):
    """Somebody has as many styles of their own as one may have."""

    most: int


@dataclass(eq=False)
class ConfigMissing(UserError):
    """The named configuration file is not there or cannot be read."""

    exit_code: ClassVar[int] = 2
    path: str
    detail: str = ""


@dataclass(eq=False)
class OwnerLeft(UserError):
    """The process that owned the data folder ended while we waited for it."""

    pid: int

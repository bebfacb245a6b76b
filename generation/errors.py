"""Errors for people, as data.

A ``UserError`` carries fields and no sentence: ``bot.texts`` words every one of them, so that a
translation is one file. Any other exception is a fault of ours and ends in a traceback in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar


def _rebuild(kind: type[UserError], values: dict[str, Any]) -> UserError:
    return kind(**values)


@dataclass(eq=False)
class UserError(Exception):
    """Something a person can mend. Subclasses are dataclasses whose fields say what and where."""

    exit_code: ClassVar[int] = 1
    """What the shell command returns: 2 for wrong usage or configuration, 1 for the rest."""

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by fields, since these errors cross from the worker to the bot."""
        return _rebuild, (type(self), self.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name}={value!r}" for name, value in self.values().items())
        return f"{type(self).__name__}({parts})"


# What a person typed ------------------------------------------------------------------------------


@dataclass(eq=False)
class BadValue(UserError):
    """A value outside what its field allows."""

    exit_code: ClassVar[int] = 2
    field: str
    value: str
    allowed: str


@dataclass(eq=False)
class UnknownName(UserError):
    """A name that nothing has: of a sampler, a model, a LoRA, a style, a command, a flag."""

    exit_code: ClassVar[int] = 2
    kind: str
    name: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class BadPrompt(UserError):
    """A prompt that cannot be read: the position is where, ``reason`` a key of the texts module."""

    exit_code: ClassVar[int] = 2
    reason: str
    text: str
    position: int
    field: str = "prompt"
    detail: str = ""


@dataclass(eq=False)
class WordNotInPrompt(UserError):
    """A word or phrase that is to weigh something stands nowhere in the prompt."""

    exit_code: ClassVar[int] = 2
    words: str


@dataclass(eq=False)
class BadRecipe(UserError):
    """Something given as a recipe is none: ``reason`` is a key of the texts module."""

    reason: str
    detail: str = ""


# LoRAs and models ---------------------------------------------------------------------------------


@dataclass(eq=False)
class LoraForOtherBase(UserError):
    """A LoRA that was trained for another kind of model than the one asked for."""

    exit_code: ClassVar[int] = 2
    name: str
    base: str
    model: str


@dataclass(eq=False)
class BadWeights(UserError):
    """A weights file that cannot be used: truncated, no safetensors, or missing parts."""

    path: str
    reason: str
    detail: str = ""


@dataclass(eq=False)
class LibraryMissing(UserError):
    """A library that comes with an extra of the package is not installed."""

    library: str
    extra: str


@dataclass(eq=False)
class ModelMissing(UserError):
    """A model whose weights are not there and cannot be fetched."""

    model: str
    where: str
    reason: str
    detail: str = ""


@dataclass(eq=False)
class BadClassifier(UserError):
    """What is to look at pictures cannot; ``labels`` are those that it has, where that matters."""

    exit_code: ClassVar[int] = 2
    where: str
    reason: str
    detail: str = ""
    labels: tuple[str, ...] = ()


@dataclass(eq=False)
class DownloadTooLarge(UserError):
    """Too little disk for a model's weights; sizes in bytes."""

    model: str
    needed: int
    free: int
    folder: str


# Input pictures -----------------------------------------------------------------------------------


@dataclass(eq=False)
class BadImage(UserError):
    """An input picture that cannot be used: ``reason`` is a key of the texts module."""

    exit_code: ClassVar[int] = 2
    reason: str
    name: str
    detail: str = ""


# While a job runs ---------------------------------------------------------------------------------


@dataclass(eq=False)
class OutOfMemory(UserError):
    """The device ran out of memory in this job; ``device`` as in the settings."""

    device: str
    width: int
    height: int


@dataclass(eq=False)
class NotANumber(UserError):
    """The picture came out as NaN: a precision or a setting that the model cannot bear.

    ``part`` is where it first was so: the ``model``, or its ``vae`` alone.
    """

    dtype: str
    part: str = "model"


@dataclass(eq=False)
class DiskFull(UserError):
    """No space left where something was to be written."""

    folder: str


@dataclass(eq=False)
class CannotWrite(UserError):
    """A folder or file that may not be written."""

    path: str
    detail: str = ""


@dataclass(eq=False)
class WorkerDied(UserError):
    """The worker process died in this job as often as it may; ``reason`` as the system said it."""

    attempts: int
    reason: str


@dataclass(eq=False)
class WorkerHung(UserError):
    """The worker gave no sign of life for ``seconds`` in this job, as often as it may."""

    attempts: int
    seconds: int


@dataclass(eq=False)
class WorkerWillNotStart(UserError):
    """The worker process ends before it is ready."""

    reason: str
    log: str


@dataclass(eq=False)
class DeviceMissing(UserError):
    """A device that the settings name and this machine lacks."""

    exit_code: ClassVar[int] = 2
    device: str
    present: tuple[str, ...]


@dataclass(eq=False)
class PrecisionMissing(UserError):
    """A precision that the settings name and the device cannot calculate with."""

    exit_code: ClassVar[int] = 2
    precision: str
    device: str


@dataclass(eq=False)
class CompilerMissing(UserError):
    """Networks are to be compiled, and a first try of a compiler has failed with ``reason``."""

    exit_code: ClassVar[int] = 2
    reason: str


@dataclass(eq=False)
class CompileFailed(UserError):
    """A network could not be compiled: ``what`` names it with the sizes it was for."""

    what: str
    reason: str


@dataclass(eq=False)
class NotMeasured(UserError):
    """The process of the bench that measures has ended without its figures."""

    reason: str


@dataclass(eq=False)
class InternalFault(UserError):
    """A fault of ours; the log holds the traceback under ``reference``."""

    reference: str


# What is stored -----------------------------------------------------------------------------------


@dataclass(eq=False)
class DatabaseBroken(UserError):
    """The database file cannot be read: damaged, no database, or another program's."""

    path: str
    detail: str = ""


@dataclass(eq=False)
class DatabaseNewer(UserError):
    """The database was written by a newer Reroll; ``found`` and ``known`` are schema versions."""

    path: str
    found: str
    known: str


@dataclass(eq=False)
class DatabaseBusy(UserError):
    """Another program holds the database for longer than is worth waiting."""

    path: str


@dataclass(eq=False)
class AlreadyRunning(UserError):
    """Another process owns the data folder; ``pid`` is 0 where it is not known."""

    pid: int
    folder: str


@dataclass(eq=False)
class BackupThere(UserError):
    """A backup is to have the name of a file that is there."""

    exit_code: ClassVar[int] = 2
    path: str


@dataclass(eq=False)
class BadBackup(UserError):
    """A file that cannot be restored: ``reason`` is a key of the texts module."""

    path: str
    reason: str
    detail: str = ""


@dataclass(eq=False)
class TooManyJobs(UserError):
    """The asker has as many unfinished jobs as one may have."""

    limit: int


@dataclass(eq=False)
class QueueFull(UserError):
    """As many jobs wait as may wait in all."""

    limit: int

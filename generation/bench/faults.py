"""What people are told whose bench cannot be: the bot's texts are not everywhere that it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from generation import errors
from generation.errors import UserError

_SENTENCES: Final[Mapping[type[UserError], str]] = {
    errors.BadValue: "{field} cannot be {value}: give {allowed}.",
    errors.DeviceMissing: "There is no device {device} here: give {present}.",
    errors.ModelMissing: "The weights of {model} are not here ({where}): fetch them first, or give "
    "--random-weights sdxl.",
    errors.BadWeights: "{path} cannot be used ({reason}): put other weights there, or give "
    "--random-weights sdxl.",
    errors.OutOfMemory: "A picture of {width}x{height} is too large for the memory here: give "
    "another --size or --memory.",
    errors.NotANumber: "What was calculated in {dtype} is no number: give another --dtype.",
    errors.CannotWrite: "{path} cannot be written ({detail}): name another file.",
    errors.CompilerMissing: "Networks cannot be compiled here ({reason}): leave compile=on away.",
    errors.CompileFailed: "Compiling {what} failed ({reason}): measure with compile=off.",
    errors.PrecisionMissing: "{device} has no numbers for {precision}: leave that lever away.",
    errors.WorkerWillNotStart: "The worker cannot start: {reason}.",
    errors.NotMeasured: "Nothing could be measured: {reason}.",
}


def sentence(error: UserError) -> str:
    """Say what is wrong and what to do."""
    if isinstance(error, errors.UnknownName):
        near = f": did you mean {' or '.join(error.near)}?" if error.near else "."
        return f"There is no {error.kind} called {error.name}{near}"
    values = {
        name: ", ".join(value)
        if isinstance(value, tuple)
        else "nothing"
        if value in ("", None)
        else value
        for name, value in error.values().items()
    }
    known = _SENTENCES.get(type(error))
    return known.format(**values) if known else f"Nothing could be measured: {error}."

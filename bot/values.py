"""From the text of an option to its value: the one place where kinds and bounds are checked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.areas import ExtendWish, read_extend, read_region
from bot.axis_wish import AxisWish, read_axis
from bot.characters import clipped
from bot.command import NONE, Kind, Option, Source
from bot.invocation import Attachment, Given
from bot.texts.amounts import or_list
from generation.errors import BadValue, UnknownName
from generation.nearest import nearest
from generation.recipe import BOUNDS, LORAS_MAX, SEED_MAX, StyleUse
from generation.recipe_parts import Region
from storage.ids import parse_id


@dataclass(frozen=True, slots=True)
class LoraWish:
    """A LoRA as asked for; without a scale, its own default is meant."""

    name: str
    scale: float | None = None


Value = (
    str
    | int
    | float
    | bool
    | tuple[int, int]
    | tuple[LoraWish, ...]
    | tuple[AxisWish, ...]
    | StyleUse
    | Region
    | ExtendWish
    | Attachment
)

RANDOM: Final = "random"
OFF: Final = "off"
_NO_LORAS: Final = ("none", "off", "")
_INTEGER: Final = re.compile(r"[+-]?\d{1,30}")
_NUMBER: Final = re.compile(r"[+-]?(\d{1,30}([.,]\d{0,30})?|[.,]\d{1,30})")
_SIZE: Final = re.compile(r"(\d{1,9})\s*[x×*X]\s*(\d{1,9})")
_ASPECT: Final = re.compile(r"\d{1,5}([.]\d{1,3})?[:/x]\d{1,5}([.]\d{1,3})?")
_YES: Final = ("yes", "true", "on", "1")


def read_value(option: Option, given: Given) -> Value:
    """Read what was given for an option.

    Raises ``BadValue`` or ``UnknownName``, which name the option as people type it.
    """
    if isinstance(given, Attachment | bool):
        return given
    texts = given if isinstance(given, tuple) else (_written(given),)
    if option.kind is Kind.LORAS:
        return read_loras(texts)
    if option.kind is Kind.AXIS:
        return tuple(map(read_axis, texts))
    text = texts[-1].replace("−", "-").strip()
    return _READERS[option.kind](option, text)


def _written(given: str | float) -> str:
    """Write a value as people do: without an exponent, that is."""
    return format(Decimal(repr(given)), "f") if isinstance(given, float) else str(given)


def read_loras(texts: tuple[str, ...]) -> tuple[LoraWish, ...]:
    """Read ``name`` and ``name:scale``, with commas between; ``none`` alone is no LoRA."""
    parts = [part.strip() for text in texts for part in text.replace("−", "-").split(",")]
    parts = [part for part in parts if part.lower() not in _NO_LORAS]
    if len(parts) > LORAS_MAX:
        raise BadValue("lora", f"{len(parts)} LoRAs", f"up to {LORAS_MAX}")
    return tuple(_lora(part) for part in parts)


def is_id(text: str) -> bool:
    """Whether a word can be the id of a job or a picture."""
    try:
        parse_id(text)
    except BadValue:
        return False
    return True


def _lora(text: str) -> LoraWish:
    name, colon, scale = text.rpartition(":")
    if not colon:
        return LoraWish(text)
    if not name or not _NUMBER.fullmatch(scale.strip()):
        raise _bad("lora", text, f"name or name:scale, with a scale of {BOUNDS['lora scale']}")
    value = float(scale.replace(",", "."))
    if value not in BOUNDS["lora scale"]:
        raise _bad("lora", text, f"a scale of {BOUNDS['lora scale']}")
    return LoraWish(name.strip(), value)


def seed_of(value: object) -> int:
    """Return the seed that was given, or draw one where none was, or a random one."""
    return value if isinstance(value, int) else secrets.randbelow(SEED_MAX + 1)


def as_text(value: object) -> str:
    """Write a checked value as people type it, so that it can be read again."""
    if isinstance(value, tuple):
        if len(value) == 2 and all(isinstance(side, int) for side in value):
            return f"{value[0]}x{value[1]}"
        return ",".join(
            wish.name if wish.scale is None else f"{wish.name}:{wish.scale:.12g}" for wish in value
        )
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _text(_option: Option, text: str) -> str:
    return text


def _image(_option: Option, text: str) -> str:
    return NONE if text.lower() == NONE else text


def _region(_option: Option, text: str) -> Region | str:
    return read_region(text)


def _extend(_option: Option, text: str) -> ExtendWish | str:
    return read_extend(text)


def _integer(option: Option, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _bad(_typed(option), text, f"a whole number, {_allowed(option)}")
    value = int(text)
    if option.bounds and value not in option.bounds:
        raise _bad(_typed(option), text, _allowed(option))
    return value


def _number(option: Option, text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise _bad(_typed(option), text, f"a number, {_allowed(option)}")
    value = float(text.replace(",", "."))
    if option.bounds and value not in option.bounds:
        raise _bad(_typed(option), text, _allowed(option))
    return value


def _seed(option: Option, text: str) -> int | str:
    return RANDOM if text.lower() == RANDOM else _integer(option, text)


def _refiner(option: Option, text: str) -> float | str:
    if text.lower() in ("off", "none", "no", "0"):
        return OFF
    if not _NUMBER.fullmatch(text) or float(text.replace(",", ".")) not in BOUNDS["refiner"]:
        raise _bad(_typed(option), text, f"off, or a number, {_allowed(option)}")
    return float(text.replace(",", "."))


def _choice(option: Option, text: str) -> str:
    wanted = text.lower()
    if wanted in option.choices:
        return wanted
    if option.flags and option.source is Source.NOTHING:
        # These are no names of things.
        raise _bad(_typed(option), text, or_list(option.choices))
    raise UnknownName(option.name, text[:60], nearest(wanted, option.choices) or option.choices[:3])


def _aspect(option: Option, text: str) -> str:
    if not _ASPECT.fullmatch(text):
        raise _bad(_typed(option), text, "two numbers with a colon between, like 3:2")
    return text.replace("/", ":").replace("x", ":")


def _size(option: Option, text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise _bad(_typed(option), text, "width x height in pixels, like 1024x768")
    return int(match[1]), int(match[2])


def _id(_option: Option, text: str) -> str:
    return str(parse_id(text))


def _flag(_option: Option, text: str) -> bool:
    return text.lower() in _YES


def _typed(option: Option) -> str:
    return option.flags[0] if option.flags else option.name


def _allowed(option: Option) -> str:
    return str(option.bounds) if option.bounds else ""


def _bad(field: str, value: str, allowed: str) -> BadValue:
    return BadValue(field, clipped(value), allowed.rstrip(", "))


_READERS: Final[dict[Kind, Callable[[Option, str], Value]]] = {
    Kind.TEXT: _text,
    Kind.NAME: _text,
    Kind.IMAGE: _image,
    Kind.REGION: _region,
    Kind.EXTEND: _extend,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.SEED: _seed,
    Kind.REFINER: _refiner,
    Kind.CHOICE: _choice,
    Kind.ASPECT: _aspect,
    Kind.SIZE: _size,
    Kind.ID: _id,
    Kind.FLAG: _flag,
}

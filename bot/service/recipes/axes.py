"""The axes of a comparison: what each value of one changes, and what it is called on the sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from bot import texts
from bot.axis_wish import AxisWish
from bot.command import NONE, Command, Kind, Option
from bot.errors import BadAxes, TooManyPictures
from bot.reading import Options
from bot.texts.amounts import or_list
from bot.values import OFF, RANDOM, Value, read_loras, read_value, seed_of
from generation.errors import BadValue
from generation.prompt_alternatives import Alternatives
from generation.prompt_syntax import WEIGHTS
from generation.prompt_weighing import weigh

WORDS: Final = "{…|…}"
"""The name of the axis that the choices in a prompt are."""
AXES_MOST: Final = 2
WEIGHT: Final = Option("weight", Kind.NUMBER, flags=("weight",), bounds=WEIGHTS)
COMPARABLE: Final = (
    "guidance",
    "steps",
    "seed",
    "sampler",
    "refiner",
    "refiner_mode",
    "lora",
    "strength",
    "style",
    "negative",
)
"""Options of ``/imagine`` that can be an axis, besides the weights of words."""

_WHOLE: Final = (Kind.INTEGER, Kind.SEED)
_NUMBERS: Final = (*_WHOLE, Kind.NUMBER, Kind.REFINER)
_RANGE: Final = re.compile(r"(?P<low>.+?)\.\.(?P<high>.+?)(?:/(?P<count>.+))?")
_COUNT: Final = re.compile(r"\d{1,15}")
_PLACES: Final = 4
"""Decimal places of what lies between the ends of a range."""

Rewrite = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of an axis: its head on the sheet, and what it changes.

    That is the option ``name``, or the prompt where there is a ``rewrite``.
    """

    head: str
    name: str = ""
    value: Value = ""
    rewrite: Rewrite | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis by its name as people type it."""

    name: str
    points: tuple[Point, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of its rows or columns."""
        return tuple(point.head for point in self.points)


class AxisReader:
    """Reads axes as the options of a command are read; ``most`` pictures are allowed."""

    def __init__(self, command: Command, most: int) -> None:
        self._command = command
        self._most = most

    def read(self, wishes: Iterable[AxisWish], options: Options) -> tuple[Axis, ...]:
        """Read axes in order. Raises the errors of ``bot.values``, ``BadAxes``, and others."""
        axes: list[Axis] = []
        for wish in wishes:
            axis = self._axis(wish)
            if axis.name in (each.name for each in axes):
                raise BadAxes("twice", axis.name)
            if axis.name.replace("-", "_") in options:
                raise BadAxes("option", axis.name)
            axes.append(axis)
        return tuple(axes)

    def _axis(self, wish: AxisWish) -> Axis:
        if wish.word:
            return self._weights(wish)
        option = self._command.by_flag(wish.name)
        if option is None or option.name not in COMPARABLE:
            raise BadValue("axis", wish.name[:60], _allowed(wish))
        name = option.name.replace("_", "-")
        points = {
            value: Point(f"{name} {written}", option.name, value)
            for value, written in self._values(option, wish)
        }
        return Axis(name, tuple(points.values()))

    def _weights(self, wish: AxisWish) -> Axis:
        if wish.name != WEIGHT.name:
            raise BadValue("axis", f"{wish.name}:{wish.word}"[:60], texts.AXIS_FORM)
        name = f"{WEIGHT.name}:{wish.word}"
        points = {
            value: Point(f"{name} {written}", rewrite=_weighing(wish.word, value))
            for value, written in self._values(WEIGHT, wish)
            if isinstance(value, float)
        }
        return Axis(name, tuple(points.values()))

    def _values(self, option: Option, wish: AxisWish) -> Iterator[tuple[Value, str]]:
        """Yield each value with how it is written."""
        for text in wish.values:
            found = _RANGE.fullmatch(text) if option.kind in _NUMBERS else None
            values = self._between(option, text, found) if found else [_value(option, text)]
            for value in values:
                yield value, _written(option, value, text)

    def _between(self, option: Option, text: str, found: re.Match[str]) -> list[Value]:
        """Return the values of a range, evenly spaced, with both ends."""
        low, high = _number(option, found["low"]), _number(option, found["high"])
        whole = option.kind in _WHOLE
        typed = found["count"] or (f"{high - low + 1:.0f}" if whole else "")
        if low >= high or not _COUNT.fullmatch(typed.strip()) or int(typed) < 2:
            raise BadValue("axis", text[:60], texts.RANGE_FORM)
        count = int(typed)
        if count > self._most:
            raise TooManyPictures("comparison", "", count, self._most)
        values = [low + (high - low) * index / (count - 1) for index in range(count)]
        return [round(value) if whole else round(value, _PLACES) for value in values]


def words_axis(alternatives: Alternatives) -> Axis:
    """Return the choices of a prompt as an axis."""
    points = (
        Point(texts.chosen_words(each.chosen), "prompt", each.text) for each in alternatives.all()
    )
    return Axis(WORDS, tuple(points))


def changed(options: Options, prompt: str, points: Sequence[Point]) -> Options:
    """Return the options of one picture, of which ``prompt`` are the words if no point has any."""
    values = {point.name: point.value for point in points if point.rewrite is None}
    rewrites = [point.rewrite for point in points if point.rewrite]
    if rewrites:
        words = str(values.get("prompt", prompt))
        values["prompt"] = reduce(lambda text, rewrite: rewrite(text), rewrites, words)
    return Options({**options.values, **values})


def _allowed(wish: AxisWish) -> str:
    """Say which axes there are, or what is missing in this one."""
    if wish.name == WEIGHT.name:
        return texts.WEIGHT_FORM
    known = (*(name.replace("_", "-") for name in COMPARABLE), texts.WEIGHT_AXIS)
    return f"one of {or_list(known)}"


def _weighing(word: str, weight: float) -> Rewrite:
    return lambda text: weigh(text, word, weight)


def _value(option: Option, text: str) -> Value:
    if option.kind is Kind.LORAS:
        return read_loras(tuple(text.split("+")))
    if option.kind is Kind.TEXT and text.lower() == NONE:
        return ""
    value = read_value(option, text)
    return seed_of(value) if value == RANDOM else value


def _number(option: Option, text: str) -> float:
    value = read_value(option, text.strip())
    if value in (OFF, RANDOM) or not isinstance(value, int | float):
        raise BadValue("axis", text[:60], texts.RANGE_FORM)
    return value


def _written(option: Option, value: Value, text: str) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if option.kind is Kind.LORAS or not value:
        return text or NONE
    return str(value)

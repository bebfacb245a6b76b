"""Comparisons and alternatives: what is beside what, and what is wrong with the axes."""

from __future__ import annotations

from typing import Final

from bot import errors as bot_errors
from bot.characters import clipped
from bot.reply import Line, Span, faint, line, user
from generation import errors as gen_errors

AXIS_FORM: Final = "NAME=VALUES, like guidance=5,7.5,13 or guidance=5..13/3"
WEIGHT_AXIS: Final = "weight:WORD"
WEIGHT_FORM: Final = "the word, too, like weight:red=0.5..1.5/3"
RANGE_FORM: Final = "from..to/count, the smaller number first, like 5..13/3"
VALUES_FORM: Final = "one value or more, with commas between"
NO_WORDS: Final = "nothing"
NAME_MOST: Final = 40
"""Letters of each head where all are told in one line."""

AXES_ABOUT: Final[dict[str, str]] = {
    "guidance": "how closely the prompt is followed",
    "steps": "how long it is worked at",
    "seed": "where chance starts",
    "sampler": "how the noise is removed",
    "refiner": "where the refiner takes over",
    "lora": "one LoRA or several, like NAME:0.8+NAME",
    "style": "one style and another",
    "strength": "how much of the input picture changes",
    WEIGHT_AXIS: "how much a word or phrase of the prompt weighs",
    "negative": "what is not to be seen, in quotes where there are commas",
}
"""What each axis compares, where axes are suggested."""
HELP_AXES: Final = (
    f"Axes: {', '.join(AXES_ABOUT)}, refiner-mode; lora=none,A,B:0.5+C takes B and C together, and "
    "{red|green} in the prompt is an axis, too."
)

AXES_FAULTS: Final[dict[str, str]] = {
    "none": "A comparison needs an axis: add one, like --axis guidance=5,7.5,13.",
    "one": "A comparison needs two different values at least: give more, like "
    "--axis guidance=5,7.5,13.",
    "many": "A comparison has two axes at most; {{one|other}} in the prompt is one, too.",
    "twice": "{axis} is an axis twice: put all its values into one.",
    "option": "{axis} is an axis already: leave out --{axis}.",
    "kept": "{axis} is an axis of that comparison and stays: compare anew with /compare.",
    "choices": "A comparison that is made again takes no choices in the prompt: compare anew with "
    "/compare.",
}
PICTURES_FAULTS: Final[dict[str, str]] = {
    "comparison": "give fewer values",
    "enlargements": "ask for fewer at that size",
    "alternatives": "give fewer alternatives, or a smaller count",
}


def bad_axes(error: bot_errors.BadAxes) -> Line:
    """Word axes that do not go together."""
    return line(AXES_FAULTS.get(error.reason, error.reason + ".").format(axis=error.axis[:60]))


def too_many_pictures(error: bot_errors.TooManyPictures) -> Line:
    """Word a job that would be too large."""
    what = PICTURES_FAULTS.get(error.what, "ask for fewer")
    would = f"{error.sum} = {error.pictures}" if error.sum else f"{error.pictures}"
    return line(f"That would be {would} pictures, and {error.most} is the most here: {what}.")


def word_not_in_prompt(error: gen_errors.WordNotInPrompt) -> Line:
    """Word a weight for what is not there."""
    return line("The prompt has no ", user(error.words), ": weigh a word or phrase that is in it.")


def chosen_words(chosen: tuple[str, ...]) -> str:
    """Name a prompt by what was chosen in it."""
    return ", ".join(words or NO_WORDS for words in chosen)


def numbered_words(names: tuple[str, ...], each: int) -> Line:
    """Say which words each picture of a job has, where ``each`` in a row have the same."""
    parts: list[Span] = []
    for index, name in enumerate(names):
        first, last = index * each + 1, (index + 1) * each
        numbers = f"{first}" if each == 1 else f"{first}-{last}"
        parts += [
            Span(f"{' · ' if parts else ''}{numbers} ", "faint"),
            user(clipped(name, NAME_MOST)),
        ]
    return tuple(parts)


def heads_line(columns: tuple[str, ...], rows: tuple[str, ...]) -> Line:
    """Say what is beside what on a sheet, and what is below what."""
    if not rows:
        return numbered_words(columns, 1)
    across, down = (" · ".join(_clipped(heads)) for heads in (columns, rows))
    return line(faint("across "), user(across), faint(", down "), user(down))


def _clipped(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clipped(name, NAME_MOST) for name in names)


def place_on_sheet(heads: tuple[str, ...]) -> Line:
    """Say where on a sheet a picture stands."""
    return line(user(" · ".join(heads)))

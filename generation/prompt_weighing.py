"""Gives a word or phrase of a prompt another weight, and leaves all else as it was typed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from generation.errors import BadPrompt, WordNotInPrompt
from generation.prompt import read
from generation.prompt_reading import Reading
from generation.prompt_syntax import CLOCK, CLOSING, COLON, SUFFIX

_TAG: Final = re.compile(r"<[^<>]*>")
_SIGNS: Final = re.compile(r"(?:\++|-+)(?![^\s()\[\]\"“”,.])")
_INNER: Final = re.compile(r"(?:\++|-+)(?=\s)")
_MARK: Final = re.compile(r"qzjx(\d+)mark")
"""Stands in for the words while their surroundings are weighed: nobody types it."""


def weigh(text: str, words: str, weight: float) -> str:
    """Return a prompt in which some words weigh so much, wherever they stand.

    Their own weight goes, and what brackets around them say is made up for; with a weight of 1
    in all they stand without brackets. Raises ``WordNotInPrompt``, and ``BadPrompt`` where the
    prompt cannot be read or the weight not be had.
    """
    read(text)
    places = _places(text, words)
    if not places:
        raise WordNotInPrompt(words)
    marked = _marked(text, places)
    # All are weighed in one reading, which takes as long as the prompt.
    around = _weights_of_marks(read(marked))

    def weighed(mark: re.Match[str]) -> str:
        index = int(mark[1])
        start, end = places[index]
        return _weighed(text, start, _INNER.sub("", text[start:end]), weight, around[index])

    text = _MARK.sub(weighed, marked)
    read(text)
    return text


def _places(text: str, words: str) -> list[tuple[int, int]]:
    """Return where the words stand as words of their own, outside of tags; any case will do."""
    phrase = r"(?:\++|-+)?\s+".join(re.escape(word) for word in words.split())
    if not phrase:
        return []
    # "red" is no word of "dark-red" or "red's". What a tag holds is none, but its place is kept.
    pattern = rf"(?<!\w)(?<!\w['’-]){phrase}(?!\w|['’-]\w)"
    tagless = _TAG.sub(lambda tag: " " * len(tag[0]), text)
    return [found.span() for found in re.finditer(pattern, tagless, re.IGNORECASE)]


def _marked(text: str, places: Sequence[tuple[int, int]]) -> str:
    """Return a prompt with marks in these places, less what the words there weigh themselves."""
    for index, (start, end) in reversed(tuple(enumerate(places))):
        text = f"{text[:start]}qzjx{index}mark{text[end:]}"
    for index in range(len(places)):
        before, mark, behind = text.partition(f"qzjx{index}mark")
        if signs := _SIGNS.match(behind):
            behind = behind[signs.end() :]
        while (inside := _unwrapped(before, behind)) is not None:
            before, behind = inside
        text = f"{before}{mark}{behind}"
    return text


def _unwrapped(before: str, behind: str) -> tuple[str, str] | None:
    """Return what is around brackets that hold the words alone and weigh them, if there are any."""
    outer, bracket = before.rstrip()[:-1], before.rstrip()[-1:]
    closing = CLOSING.get(bracket)
    if closing is None or outer[-1:] == "\\" or outer[-1:].isalnum():
        return None
    inside, found, rest = behind.partition(closing)
    colon = COLON.fullmatch(inside.strip()) if bracket == "(" else None
    if not found or (inside.strip() and colon is None) or CLOCK.search(inside):
        return None
    suffix = SUFFIX.match(rest)
    if colon is None and suffix is None and bracket != "[":
        # Without a weight the brackets are characters.
        return None
    takes_suffix = suffix is not None and (colon is None or bool(suffix["signs"]))
    return outer, rest[suffix.end() :] if suffix is not None and takes_suffix else rest


def _weights_of_marks(reading: Reading) -> dict[int, float]:
    return {
        int(mark[1]): passage.weight
        for prompt in reading.prompts
        for passage in prompt
        for mark in _MARK.finditer(passage.text)
    }


def _weighed(text: str, start: int, words: str, weight: float, around: float) -> str:
    """Return words that come to a weight where their surroundings weigh so much."""
    if math.isclose(around, weight):
        return words
    if not around:
        raise BadPrompt("weighs nothing", text, start, detail=words)
    number = f"{weight / around:.6f}".rstrip("0").rstrip(".")
    return f"({words}){number}"

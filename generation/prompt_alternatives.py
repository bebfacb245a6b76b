r"""Alternatives in a prompt: ``a {red|green} fox`` is two prompts, one for each word.

Braces with ``|`` between them are a choice; several choices are combined, and one may stand inside
another. A choice may be empty: ``a {red |}fox``. Braces without ``|`` are characters like others,
and so are ``\{``, ``\}`` and, inside a choice, ``\|``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

from generation.errors import BadPrompt

DEPTH_MAX: Final = 20
"""How many braces may be open at once in a prompt with choices."""
_BRACES: Final = "{}"
_ESCAPED: Final = re.compile(r"\\([{}])")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One prompt of several: its words, and what was chosen in each choice, in order."""

    text: str
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Choice:
    options: tuple[_Sequence, ...]


_Sequence = tuple[str | _Choice, ...]


@dataclass(frozen=True)
class Alternatives:
    """A prompt with its choices, as typed in ``text``."""

    text: str
    parts: _Sequence

    @cached_property
    def count(self) -> int:
        """How many prompts it stands for."""
        return _count(self.parts)

    @property
    def is_plain(self) -> bool:
        """Whether it is the one prompt that was typed, letter by letter."""
        return all(isinstance(part, str) for part in self.parts) and (
            "".join(map(str, self.parts)) == self.text
        )

    def all(self) -> tuple[Alternative, ...]:
        """Return all prompts, each once; the last choice changes first.

        There are ``count`` to be gone through, so look at that before.
        """
        choices = [part for part in self.parts if isinstance(part, _Choice)]
        found = {
            _joined(self.parts, chosen): chosen
            for chosen in reversed(list(product(*(tuple(_chosen(choice)) for choice in choices))))
        }
        return tuple(Alternative(text, chosen) for text, chosen in reversed(found.items()))


def read_alternatives(text: str) -> Alternatives:
    """Read the choices of a prompt, in linear time.

    Raises ``BadPrompt`` that points at a choice which is never closed, and where too many are open
    at once.
    """
    if "|" not in text:
        return Alternatives(text, (_ESCAPED.sub(r"\1", text),))
    return Alternatives(text, _Reader(text).whole())


def escaped(text: str) -> str:
    """Return a prompt that stands for this text, letter by letter, whatever braces it has."""
    try:
        if read_alternatives(text).is_plain:
            return text
    except BadPrompt:
        pass
    return text.replace("{", r"\{").replace("}", r"\}")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> _Sequence:
        parts = list(self.sequence(0))
        while self.at < len(self.text):
            # What ends a choice is a character where none is open.
            parts.append(self.text[self.at])
            self.at += 1
            parts += self.sequence(0)
        return tuple(parts)

    def sequence(self, depth: int) -> _Sequence:
        """Read up to what ends an option, or the text."""
        parts: list[str | _Choice] = []
        while self.at < len(self.text):
            character, behind = self.text[self.at], self.text[self.at + 1 : self.at + 2]
            if character == "\\" and behind and behind in (_BRACES + "|" if depth else _BRACES):
                parts.append(behind)
                self.at += 2
            elif character == "{":
                parts += self.braces(depth + 1)
            elif character == "}" or (character == "|" and depth):
                break
            else:
                parts.append(character)
                self.at += 1
        return _merged(parts)

    def braces(self, depth: int) -> _Sequence:
        start = self.at
        if depth > DEPTH_MAX:
            raise BadPrompt("braces too deep", self.text, start, detail=str(DEPTH_MAX))
        options: list[_Sequence] = []
        while not options or self.text[self.at : self.at + 1] == "|":
            self.at += 1
            options.append(self.sequence(depth))
        closing = self.text[self.at : self.at + 1]
        self.at += len(closing)
        if len(options) == 1:
            return ("{", *options[0], closing)
        if not closing:
            raise BadPrompt("unclosed choice", self.text, start)
        return (_Choice(tuple(options)),)


def _merged(parts: list[str | _Choice]) -> _Sequence:
    """Put neighbouring characters together."""
    merged: list[str | _Choice] = []
    letters: list[str] = []
    for part in parts:
        if isinstance(part, str):
            letters.append(part)
            continue
        merged += ["".join(letters), part] if letters else [part]
        letters.clear()
    return (*merged, "".join(letters)) if letters else tuple(merged)


def _count(parts: _Sequence) -> int:
    return math.prod(
        sum(_count(option) for option in part.options)
        for part in parts
        if isinstance(part, _Choice)
    )


def _chosen(choice: _Choice) -> Iterator[str]:
    for option in choice.options:
        inner = [part for part in option if isinstance(part, _Choice)]
        for chosen in product(*(tuple(_chosen(each)) for each in inner)):
            yield _joined(option, chosen).strip()


def _joined(parts: _Sequence, chosen: tuple[str, ...]) -> str:
    """Put a text together; where nothing was chosen, one of the blanks around it goes, too."""
    left, text = iter(chosen), ""
    after_nothing = False
    for part in parts:
        piece = part if isinstance(part, str) else next(left)
        if after_nothing and (not text or text[-1].isspace()):
            piece = piece.lstrip()
        text += piece
        after_nothing = isinstance(part, _Choice) and not piece
    return text

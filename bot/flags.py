"""One parser from text with flags to options, used by every surface.

A flag is two hyphens and a name at the start of a word; phones turn the hyphens into one long dash.
What is no flag and no flag's value is the text of the option that the command takes, untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.areas import EXTEND_TYPED, REGION_TYPED
from bot.command import Command, Kind, Option
from bot.errors import FlagNeedsValue, UnknownFlag
from generation.nearest import nearest

_FLAG: Final = re.compile(
    r"""(?<!\S)(?:
        (?P<hyphens>--)(?P<long>[A-Za-z][\w-]*)
      | (?P<dash>[—–―])(?P<typed>[A-Za-z][\w-]*)
      | -(?P<short>[A-Za-z])(?=[=\s]\s*\d)
    )(?P<equals>[=:])?""",
    re.VERBOSE,
)
_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "”": "”", "„": "“", "‘": "’", "«": "»"}


_WORD: Final = re.compile(r"\S*")
_WORDS: Final = {
    Kind.REGION: re.compile(REGION_TYPED),
    Kind.EXTEND: re.compile(EXTEND_TYPED),
    Kind.LORAS: re.compile(r"[^\s,]*(?:\s*,\s*[^\s,]+)*"),
    Kind.AXIS: re.compile(
        r"""(?:"[^"]*"|“[^”]*”|[^\s,"“])*(?:\s*,\s*(?:"[^"]*"|“[^”]*”|[^\s,"“])*)*"""
    ),
}
"""What is taken where it is more than a word: a list as long as commas go on; in that of an axis
quotes may hold blanks."""


@dataclass(frozen=True, slots=True)
class ParsedText:
    """Options by name, each as the texts given for it in order, and the text that is left."""

    text: str
    options: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    option: Option
    spelling: str
    start: int
    end: int


def parse_flags(command: Command, text: str) -> ParsedText:
    """Split a text into the command's options and the rest.

    Raises ``UnknownFlag`` for two hyphens with a name that the command does not have, and
    ``FlagNeedsValue``. A long dash with an unknown name is prose, unless it is nearly a flag.
    """
    found = list(_flags(command, text))
    options: dict[str, list[str]] = {}
    rest: list[str] = []
    position = 0
    for index, flag in enumerate(found):
        if flag.start < position:
            continue
        rest.append(text[position : flag.start])
        limit = found[index + 1].start if index + 1 < len(found) else len(text)
        value, position = _value(flag, text, limit)
        options.setdefault(flag.option.name, []).append(value)
    rest.append(text[position:])
    left = " ".join(piece for piece in (piece.strip() for piece in rest) if piece)
    return ParsedText(left, options)


def _flags(command: Command, text: str) -> Iterator[_Found]:
    for match in _FLAG.finditer(text):
        name = (match["long"] or match["typed"] or match["short"]).lower().replace("_", "-")
        option = command.by_flag(name)
        if option is not None:
            start, end = match.span()
            spelling = "-n" if match["short"] else f"--{name}"
            yield _Found(option, spelling, start, end)
        elif match["hyphens"] or (match["dash"] and _nearly(command, name)):
            raise UnknownFlag(f"--{name[:40]}", command.name, _near(command, name))


def _near(command: Command, name: str) -> tuple[str, ...]:
    return tuple(f"--{flag}" for flag in nearest(name, command.flags()) if len(flag) > 1)


def _nearly(command: Command, name: str) -> bool:
    """Whether a word after a long dash is a misspelt flag rather than a parenthesis of prose."""
    return any(
        len(flag) > 2 and abs(len(flag) - len(name)) <= 1 and _one_slip(flag, name)
        for flag in command.flags()
    )


def _one_slip(right: str, typed: str) -> bool:
    if sorted(right) == sorted(typed):
        return True
    longer, shorter = (right, typed) if len(right) >= len(typed) else (typed, right)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def _value(flag: _Found, text: str, limit: int) -> tuple[str, int]:
    """Return the flag's value and where the text goes on after it."""
    if flag.option.kind is Kind.FLAG:
        return "yes", flag.end
    start = flag.end + _blanks(text[flag.end : limit])
    quoted = _quoted(text, start)
    if quoted is not None:
        return quoted
    if flag.option.kind is Kind.TEXT:
        value, end = text[start:limit].strip(), limit
    else:
        value, end = _words(text, start, limit, _WORDS.get(flag.option.kind, _WORD))
    if not value:
        raise FlagNeedsValue(flag.spelling, flag.option.kind.value)
    return value, end


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip())


def _quoted(text: str, start: int) -> tuple[str, int] | None:
    closing = _QUOTES.get(text[start : start + 1])
    end = text.find(closing, start + 1) if closing else -1
    # An apostrophe inside a word closes nothing.
    while closing in ("'", "’") and end != -1 and text[end + 1 : end + 2].isalnum():
        end = text.find(closing, end + 1)
    return None if end == -1 else (text[start + 1 : end].strip(), end + 1)


def _words(text: str, start: int, limit: int, pattern: re.Pattern[str]) -> tuple[str, int]:
    match = pattern.match(text, start, limit)
    return (match[0], match.end()) if match else ("", start)

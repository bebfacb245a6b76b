"""Discord's markdown, read as its clients read it, or stricter: for tests of what we send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STYLES: Final = ("strong", "underline", "em", "strike", "spoiler")
_RULES: Final = tuple(
    (kind, re.compile(pattern, re.DOTALL | re.IGNORECASE))
    for kind, pattern in (
        ("escape", r"\\([^0-9a-z\s])"),
        ("fence", r"```(.+?)```"),
        ("code", r"(`+)(.*?[^`])\1(?!`)"),
        ("strong", r"\*\*((?:\\.|[^\\])+?)\*\*(?!\*)"),
        ("underline", r"__((?:\\.|[^\\])+?)__(?!_)"),
        ("em", r"_((?:\\.|[^\\_])+?)_|\*((?:\\.|[^\\*])+?)\*(?!\*)"),
        ("strike", r"~~(.+?)~~"),
        ("spoiler", r"\|\|(.+?)\|\|"),
        ("link", r"\[((?:\\.|[^\]\\])*)\]\([^)]*\)"),
        ("mention", r"<(?:@[!&]?|#|id:)\w+>|</[^>]+:\d+>|@everyone|@here"),
        ("emoji", r"<a?:\w+:\d+>|:[\w~+-]+:"),
        ("time", r"<t:-?\d+(?::\w)?>"),
        ("address", r"<[^: >]+:/[^ >]+>|[a-z]+://[^\s<]+"),
        ("invitation", r"(?:discord(?:app)?\.(?:gg|com|gift|new)|dis\.gd)/[\w/]+"),
    )
)
_BLOCKS: Final = (
    ("small", re.compile(r"-# +(?=\S)")),
    ("heading", re.compile(r"\s*#{1,3}\s")),
    ("list", re.compile(r"\s*(?:[-*+]|\d+[.)])\s")),
    ("quote", re.compile(r"\s*(?:>>>|>)\s")),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client shows: the text, and the kinds of things found in it, each with its text."""

    text: str
    found: tuple[tuple[str, str], ...]

    def of(self, kind: str) -> list[str]:
        """Return the texts of one kind."""
        return [text for each, text in self.found if each == kind]

    @property
    def kinds(self) -> set[str]:
        """All kinds that were found."""
        return {kind for kind, _ in self.found}


@dataclass(frozen=True, slots=True)
class Piece:
    """A text that is shown, and the kinds of things that it stands in."""

    text: str
    kinds: frozenset[str]


def pieces(line: str) -> Iterator[Piece]:
    """Yield a line's pieces, characters mostly, in reading order."""
    for kind, pattern in _BLOCKS:
        if match := pattern.match(line):
            yield from _pieces(line[match.end() :], frozenset({kind}))
            return
    yield from _pieces(line, frozenset())


def _pieces(text: str, outer: frozenset[str]) -> Iterator[Piece]:
    place = 0
    while place < len(text):
        kind, inner, place = _next(text, place)
        kinds = outer if kind in ("escape", "text") else outer | {kind}
        if kind in STYLES:
            yield from _pieces(inner, kinds)
        else:
            yield Piece(inner, kinds)


def read(message: str) -> Shown:
    """Read a message."""
    found: list[tuple[str, str]] = []
    lines = [_line(line, found) for line in message.split("\n")]
    return Shown("\n".join(lines), tuple(found))


def _line(text: str, found: list[tuple[str, str]]) -> str:
    for kind, pattern in _BLOCKS:
        if match := pattern.match(text):
            inner = _inline(text[match.end() :], found)
            found.append((kind, inner))
            return inner
    return _inline(text, found)


def _inline(text: str, found: list[tuple[str, str]]) -> str:
    shown, place = "", 0
    while place < len(text):
        kind, inner, end = _next(text, place)
        if kind in STYLES:
            inner = _inline(inner, found)
        if kind not in ("escape", "text"):
            found.append((kind, inner))
        shown += inner
        place = end
    return shown


def _next(text: str, place: int) -> tuple[str, str, int]:
    for kind, pattern in _RULES:
        if match := pattern.match(text, place):
            return kind, match[match.lastindex or 0], match.end()
    return "text", text[place], place + 1

"""Lines as Slack's blocks. No character of a person's text means anything there.

Paragraphs are ``rich_text``, small print is ``context``: both take text as it stands. Slack's own
markup is written for the little of ours that has a style in small print, and nowhere else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final, Literal

from bot.adapters.fitting import pieces
from bot.characters import (
    ISOLATE,
    RELEASE,
    cleaned,
    clipped,
    isolated,
    paragraphs,
    turns,
    units,
)
from bot.commands import Widest, commands
from bot.manifest import SLACK_COMMANDS
from bot.reply import Line, Span

Block = dict[str, Any]
"""A block, or an element of one, as the Web API takes it."""

SECTION_MOST: Final = 3000
"""Characters of one paragraph."""
ELEMENT_MOST: Final = 2000
"""Characters of one text in small print."""
ELEMENTS_MOST: Final = 10

UNDER_ART: Final = frozenset(command.name for command in commands(Widest())) - {*SLACK_COMMANDS}
"""The commands that have no name of their own on Slack."""

_Look = Literal["plain", "bold", "code"]
_Run = tuple[_Look, str]
"""Some text in one look."""

_LOOKS: Final[dict[str, _Look]] = {"strong": "bold", "code": "code"}
_COMMAND: Final = re.compile(rf"(?<![\w/.~-])/({'|'.join(sorted(UNDER_ART))})(?![\w/-]|\.\w)")
_MEANT: Final = re.compile(r"<(?=[!@#]|\Z)")
_JOINER: Final = "\u2060"
_SIGNS: Final = re.compile(r"[*_~`:]")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def blocks(lines: Iterable[Line]) -> Iterator[Block]:
    """Yield lines as blocks, however many there come to be.

    Those that follow one another make one paragraph; a line that begins with a faint span is
    small altogether, and a block of its own.
    """
    clean = (tuple(span for span in line if cleaned(span.text)) for line in lines)
    shown = (line for line in clean if "".join(cleaned(span.text) for span in line).strip())
    for small, group in groupby(shown, key=lambda line: line[0].style == "faint"):
        if small:
            yield from chain.from_iterable(map(small_print, group))
        else:
            yield from _paragraphs(group)


def small_print(line: Line) -> list[Block]:
    """Return a line as ``context``: one block, or as many as a long one takes."""
    runs = list(_joined(_runs(line)))
    elements = [_element(look, text.strip()) for look, text in runs if text.strip()]
    if len(elements) > ELEMENTS_MOST or any(units(e["text"]) > ELEMENT_MOST for e in elements):
        whole = (Span("".join(text for _, text in runs).strip()),)
        parts = (part[0].text for part in pieces(whole, _is_short))
        elements = [_plain(part) for part in parts if part.strip()]
    firsts = range(0, len(elements), ELEMENTS_MOST)
    rows = (elements[first : first + ELEMENTS_MOST] for first in firsts)
    return [{"type": "context", "elements": row} for row in rows]


def plain_text(text: str, most: int = ELEMENT_MOST) -> Block:
    """Return a text object of at most so many characters in which nothing means anything."""
    return _plain(shortened(literal(text), most))


def plain(line: Line) -> str:
    """Return a line as text for where Slack reads plain text, on one line."""
    return "".join(_unmeant(isolated(span.text)) for span in map(_typed, line))


def literal(text: str) -> str:
    """Return clean text on one line in which not even a careless reader finds a mention."""
    return _unmeant(cleaned(text))


def escaped(text: str) -> str:
    """Return text for where Slack reads its markup."""
    return text.translate(_ENTITIES)


def shortened(text: str, most: int, length: Callable[[str], int] = units) -> str:
    """Return a text, clipped where it is longer than that, however length is measured."""
    if length(text) <= most:
        return text
    lengths = range(min(len(text), most) + 1)
    return clipped(text, bisect_right(lengths, most, key=lambda n: length(clipped(text, n))) - 1)


def as_typed(text: str) -> str:
    """Return a text of ours with the commands as they are typed on Slack."""
    return _COMMAND.sub(r"/art \1", text)


def characters(block: object) -> int:
    """Return how many characters blocks have for people to read, in UTF-16 units."""
    if isinstance(block, Mapping):
        texts = (block.get(key) for key in ("text", "alt_text"))
        own = sum(units(text) for text in texts if isinstance(text, str))
        return own + sum(map(characters, block.values()))
    return sum(map(characters, block)) if isinstance(block, list | tuple) else 0


def _paragraphs(lines: Iterable[Line]) -> Iterator[Block]:
    """Yield lines as few paragraphs, parted between lines where one is too small."""
    runs: list[_Run] = []
    for piece in (piece for line in lines for piece in pieces(line, _is_short_enough)):
        more = list(_apart(_runs(piece)))
        if runs and _length(runs) + 1 + _length(more) > SECTION_MOST:
            yield _paragraph(runs)
            runs = []
        runs += [("plain", "\n"), *more] if runs else more
    yield _paragraph(runs)


def _paragraph(runs: Iterable[_Run]) -> Block:
    section = {
        "type": "rich_text_section",
        "elements": [_rich(look, text) for look, text in _joined(runs)],
    }
    return {"type": "rich_text", "elements": [section]}


def _rich(look: _Look, text: str) -> Block:
    plain = {"type": "text", "text": text}
    return plain if look == "plain" else {**plain, "style": {look: True}}


def _element(look: _Look, text: str) -> Block:
    """Return text in small print; what would mean something in a style goes without it."""
    if look == "code" and "`" not in text:
        return {"type": "mrkdwn", "text": f"`{escaped(text)}`", "verbatim": True}
    if look == "bold" and not _SIGNS.search(text):
        return {"type": "mrkdwn", "text": f"*{escaped(text)}*", "verbatim": True}
    return _plain(text)


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _joined(runs: Iterable[_Run]) -> Iterator[_Run]:
    """Yield runs with those of one look that follow one another as one."""
    for look, group in groupby(runs, key=itemgetter(0)):
        yield look, "".join(text for _, text in group)


def _runs(line: Line) -> Iterator[_Run]:
    """Yield the texts of a line; what a person wrote alone may be of several paragraphs."""
    spans = [span for span in line if cleaned(span.text)]
    if len(spans) == 1 and spans[0].style == "user":
        yield "plain", "\n".join(_unmeant(isolated(part)) for part in paragraphs(spans[0].text))
        return
    for span in map(_typed, spans):
        look = _LOOKS.get(span.style, "plain")
        yield look, literal(span.text) if look == "code" else _unmeant(isolated(span.text))


def _apart(runs: Iterable[_Run]) -> Iterator[_Run]:
    """Yield runs with what keeps code from turning the rest outside it: it is there to copy."""
    for look, text in runs:
        if look == "code" and turns(text):
            yield from (("plain", ISOLATE), ("code", text), ("plain", RELEASE))
        else:
            yield look, text


def _typed(span: Span) -> Span:
    """Return a span with the commands as they are typed here, where the words are ours."""
    if span.style == "user":
        return span
    if span.style == "code":
        # Only the command itself is ours: a person's words may follow it.
        command, blank, rest = span.text.partition(" ")
        return replace(span, text=as_typed(command) + blank + rest)
    return replace(span, text=as_typed(span.text))


def _unmeant(text: str) -> str:
    return _MEANT.sub(f"<{_JOINER}", text)


def _length(runs: Iterable[_Run]) -> int:
    return sum(units(text) for _, text in runs)


def _is_short_enough(line: Line) -> bool:
    return _length(_apart(_runs(line))) <= SECTION_MOST


def _is_short(line: Line) -> bool:
    return sum(units(span.text) for span in line) <= ELEMENT_MOST

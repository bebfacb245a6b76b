"""Prompts made of several: ``("a", "b").and()`` and ``("a", "b").blend(0.7, 0.3)``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from generation.errors import BadPrompt
from generation.prompt_reading import Join, Reading
from generation.prompt_scanner import Scanner
from generation.prompt_syntax import PARTS_MAX, WEIGHTS
from generation.recipe import Bounds

BLEND_WEIGHTS: Final = Bounds(-5, 5)
"""Of each part, before and after they are divided by their sum."""

_JOIN: Final = re.compile(r"(?<!\\)\)\s*(\.(?:and|add|blend))\s*\(")
_QUOTES: Final = {'"': '"', "“": '"”', "”": '"”', "„": '"“”', "«": "»", "‘": "’", "'": "'"}
_BARE: Final = re.compile(r"[^\s()\[\]\"“”„«»,.+\-=\\]+")
_BLANK: Final = re.compile(r"\s*")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)\Z")


@dataclass(frozen=True, slots=True)
class FoundJoin:
    """Where the operator stands: from its closing bracket to behind the next opening one."""

    kind: Join
    operator: str
    start: int
    end: int


def find_join(text: str) -> FoundJoin | None:
    """Return the first operator that joins prompts, if there is one."""
    found = _JOIN.search(text)
    if found is None:
        return None
    kind: Join = "blend" if found[1] == ".blend" else "and"
    return FoundJoin(kind, found[1], found.start(), found.end())


def read_joined(text: str, join: FoundJoin, field: str) -> Reading:
    """Read the whole text as one joined prompt. Raises ``BadPrompt``."""
    reader = _JoinedReader(text, join, field)
    parts = reader.parts()
    weights, normalize = reader.weights(len(parts))
    return Reading(
        compel=_written(text, parts),
        literal=text,
        plain=False,
        prompts=tuple(part.reading.prompts[0] for part in parts),
        join=join.kind,
        weights=weights,
        normalize=normalize,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One prompt and where it stands, with its quotes."""

    reading: Reading
    start: int
    end: int
    compel: str


def _written(text: str, parts: list[_Part]) -> str:
    """Put the parts, as compel reads them, where they stood; the rest stays as typed."""
    pieces, at = [], 0
    for part in parts:
        pieces += [text[at : part.start], part.compel]
        at = part.end
    return "".join([*pieces, text[at:]])


class _JoinedReader:
    def __init__(self, text: str, join: FoundJoin, field: str) -> None:
        self.text = text
        self.join = join
        self.field = field

    def error(self, reason: str, position: int, detail: str = "") -> BadPrompt:
        return BadPrompt(reason, self.text, position, self.field, detail[:100])

    def blank(self, position: int) -> int:
        """Return the position behind blanks."""
        match = _BLANK.match(self.text, position)
        return match.end() if match else position

    def parts(self) -> list[_Part]:
        """Read the prompts before the operator."""
        at = self.blank(0)
        if self.text[at] != "(":
            raise self.error("text around", at, self.join.operator)
        parts: list[_Part] = []
        while True:
            if len(parts) == PARTS_MAX:
                raise self.error("too many parts", at, str(PARTS_MAX))
            parts.append(self.part(self.blank(at + 1)))
            at = self.blank(parts[-1].end)
            if at == self.join.start:
                return parts
            if self.text[at] == ")":
                raise self.error("text around", at + 1, self.join.operator)
            if self.text[at] != ",":
                raise self.error("quotes missing", at, self.join.operator)

    def part(self, start: int) -> _Part:
        """Read one prompt."""
        closing = _QUOTES.get(self.text[start])
        if closing is None:
            return self.bare(start)
        end = self.quote_end(start + 1, closing)
        if not self.text[start + 1 : end].strip():
            raise self.error("empty part", start, self.join.operator)
        reading = Scanner(self.text, self.field).scan(start + 1, end)
        inside = re.sub(r'(?<!\\)"', r"\"", reading.compel)
        return _Part(reading, start, end + 1, f'"{inside}"')

    def quote_end(self, start: int, closing: str) -> int:
        """Return where the quotation that begins before ``start`` closes."""
        for found in re.finditer(rf"(?<!\\)[{closing}]", self.text[start : self.join.start]):
            # An apostrophe inside a word closes nothing.
            behind = self.text[start + found.end()]
            if found[0] not in "'’" or not behind.isalnum():
                return start + found.start()
        raise self.error("unclosed quote", start - 1, self.join.operator)

    def bare(self, start: int) -> _Part:
        """Read a single word, which may go without quotes."""
        word = _BARE.match(self.text, start, self.join.start)
        if word is None:
            raise self.error("quotes missing", start, self.join.operator)
        reading = Scanner(self.text, self.field).scan(start, word.end())
        return _Part(reading, start, word.end(), word[0])

    def weights(self, parts: int) -> tuple[tuple[float, ...], bool]:
        """Read what stands behind the operator: the weights, and whether to normalise them."""
        start, closing = self.join.end, self.text.find(")", self.join.end)
        if closing < 0:
            raise self.error("unclosed bracket", start - 1, "(")
        if self.text[closing + 1 :].strip():
            raise self.error("text around", self.blank(closing + 1), self.join.operator)
        typed = self.text[start:closing].strip()
        words = [word.strip() for word in typed.split(",")] if typed else []
        normalize = not (self.join.kind == "blend" and words[-1:] == ["no_normalize"])
        words = words if normalize else words[:-1]
        weights = tuple(self.number(word, start) for word in words) or (1.0,) * parts
        if len(weights) != parts:
            raise self.error("weights count", start, f"{len(weights)} {parts}")
        self.sound(weights, normalize, start)
        return weights, normalize

    def number(self, word: str, position: int) -> float:
        """Read one weight."""
        allowed = BLEND_WEIGHTS if self.join.kind == "blend" else WEIGHTS
        value = float(word) if _NUMBER.match(word) else math.nan
        if value not in allowed:
            raise self.error("joined weight", position, word)
        return value

    def sound(self, weights: tuple[float, ...], normalize: bool, position: int) -> None:
        """Refuse weights that come to nothing, or blow up when divided by their sum."""
        if not any(weights):
            raise self.error("weights zero", position, self.join.operator)
        if self.join.kind != "blend" or not normalize:
            return
        total = sum(weights)
        if total <= 0 or any(weight / total not in BLEND_WEIGHTS for weight in weights):
            raise self.error("weights zero", position, self.join.operator)

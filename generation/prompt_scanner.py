"""The reader of weights: one pass over the text, with a stack of open brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from generation import prompt_syntax as syntax
from generation.errors import BadPrompt
from generation.prompt_reading import Passage, Reading, fused

_BLANK: Final = Passage(" ")
_QUOTE_MAX: Final = 1000
"""Characters in which a quotation has to close, so that many that do not cost little."""


@dataclass(slots=True)
class _Group:
    """What an open bracket holds so far: passages, and the same in compel's grammar."""

    bracket: str
    start: int
    inside_word: bool = False
    pieces: list[Passage] = field(default_factory=list)
    compel: list[str] = field(default_factory=list)


class Scanner:
    """Reads one text, or the part of one between two positions."""

    def __init__(self, text: str, field: str) -> None:
        self.text = text
        self.field = field
        self.at = 0
        self.end = 0
        self.literal: list[str] = []
        self.stack: list[_Group] = []
        self.weights = 0
        self.fresh = True
        """Whether an element may start here; false inside a word."""

    def scan(self, start: int, end: int) -> Reading:
        """Read from ``start`` to ``end``. Raises ``BadPrompt``."""
        self.at, self.end, self.fresh = start, end, True
        self.literal, self.stack, self.weights = [], [_Group("", start)], 0
        while self.at < end:
            self._step()
        group = self.stack[-1]
        if group.bracket:
            raise self._error("unclosed bracket", group.start, group.bracket)
        compel, literal = "".join(group.compel), "".join(self.literal)
        return Reading(compel, literal, not self.weights, (fused(group.pieces),))

    def _error(self, reason: str, position: int, detail: str) -> BadPrompt:
        return BadPrompt(reason, self.text, position, self.field, detail[:100])

    def _step(self) -> None:
        character = self.text[self.at]
        if smiley := syntax.SMILEY.match(self.text, self.at, self.end):
            self._smiley(smiley[0])
        elif self.fresh and (word := syntax.SIGNED.match(self.text, self.at, self.end)):
            self._word(word["word"], word["signs"])
        elif character == "\\" and self._next(1) in syntax.ESCAPABLE:
            self._escaped()
        elif syntax.CLOSING.get(self.stack[-1].bracket) == character:
            self._close()
        elif self._opens(character):
            self._open(character)
        elif character in ")]":
            self._lone(character)
        elif prose := syntax.PROSE.match(self.text, self.at, self.end):
            self._plain(prose[0])
        else:
            self._plain(character)
            self.fresh = character.isspace() or character in ",“"

    def _next(self, distance: int) -> str:
        """Return the character so far ahead; none is an empty text."""
        return self.text[self.at + distance : self.end][:1]

    def _plain(self, text: str, compel: str | None = None) -> None:
        self.literal.append(text)
        self.stack[-1].pieces.append(Passage(text))
        self.stack[-1].compel.append(text if compel is None else compel)
        self.at += len(text)
        self.fresh = False

    def _escaped(self) -> None:
        character = self._next(1)
        self._plain(character, character if character in "[]" else f"\\{character}")
        self.at += 1

    def _smiley(self, smiley: str) -> None:
        if smiley[-1] == ")" and any(group.bracket == "(" for group in self.stack):
            # Inside brackets the second half closes them: "(a face :)".
            self._plain(smiley[:-1])
        else:
            self._plain(smiley, f"{smiley[:-1]}\\{smiley[-1]}")

    def _lone(self, character: str) -> None:
        bracket = self.stack[-1].bracket
        if bracket in ("(", "["):
            raise self._error("mismatched brackets", self.at, bracket)
        before = self.text[max(0, self.at - 4) : self.at]
        behind = self._next(1)
        if character == "]" or not syntax.LIST_MARK.search(before) or not behind.isspace():
            raise self._error("stray bracket", self.at, character)
        self._plain(character, "\\)")

    def _word(self, word: str, signs: str) -> None:
        weight = self._weighed(syntax.signs_weight(signs), self.at + len(word), signs)
        self.weights += 1
        self.literal.append(syntax.unescaped(word) + signs)
        self.stack[-1].pieces.append(Passage(syntax.unescaped(word), weight))
        self.stack[-1].compel.append(re.sub(r"\\([\[\]])", r"\1", word) + signs)
        self.at += len(word) + len(signs)
        self.fresh = True

    def _opens(self, character: str) -> bool:
        if character in "([":
            return True
        if character not in '"“' or not self.fresh:
            return False
        if any(group.bracket in ('"', "“") for group in self.stack):
            return False
        closing = self._quote_end(character)
        return closing > 0 and (
            character == '"' or bool(syntax.SUFFIX.match(self.text, closing + 1, self.end))
        )

    def _quote_end(self, character: str) -> int:
        """Return where a quotation that holds something closes on the same line, or -1."""
        pattern = re.compile(rf"(?<!\\){syntax.CLOSING[character]}|\n")
        found = pattern.search(self.text, self.at + 1, min(self.end, self.at + _QUOTE_MAX))
        if found is None or found[0] == "\n":
            return -1
        return found.start() if self.text[self.at + 1 : found.start()].strip() else -1

    def _open(self, character: str) -> None:
        if len(self.stack) > syntax.DEPTH_MAX:
            raise self._error("too deep", self.at, str(syntax.DEPTH_MAX))
        self.stack.append(_Group(character, self.at, inside_word=not self.fresh))
        self.literal.append(character)
        self.at += 1
        self.fresh = True

    def _close(self) -> None:
        group, closing = self.stack.pop(), self.at
        self.literal.append(self.text[closing])
        self.at += 1
        weight, compel = self._inside(group, closing)
        suffix = syntax.SUFFIX.match(self.text, self.at, self.end)
        if suffix and (weight is None or (suffix["signs"] and group.bracket == "(")):
            # With a weight inside, a number behind is of the text: "(a:1.3)5 cats".
            self.literal.append(suffix[0])
            compel = compel + suffix[0] if weight is None else f"({compel}){suffix[0]}"
            weight = self._suffix(suffix) * (1.0 if weight is None else weight)
            self.at = suffix.end()
        elif weight is not None and self._next(0).strip().strip(",)]"):
            compel += " "
        self._merge(group, weight, compel, closing)

    def _suffix(self, suffix: re.Match[str]) -> float:
        signs = suffix["signs"]
        value = syntax.signs_weight(signs) if signs else float(suffix["number"])
        return self._weighed(value, suffix.start(), suffix[0])

    def _inside(self, group: _Group, closing: int) -> tuple[float | None, str]:
        """Return the weight that the brackets themselves say, and the group for compel."""
        inside = self.text[group.start + 1 : closing]
        compel = "".join(group.compel)
        weight = None
        colon = syntax.COLON.search(inside)
        if group.bracket == "[":
            if syntax.EDITING.search(inside) and not syntax.CLOCK.search(inside):
                raise self._error("prompt editing", group.start, f"[{inside}]")
            weight = syntax.SQUARE
        elif group.bracket == "(" and colon and not syntax.CLOCK.search(inside):
            position = group.start + 1 + colon.start("number")
            weight = syntax.colon_weight(colon["number"])
            self._weighed(weight, position, colon["number"])
            compel = compel[: -len(colon[0])]
            _trim(group.pieces, len(colon[0]))
        if not "".join(piece.text for piece in group.pieces).strip():
            raise self._error("empty brackets", group.start, self.text[group.start : closing + 1])
        if group.bracket in ('"', "“"):
            return weight, f'"{compel}"'
        return weight, f"({compel})" + ("" if weight is None else syntax.written(weight))

    def _merge(self, group: _Group, weight: float | None, compel: str, closing: int) -> None:
        parent = self.stack[-1]
        bare = weight is None and all(piece.weight == 1 for piece in group.pieces)
        if bare and group.inside_word:
            # "photo(s)": compel, too, takes brackets inside a word for characters.
            text = "".join(piece.text for piece in group.pieces)
            parent.pieces.append(Passage(f"({text})"))
            parent.compel.append(compel)
            self.fresh = False
            return
        self.weights += weight is not None
        scale = 1.0 if weight is None else weight
        pieces = [Passage(piece.text, scale * piece.weight) for piece in group.pieces]
        for piece in pieces:
            self._weighed(piece.weight, closing, syntax.written(piece.weight))
        parent.pieces += [_BLANK, *pieces, _BLANK]
        parent.compel.append(f" {compel}" if group.inside_word else compel)
        self.fresh = True

    def _weighed(self, weight: float, position: int, typed: str) -> float:
        if weight not in syntax.WEIGHTS:
            raise self._error("weight", position, typed)
        return weight


def _trim(pieces: list[Passage], length: int) -> None:
    """Take so many characters off the end."""
    while length > 0:
        last = pieces.pop()
        if len(last.text) > length:
            pieces.append(Passage(last.text[:-length], last.weight))
        length -= len(last.text)

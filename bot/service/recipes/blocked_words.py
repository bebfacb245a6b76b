"""The owner's blocked words, and how they are found in what people write.

Only whole words count. A word is also found where it is written with look-alikes, digits and signs,
stretched, or taken apart letter by letter, see ``letters``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from bot.errors import BlockedWord
from bot.service.recipes.letters import BREAK, Letter, letters_of

_WEIGHT: Final = re.compile(r"(?<=\))\s*[0-9.]+|:\s*[0-9.]+\s*(?=\))")
"""As in ``(a phrase)1.3`` and ``(a phrase:1.3)``."""
_BLANK: Final = " "
SHORT: Final = 3
"""Words of so few letters are others when one of these is doubled: ``god`` and ``good``."""


def refuse_blocked_words(prompt: str, blocked: tuple[str, ...], field: str = "prompt") -> None:
    """Raise ``BlockedWord`` for a prompt that holds a blocked word or phrase.

    Neither weights nor commas, brackets and underscores hide one. ``field`` is what it is part of.
    """
    if not blocked:
        return
    words = _words(blocked)
    # The digits of a weight may be words of a phrase, or stand in the middle of one.
    for text in dict.fromkeys((prompt, _WEIGHT.sub("", prompt))):
        found = words.first_in(text)
        if found is not None:
            raise BlockedWord(blocked[found], field)


@lru_cache(maxsize=8)
def _words(blocked: tuple[str, ...]) -> Words:
    return Words(blocked)


@dataclass(slots=True)
class _Node:
    """The beginning of some entries, up to a letter; ``entry`` is the one that ends here."""

    letter: str = ""
    after: dict[str, int] = field(default_factory=dict)
    entry: int | None = None
    length: int = 0


class _State(NamedTuple):
    """How far an entry has been read, and with what liberties.

    ``solid`` counts up to two letters that stand for themselves, ``doubled`` says that some stood
    there once too often, ``spelled`` that blanks between single letters were passed over.
    """

    node: int
    solid: int = 0
    doubled: bool = False
    spelled: bool = False


_START: Final = _State(0)


class Words:
    """Finds entries in texts, in a time that grows with the length of the text alone."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._nodes = [_Node()]
        for number, entry in enumerate(entries):
            self._add(number, letters_of(entry))

    def first_in(self, text: str) -> int | None:
        """Return the number of an entry that the text holds; none if it holds none."""
        letters = letters_of(text)
        states: set[_State] = set()
        for at, letter in enumerate(letters):
            if states:
                states = self._across(states, letter)
            if letter.gap or (letters[at - 1].sign and not letter.sign):
                states.add(_START)
            if not states:
                continue
            states = self._read(states, letter)
            if states and _may_end(letters, at):
                for state in states:
                    if self._is_entry(state):
                        return self._nodes[state.node].entry
        return None

    def _add(self, number: int, letters: list[Letter]) -> None:
        node, at = self._nodes[0], 0
        for letter in letters:
            between = (_BLANK,) if letter.gap and at else ()
            for each in (*between, letter.readings[0]):
                at = node.after.setdefault(each, len(self._nodes))
                if at == len(self._nodes):
                    self._nodes.append(_Node(each))
                node = self._nodes[at]
        if letters and node.entry is None:
            node.entry, node.length = number, len(letters)

    def _across(self, states: set[_State], letter: Letter) -> set[_State]:
        """Return the states before a letter: where a phrase has a blank, it may be passed.

        Other blanks part words for good, but for those between single letters.
        """
        blank = {
            state._replace(node=self._nodes[state.node].after[_BLANK])
            for state in states
            if _BLANK in self._nodes[state.node].after
        }
        if letter.gap != BREAK:
            return states | blank
        return (
            blank | {state._replace(spelled=True) for state in states} if letter.spelled else blank
        )

    def _read(self, states: set[_State], letter: Letter) -> set[_State]:
        """Return the states after a letter, which may only stretch the one before."""
        read = set()
        for state in states:
            node = self._nodes[state.node]
            for which, reading in enumerate(letter.readings):
                if (after := node.after.get(reading)) is not None:
                    itself = letter.solid or (which == 0 and not letter.sign)
                    read.add(state._replace(node=after, solid=min(2, state.solid + itself)))
                if reading == node.letter:
                    doubled = state.doubled or not letter.stretched
                    read.add(state._replace(doubled=doubled))
            if letter.sign and state.node:
                read.add(state)
        return read

    def _is_entry(self, state: _State) -> bool:
        node = self._nodes[state.node]
        if node.entry is None or (state.doubled and node.length <= SHORT):
            return False
        return state.solid >= (2 if state.spelled else 1)


def _may_end(letters: list[Letter], at: int) -> bool:
    """Whether a word may end at a letter."""
    return at + 1 == len(letters) or bool(letters[at + 1].gap) or letters[at + 1].sign

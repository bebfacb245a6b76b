"""Which of many names may be meant by a few letters: the best first, in a millisecond or two."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from storage.fulltext import terms

TYPED_MOST: Final = 60
"""Letters beyond these do not count: nobody types them to choose from a list."""
WORDS_MOST: Final = 40
NEAR: Final = 0.6
"""How like a word has to be, by difflib's ratio."""
_CANDIDATES: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to choose: by its name, or by other words that it is found with.

    ``about`` says what it is.
    """

    name: str
    about: str = ""
    words: str = ""
    key: str = field(init=False)
    spaced: str = field(init=False)
    """All words, with a space before each."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.name.casefold())
        words = terms(f"{self.name} {self.words}")[:WORDS_MOST]
        object.__setattr__(self, "spaced", "".join(f" {word}" for word in words))


def matches(entries: Sequence[Entry], typed: str, most: int) -> list[Entry]:
    """Return the entries that hold what was typed, in their own order where they are alike.

    First comes the one of that very name, then names that begin so, then those with words that
    begin so, then the rest. Nothing typed: the first ones.
    """
    letters = typed[:TYPED_MOST].strip().casefold()
    if not letters:
        return list(entries[:most])
    found: dict[int, Entry] = {}
    for test in _tests(letters):
        found |= {id(entry): entry for entry in entries if test(entry)}
        if len(found) >= most:
            break
    return list(found.values())[:most]


def _tests(letters: str) -> Iterator[Callable[[Entry], bool]]:
    yield lambda entry: entry.key == letters
    yield lambda entry: entry.key.startswith(letters)
    words = terms(letters)
    together = " ".join(words)
    if words:
        yield lambda entry: f" {together}" in entry.spaced
    if len(words) > 1:
        starts = [f" {word}" for word in words]
        yield lambda entry: all(start in entry.spaced for start in starts)
    yield lambda entry: letters in entry.key or bool(words and together in entry.spaced)


class Spellings:
    """Finds entries by a name or word that was misspelt."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._holding: dict[str, list[int]] = defaultdict(list)
        for index, entry in enumerate(entries):
            for pair in _pairs(entry.spaced):
                self._holding[pair].append(index)

    def nearest(self, typed: str, most: int) -> list[Entry]:
        """Return the entries with the most likely word, the likeliest first."""
        letters = " ".join(terms(typed[:TYPED_MOST]))
        shared: Counter[int] = Counter()
        for pair in _pairs(f" {letters}"):
            shared.update(self._holding.get(pair, ()))
        candidates = (self._entries[index] for index, _ in shared.most_common(_CANDIDATES))
        rated = [(_likeness(letters, entry), entry) for entry in candidates]
        rated = [(ratio, entry) for ratio, entry in rated if ratio >= NEAR]
        rated.sort(key=lambda pair: -pair[0])
        return [entry for _, entry in rated[:most]]


def _pairs(text: str) -> set[str]:
    """Return the pairs of letters that follow one another; the first of a word follows a space."""
    return {text[index : index + 2] for index in range(len(text) - 1)}


def _likeness(letters: str, entry: Entry) -> float:
    words = [entry.key, *entry.spaced.split()]
    near = difflib.get_close_matches(letters, words, n=1, cutoff=NEAR)
    return difflib.SequenceMatcher(None, near[0], letters).ratio() if near else 0.0

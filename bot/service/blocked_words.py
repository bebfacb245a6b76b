"""The owner's blocked words, and how they are found in what people write."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from bot.errors import BlockedWord

_WEIGHT: Final = re.compile(r"(?<=\))\s*[0-9.]+|:\s*[0-9.]+\s*(?=\))")
"""As in ``(a phrase)1.3`` and ``(a phrase:1.3)``."""


def refuse_blocked_words(prompt: str, blocked: tuple[str, ...]) -> None:
    """Raise ``BlockedWord`` for a prompt that holds a blocked word or phrase, whatever its case.

    Only whole words count, and nothing between them: weights, commas and underscores hide none.
    """
    if not blocked:
        return
    # The digits of a weight may be words of a phrase, or stand in the middle of one.
    words = _spaced(prompt) + _spaced(_WEIGHT.sub(" ", prompt))
    for entry in blocked:
        if (phrase := _spaced_entry(entry)) and phrase in words:
            raise BlockedWord(entry)


@lru_cache(maxsize=4096)
def _spaced_entry(entry: str) -> str:
    return _spaced(entry)


def _spaced(text: str) -> str:
    """Return the words of a text with one blank before, between and after them."""
    # Composed, so that an accent is one with its letter however it was typed.
    folded = unicodedata.normalize("NFC", text.casefold())
    words = "".join(character if _in_word(character) else " " for character in folded).split()
    return f" {' '.join(words)} " if words else ""


def _in_word(character: str) -> bool:
    """Whether this is a letter, a mark on one, or a digit."""
    return character.isalnum() or unicodedata.category(character).startswith("M")

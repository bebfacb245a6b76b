"""Which passages of a text became which others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Final

_WORD: Final = re.compile(r"[^\s,]+|,")
_COMPARED: Final = 20_000
"""Pairs of words that are compared, as 141 against 141: that takes up to 0.04 s, and grows with
their number; a tree of relatives has up to 19 changes to tell."""
_PASSAGES: Final = 4
"""More changes than these are no changes of a prompt but another one."""
_SHORT: Final = 12
"""Words of two prompts that can be told in full."""


def changed_passages(before: str, now: str) -> list[tuple[str, str]] | None:
    """Return which passages became which others, empty where they came or went.

    None where the two texts have too little in common for that to tell anything.
    """
    old, new = list(_WORD.finditer(before)), list(_WORD.finditer(now))
    words = len(old) + len(new)
    head = _begins_alike(old, new)
    tail = _begins_alike(old[head:][::-1], new[head:][::-1])
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(old) * len(new) > _COMPARED:
        return None
    matcher = difflib.SequenceMatcher(None, [w[0] for w in old], [w[0] for w in new])
    found = [
        (_passage(before, old[i:j]), _passage(now, new[k:m]))
        for kind, i, j, k, m in matcher.get_opcodes()
        if kind != "equal"
    ]
    alike = head + tail + sum(block.size for block in matcher.get_matching_blocks())
    is_rewritten = 4 * alike < words and words > _SHORT
    return None if len(found) > _PASSAGES or is_rewritten else found


def _begins_alike(old: Sequence[re.Match[str]], new: Sequence[re.Match[str]]) -> int:
    """Count the words at the beginning of both."""
    count = 0
    while count < min(len(old), len(new)) and old[count][0] == new[count][0]:
        count += 1
    return count


def _passage(text: str, words: list[re.Match[str]]) -> str:
    if not words:
        return ""
    whole = text[words[0].start() : words[-1].end()]
    return whole.strip(", \n\t") or whole

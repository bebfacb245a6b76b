"""The nearest right names for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Return up to ``most`` of the known names, nearest first; none when nothing is like it.

    Compared without case, by difflib's ratio; a known name that begins with what was typed counts
    as near however long it is.
    """
    names = {candidate.casefold(): candidate for candidate in known}
    typed = name.casefold()[:100]
    close = difflib.get_close_matches(typed, names, n=most, cutoff=0.5)
    begun = [key for key in names if typed and key.startswith(typed)]
    return tuple(names[key] for key in dict.fromkeys([*begun, *close]))[:most]

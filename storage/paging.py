"""Pages of long lists that are ordered by numbers, forwards and back."""

from __future__ import annotations

from typing import Final, Protocol

from storage.records import Page

NEWEST: Final = 2**62
"""Above every number."""


class Numbers(Protocol):
    """Finds numbers of a list."""

    def __call__(self, than: int, most: int, *, upwards: bool) -> list[int]:
        """Return the numbers next to one: those above it upwards, or those below it downwards."""
        ...


def paged(find: Numbers, cursor: int | None, newer: int | None, limit: int) -> Page[int]:
    """Return the page of so many numbers below ``cursor``, or of those above ``newer``.

    The page above one where fewer are left than it holds is the first.
    """
    if newer is not None:
        above = find(newer, limit + 1, upwards=True)
        if len(above) > limit:
            items = tuple(reversed(above[:limit]))
            more = find(items[-1], 1, upwards=False)
            return Page(items, items[-1] if more else None, items[0])
        cursor = None
    below = find(NEWEST if cursor is None else cursor, limit + 1, upwards=False)
    items = tuple(below[:limit])
    is_later = bool(cursor is not None and items and find(items[0], 1, upwards=True))
    return Page(items, items[-1] if len(below) > limit else None, items[0] if is_later else None)

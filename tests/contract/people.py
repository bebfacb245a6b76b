"""Names of people: each talk has its own, so that no test meets another's jobs."""

from __future__ import annotations

import itertools
from typing import Final

BOSS: Final = "boss"
"""The one whom the owner's list makes an admin; everybody else is new in each talk."""

_numbers = itertools.count(1)


class People:
    """The people of one talk."""

    def __init__(self) -> None:
        self._number = next(_numbers)

    def called(self, name: str) -> str:
        """Return the name that somebody has on the surface."""
        return name if name == BOSS else f"{name}-{self._number}"

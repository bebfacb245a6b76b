"""How long the worker draws nothing between two orders, though the next one waits."""

from __future__ import annotations

import statistics
from collections import deque
from typing import Final

from generation.worker.messages import Painted

REMEMBERED: Final = 200


class Gaps:
    """Learns from what the worker says when the pixels of an order are there."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)
        self._before: Painted | None = None

    @property
    def median(self) -> float | None:
        """The median of the last gaps in seconds; none before there was one."""
        return statistics.median(self._seconds) if self._seconds else None

    def learn(self, painted: Painted, *, next_waits: bool) -> None:
        """Take in the end of an order, and whether the next one waited for it by then."""
        before = self._before
        if before is not None and before.launch == painted.launch:
            self._seconds.append(painted.begun - before.ended)
        self._before = painted if next_waits else None

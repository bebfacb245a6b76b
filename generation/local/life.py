"""Whether a worker still gets anywhere."""

from __future__ import annotations

import time
from typing import Final

from generation.worker.messages import Beat

SILENT_PHASES: Final = frozenset({"starting", "downloading", "loading", "compiling"})
"""Phases in which there are no steps to report, for minutes on end."""
_PATIENCE: Final = 4
"""Silent phases may last this many times as long as a step, however busy the processor is."""
_BUSY_SECONDS: Final = 0.05
"""CPU seconds between two beats that count as work; the beat itself takes far less."""


class SignsOfLife:
    """Remembers when the worker last got somewhere; ``seconds`` is how long it may take."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._spent = 0.0
        self.renew("")

    def renew(self, phase: str) -> None:
        """Take note of a step, an event, or a new task."""
        self._phase = phase
        self._last = self._renewed = time.monotonic()

    def beat(self, beat: Beat) -> None:
        """Take note of a beat, which counts only where work goes on in silence."""
        busy = beat.spent - self._spent > _BUSY_SECONDS
        self._spent = beat.spent
        now = time.monotonic()
        if beat.phase in SILENT_PHASES and busy and now - self._renewed < _PATIENCE * self._seconds:
            self._last = now

    def is_over(self) -> bool:
        """Say whether it has taken too long."""
        return time.monotonic() - self._last > self._seconds

"""Processor time of the worker and of what it has started."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

import psutil

WITH_HELPERS: Final = frozenset({"compiling"})
"""Phases in which other processes do the work: compilers, for minutes on end."""


def seconds_spent(phase: str) -> float:
    """Return the processor's seconds so far, with those of helpers that live where they matter.

    The system counts those of helpers that have ended. To find the living takes milliseconds.
    """
    times = os.times()
    spent = times.user + times.system + times.children_user + times.children_system
    return spent + _of_helpers() if phase in WITH_HELPERS else spent


def _of_helpers() -> float:
    """Return as many as can be found: who asks is what tells that the worker lives."""
    spent = 0.0
    with suppress(psutil.Error, OSError):
        for helper in psutil.Process().children(recursive=True):
            with suppress(psutil.Error, OSError):  # ended meanwhile
                times = helper.cpu_times()
                spent += times.user + times.system
    return spent

"""What is measured now, for people who wait: it takes minutes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Say = Callable[[str], None]
"""Hears what is measured now."""


def announcer() -> Say:
    """Return what tells on the error stream what is measured now, and since when it runs."""
    begun = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - begun:6.0f} s  {what}\n")
        sys.stderr.flush()

    return say

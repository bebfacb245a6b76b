"""What drawings look like: dark and neutral, so that they sit well in dark and light chats."""

from __future__ import annotations

from typing import Final

GROUND: Final = "#2b2d31"
PLACE: Final = "#383a40"
"""Behind pictures that leave some of their place free, and where there is none."""
INK: Final = "#f2f3f5"
FAINT: Final = "#b5bac1"
MARK: Final = "#f0b232"
"""Around the one that a drawing is about."""
EDGE: Final = "#80848e"

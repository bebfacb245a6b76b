"""What a check of ``reroll doctor`` finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; a fault makes the exit code 1."""

    state: Literal["ok", "note", "fault"]
    subject: str
    sentence: str

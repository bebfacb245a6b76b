"""What the bench and the process that measures for it say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.bench.plan import Plan
from generation.errors import UserError
from generation.settings import GenerationSettings


@dataclass(frozen=True, slots=True)
class Task:
    """Measure pictures by these settings; ``lever``: one figure, with a lever moved."""

    settings: GenerationSettings
    plan: Plan
    lever: bool = False


@dataclass(frozen=True, slots=True)
class Doing:
    """What is measured now, for people who wait."""

    what: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured; the last word."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """It could not be measured; the last word. ``error`` where a person can mend it."""

    reason: str
    error: UserError | None = None


Word = Doing | Found | Broken

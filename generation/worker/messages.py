"""What the engine and its worker say to each other: small, frozen, picklable.

Everything that the worker says carries the id of its launch, so that the last words of a dead
worker, still on their way when the next one lives, are known for what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generation.engine import Event, Order, Preparing, Preview, Stage
from generation.errors import UserError
from generation.models import Model
from generation.settings import GenerationSettings

# From the engine ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message: who the worker is. ``painter`` names its factory, ``module:function``."""

    launch: str
    settings: GenerationSettings
    painter: str


@dataclass(frozen=True, slots=True)
class Run:
    """Carry out an order. ``run`` is its number in the engine's life, never used twice.

    ``alone``: one picture at a time, as after a pass that brought down a worker.
    """

    run: int
    order: Order
    alone: bool = False


@dataclass(frozen=True, slots=True)
class RunTogether:
    """Carry out orders whose pictures fit together; each has its own events and its own end."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """End that run; one that has ended, or is unknown, is left alone."""

    run: int


@dataclass(frozen=True, slots=True)
class PreviewSeen:
    """The last preview of that run has been taken; another one may be sent."""

    run: int


Command = Hello | Run | RunTogether | Cancel | PreviewSeen

# From the worker ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The worker is ready for orders; ``machine`` is as in ``EngineStatus``."""

    launch: str
    device: str
    machine: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The worker cannot start and ends; ``error`` where a person can mend it."""

    launch: str
    reason: str
    error: UserError | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The models that are in memory now; ``plans`` and ``sizes`` are as in ``EngineStatus``."""

    launch: str
    models: tuple[str, ...]
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beat:
    """The process lives. ``phase`` is what it does, ``spent`` its CPU seconds so far.

    A beat alone proves nothing about the order at hand; only in phases that report no steps do
    growing CPU seconds count as progress.
    """

    launch: str
    phase: str
    spent: float


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step is done; ``at`` is the worker's clock in seconds, good for differences only.

    It was a step of ``together`` pictures of this run, of which ``index`` is the first, and of
    ``batch`` pictures in all, some of which may be of other runs.
    """

    launch: str
    run: int
    index: int
    stage: Stage
    step: int
    total: int
    at: float
    preview: Preview | None = None
    together: int = 1
    batch: int = 1


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a run, as the receiver of the order gets to see it."""

    launch: str
    run: int
    event: Event


@dataclass(frozen=True, slots=True)
class Painted:
    """All pixels of a run are there; files may still be written while the next run begins.

    ``begun`` and ``ended`` frame the drawing, by the worker's clock as in ``Stepped``.
    """

    launch: str
    run: int
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Logged:
    """A log record; ``job`` is empty outside of orders, ``traceback`` where nothing failed."""

    launch: str
    job: str
    level: int
    logger: str
    text: str
    traceback: str = ""


Report = Started | StartFailed | Loaded | Beat | Stepped | Happened | Painted | Logged

# With a process that fetches a model --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetch:
    """The only command to it: bring this model into this cache."""

    model: Model
    cache: Path | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """Its last word: all is here, unless there is an error. Before come ``Preparing`` events."""

    error: UserError | None = None


Word = Preparing | Fetched

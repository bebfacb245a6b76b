"""The engine: what carries orders to a worker and brings events back.

Nothing here assumes that the worker is on this machine, only that finished files and input
pictures are readable here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from generation.errors import UserError
from generation.recipe import Recipe

Stage = Literal["base", "refiner", "decode"]
Phase = Literal["starting", "downloading", "loading", "compiling", "encoding"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked to make: the pictures ``indices`` (from 1) of one job.

    Of a ``plan`` picture ``i`` is made by its own recipe, ``plan[i - 1]``, all with the model of
    ``recipe``. ``inputs`` says where the input pictures lie, by their SHA-256. ``job_id`` is
    written into the PNG files and names the order when it is to be cancelled. ``attempts`` is how
    often the same order has brought down a worker before.
    """

    job_id: str
    recipe: Recipe
    indices: tuple[int, ...] = (1,)
    inputs: Mapping[str, Path] = field(default_factory=dict)
    attempts: int = 0
    plan: tuple[Recipe, ...] = ()

    def recipe_of(self, index: int) -> Recipe:
        """Return the recipe of picture ``index`` (from 1)."""
        return self.plan[index - 1] if self.plan else self.recipe.for_picture(index)


@dataclass(frozen=True, slots=True)
class Preview:
    """A small picture of the latents: ``rgb`` holds ``width × height × 3`` bytes, row by row."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class Preparing:
    """Something has to be done before the first step; amounts in bytes where they are known."""

    phase: Phase
    what: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """After a step. ``step`` of ``total`` counts over all stages of picture ``index``.

    ``seconds_left`` is for the whole order, from the measured speed; none until it is known. The
    step was one of ``together`` pictures of the order at a time, of which ``index`` is the first.
    """

    index: int
    stage: Stage
    step: int
    total: int
    seconds_left: float | None = None
    preview: Preview | None = None
    together: int = 1


@dataclass(frozen=True, slots=True)
class PictureReady:
    """A finished file that the receiver now owns and has to move or delete.

    ``pixels_sha256`` is that of the raw RGB bytes, row by row. ``environment`` is canonical JSON
    of what else decided the pixels: library versions, device, dtype, weights. ``warnings`` are
    keys of the texts module with a detail, separated by a tab. ``flagged`` is the score from 0 to 1
    of what the owner does not want to be seen, none where nobody looked.
    """

    index: int
    path: Path
    recipe: Recipe
    width: int
    height: int
    pixels_sha256: str
    seconds: float
    environment: str
    warnings: tuple[str, ...] = ()
    flagged: float | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """The order has brought down its worker, now ``attempts`` times, and is tried once more."""

    attempts: int


@dataclass(frozen=True, slots=True)
class Finished:
    """All pictures of the order are ready; the last event."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The order ended without its pictures; the last event."""

    error: UserError


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The order was cancelled; the last event."""


Event = Preparing | Progress | PictureReady | Retry | Finished | Failed | Cancelled
WorkerState = Literal["stopped", "starting", "idle", "busy"]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """A look at the engine: the worker's process id and what it has loaded."""

    state: WorkerState
    pid: int | None = None
    models: tuple[str, ...] = ()
    device: str = ""
    steps_per_second: Mapping[str, float] = field(default_factory=dict)
    """Measured speed by model, in megapixel-steps a second."""
    machine: Mapping[str, Any] = field(default_factory=dict)
    """What decides pixels on this machine, in the form of ``PictureReady.environment``; empty
    until a worker has said it."""
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The same for each model that has been in memory, beside its files."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """The bytes of each model in memory, with the LoRAs that are in it."""
    idle_seconds: float | None = None
    """Median time between two orders in which nothing was drawn, though the next one waited."""
    deaths: Mapping[str, int] = field(default_factory=dict)
    """How often a worker ended without being told to, by the reason, such as ``SIGKILL``."""


class Engine(Protocol):
    """Carries orders to workers, one at a time for each worker, or some that fit together."""

    async def start(self) -> None:
        """Make ready; a worker may start later than this returns."""
        ...

    def run(self, order: Order) -> AsyncGenerator[Event, None]:
        """Carry out one order; the last event is ``Finished``, ``Failed`` or ``Cancelled``.

        Leaving the iterator early cancels the order.
        """
        ...

    def fetch(self, model: str) -> AsyncGenerator[Preparing, None]:
        """Bring a model here before an order needs it; the events end when it is here.

        Leaving the iterator early ends the download, unless an order waits for it, too. Raises
        ``UnknownName``, and what the download raises.
        """
        ...

    async def cancel(self, job_id: str) -> None:
        """End that order if it runs or waits; nothing happens to any other."""
        ...

    def status(self) -> EngineStatus:
        """Return what is known now, at once."""
        ...

    async def close(self) -> None:
        """End the workers; a running order is lost."""
        ...

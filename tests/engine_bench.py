"""An engine on a folder of its own, and what tests ask of it again and again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from generation.engine import Event, Order, PictureReady
from generation.local import LocalEngine
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from tests.painters import sketch

PATIENCE = 300.0
SKETCHER = "tests.painters:Sketcher"
E = TypeVar("E")


def recipe(prompt: str = "a red circle", **values: object) -> Recipe:
    given: dict[str, object] = {
        "seed": 7, "width": 64, "height": 64, "steps": 4, "guidance": 5.0, "model": "mini",
    }  # fmt: skip
    return Recipe(prompt=prompt, **{**given, **values})  # type: ignore[arg-type]


def order(
    prompt: str = "a red circle", job: str = "k7f3q2", count: int = 1, **values: object
) -> Order:
    return Order(job, recipe(prompt, **values), tuple(range(1, count + 1)))


def settings_in(folder: Path, **values: object) -> GenerationSettings:
    given: dict[str, object] = {"incoming": folder / "incoming", "log_file": folder / "worker.log"}
    return GenerationSettings(**{**given, **values})  # type: ignore[arg-type]


@asynccontextmanager
async def engine_in(
    folder: Path, painter: str = SKETCHER, **values: object
) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(settings_in(folder, **values), painter)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.close()


async def events_of(engine: LocalEngine, order: Order) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [event async for event in engine.run(order)]


def begin(engine: LocalEngine, order: Order) -> tuple[list[Event], asyncio.Task[None]]:
    """Run an order beside the test: its events so far, and the task that collects them."""
    events: list[Event] = []

    async def collect() -> None:
        async for event in engine.run(order):
            events.append(event)

    return events, asyncio.create_task(collect())


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, of whatever kind; the limit is for tests that would never end."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def of(kind: type[E], events: list[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def expected_hash(recipe: Recipe) -> str:
    return hashlib.sha256(sketch(recipe).pixels.tobytes()).hexdigest()


def hashes(events: list[Event]) -> list[str]:
    return [event.pixels_sha256 for event in of(PictureReady, events)]

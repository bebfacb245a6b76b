"""How fast this machine paints, beside plain diffusers.

Measured are one picture, in a process of its own, and a queue of jobs through the engine, with all
that it does beside painting: messages, previews, PNG files.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from generation.engine import Engine, Failed, Order, PictureReady
from generation.recipe import Recipe, Refiner
from generation.settings import GenerationSettings

PROMPT: Final = "a red circle on a blue background"
PLAINLY: Final = "plainly "
"""An order with this and a number for its negative prompt is painted plainly, so many times."""
PAINTER: Final = "generation.worker.bench.side_by_side:Rivals"
ROUNDS_MOST: Final = 3
"""Of the queue, since each takes as long as many pictures."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. ``steps`` 0 means the model's own; ``pictures`` are those of the queue."""

    model: str
    steps: int = 0
    repeats: int = 5
    pictures: int = 20


def measure(settings: GenerationSettings, plan: Plan) -> dict[str, Any]:
    """Return seconds a picture of both ways, and pictures a minute of a queue, with their ratios.

    Each is a median, of turns in which both ways meet the same noise of the machine. Raises what
    loading and painting raise.
    """
    # As the worker has it; a new process reads it when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(_measure_picture, settings, plan).result()
    return found | asyncio.run(measure_queue(settings, plan))


def _measure_picture(settings: GenerationSettings, plan: Plan) -> dict[str, Any]:
    from generation.worker.bench.side_by_side import run

    return run(settings, plan.model, plan.steps, plan.repeats)


def bench_recipe(settings: GenerationSettings, name: str, steps: int) -> Recipe:
    """Return what is painted: the model's own size, steps and refiner."""
    model = settings.model(name)
    if model is None:
        raise ValueError(f"no model {name}")
    width, height = model.size
    refined = model.refiner and model.refiner_switch
    return Recipe(
        prompt=PROMPT,
        seed=1,
        width=width,
        height=height,
        steps=steps or model.steps,
        guidance=model.guidance,
        model=name,
        refiner=Refiner(model.refiner_switch) if refined else None,
    )


def queue_of(recipe: Recipe, pictures: int) -> list[Recipe]:
    """Return as many recipes, none of which has a prompt or seed of another, as in a real queue."""
    seeds = range(recipe.seed, recipe.seed + pictures)
    return [recipe.changed(seed=seed, prompt=f"{recipe.prompt} {seed}") for seed in seeds]


# The queue ----------------------------------------------------------------------------------------


async def measure_queue(settings: GenerationSettings, plan: Plan) -> dict[str, Any]:
    """Return how many pictures a minute a queue of jobs gives, plain diffusers beside it.

    ``idle_ms_p50`` is the median time between two jobs in which nothing was drawn; none without a
    second job. Both ways are taken in the same worker, with the same weights in memory.
    """
    from generation.local import LocalEngine

    with tempfile.TemporaryDirectory(prefix="reroll-bench-") as folder:
        place = Path(folder)
        own = replace(
            settings,
            preload=plan.model,
            incoming=place / "incoming",
            log_file=place / "worker.log",
        )
        engine = LocalEngine(own, PAINTER)
        await engine.start()
        try:
            return await _take_turns(engine, bench_recipe(settings, plan.model, plan.steps), plan)
        finally:
            await engine.close()


async def _take_turns(engine: Engine, recipe: Recipe, plan: Plan) -> dict[str, Any]:
    ours: list[float] = []
    plain: list[float] = []
    # What is done once is not to be measured: loading, and whatever the libraries set up.
    await _queued(engine, recipe, 1)
    await _plainly(engine, recipe, 1)
    rounds = min(plan.repeats, ROUNDS_MOST)
    for turn in range(rounds):
        ways = [(ours, _queued), (plain, _plainly)]
        for seconds, way in ways if turn % 2 else reversed(ways):
            fresh = recipe.changed(seed=1 + (turn + 1) * plan.pictures)
            seconds.append(await way(engine, fresh, plan.pictures))
    ours_s, plain_s = statistics.median(ours), statistics.median(plain)
    idle = engine.status().idle_seconds
    return {
        "queue": {
            "pictures": plan.pictures,
            "ratio": round(plain_s / ours_s, 3),
            "ours_per_minute": round(60 * plan.pictures / ours_s, 2),
            "plain_per_minute": round(60 * plan.pictures / plain_s, 2),
            "repeats": rounds,
        },
        "idle_ms_p50": None if idle is None else round(idle * 1000, 2),
    }


async def _queued(engine: Engine, recipe: Recipe, pictures: int) -> float:
    """Return the seconds from handing in jobs of one picture each to the last finished file."""
    orders = [Order(f"bench{each.seed}", each) for each in queue_of(recipe, pictures)]
    begun = time.perf_counter()
    ready = await asyncio.gather(*(_carried_out(engine, order) for order in orders))
    seconds = time.perf_counter() - begun
    await asyncio.to_thread(_delete, [picture for each in ready for picture in each])
    return seconds


async def _plainly(engine: Engine, recipe: Recipe, pictures: int) -> float:
    """Return the seconds that the worker takes to paint them plainly, without any files."""
    order = Order("benchplain", recipe.changed(negative=f"{PLAINLY}{pictures}"))
    ready = await _carried_out(engine, order)
    await asyncio.to_thread(_delete, ready)
    return sum(picture.seconds for picture in ready)


async def _carried_out(engine: Engine, order: Order) -> list[PictureReady]:
    ready: list[PictureReady] = []
    async with aclosing(engine.run(order)) as events:
        async for event in events:
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, PictureReady):
                ready.append(event)
    return ready


def _delete(pictures: Sequence[PictureReady]) -> None:
    for picture in pictures:
        picture.path.unlink(missing_ok=True)

"""Jobs through the engine, with all that it does beside painting: messages, previews, PNG files."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from generation.bench.plan import PLAINLY, Plan, bench_recipe, queue_of, with_lever
from generation.bench.progress import Say
from generation.engine import Engine, Failed, Order, PictureReady, Progress
from generation.recipe import Recipe
from generation.settings import GenerationSettings

PAINTER: Final = "generation.worker.bench.rivals:Rivals"
TOGETHER: Final = 4


@asynccontextmanager
async def engine_for(
    settings: GenerationSettings, model: str, folder: Path
) -> AsyncIterator[Engine]:
    """Run an engine that loads a model at once and keeps its files in a folder."""
    from generation.local import LocalEngine

    own = replace(
        settings, preload=model, incoming=folder / "incoming", log_file=folder / "worker.log"
    )
    engine = LocalEngine(own, PAINTER)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.close()


async def measure_start(settings: GenerationSettings, plan: Plan, folder: Path, say: Say) -> float:
    """Return the seconds from nothing to the first finished file of a new worker."""
    say("a start, up to the first picture")
    begun = time.perf_counter()
    async with engine_for(settings, plan.model, folder) as engine:
        _delete(await _carried_out(engine, Order("bench", bench_recipe(settings, plan))))
        return time.perf_counter() - begun


async def measure_queue(
    settings: GenerationSettings, plan: Plan, folder: Path, say: Say
) -> dict[str, Any]:
    """Return how many pictures a minute a queue of jobs gives, plain diffusers beside it.

    ``idle_ms_p50`` is the median time between two jobs in which nothing was drawn; none without a
    second job. ``first_preview_ms_p50`` is the time from a job's leaving an empty queue to its
    first preview. Both ways are taken in the same worker, with the same weights in memory.
    """
    recipe = bench_recipe(settings, plan)
    async with engine_for(settings, plan.model, folder) as engine:
        # What is done once is not to be measured: loading, and whatever the libraries set up.
        say("the engine's first pictures")
        await _queued(engine, recipe, 1)
        await _plainly(engine, recipe, 1)
        found = await _take_turns(engine, recipe, plan, say)
        found |= _where(engine, plan)
        idle = engine.status().idle_seconds
        found["idle_ms_p50"] = None if idle is None else round(idle * 1000, 2)
        found["first_preview_ms_p50"] = await _first_previews(engine, recipe, plan, say)
        return found


async def measure_together(
    settings: GenerationSettings, plan: Plan, folder: Path, say: Say
) -> dict[str, Any]:
    """Return the seconds a picture of four that one job asks for, painted in one pass.

    It is measured by ``batching = "throughput"``, whatever the settings say.
    """
    throughput = with_lever(settings, "batching", "throughput")
    recipe = bench_recipe(settings, plan)
    seconds = []
    async with engine_for(throughput, plan.model, folder) as engine:
        for turn in range(1 + plan.rounds):
            say(f"{TOGETHER} pictures together, {turn + 1} of {1 + plan.rounds}")
            fresh = recipe.changed(seed=1000 + turn * TOGETHER, prompt=f"{recipe.prompt} {turn}")
            begun = time.perf_counter()
            ready = await _carried_out(engine, Order("bench", fresh, tuple(range(1, TOGETHER + 1))))
            seconds.append(time.perf_counter() - begun)
            await asyncio.to_thread(_delete, ready)
        where = _where(engine, plan)
    each = statistics.median(seconds[1:]) / TOGETHER
    return {"together": {"pictures": TOGETHER, "ours_s": round(each, 4)}, **where}


def _where(engine: Engine, plan: Plan) -> dict[str, Any]:
    """Return what decides the figures, beside the recipe: the worker's device and surroundings."""
    status = engine.status()
    environment = {**status.machine, **status.plans.get(plan.model, {})}
    return {"device": status.device, "environment": environment}


async def _take_turns(engine: Engine, recipe: Recipe, plan: Plan, say: Say) -> dict[str, Any]:
    ours: list[float] = []
    plain: list[float] = []
    rounds = plan.rounds
    for turn in range(rounds):
        say(f"a queue of {plan.pictures}, {turn + 1} of {rounds}")
        ways = [(ours, _queued), (plain, _plainly)]
        for seconds, way in ways if turn % 2 else reversed(ways):
            fresh = recipe.changed(seed=1 + (turn + 1) * plan.pictures)
            seconds.append(await way(engine, fresh, plan.pictures))
    ours_s, plain_s = statistics.median(ours), statistics.median(plain)
    return {
        "queue": {
            "pictures": plan.pictures,
            "ratio": round(plain_s / ours_s, 3),
            "ours_per_minute": round(60 * plan.pictures / ours_s, 2),
            "plain_per_minute": round(60 * plan.pictures / plain_s, 2),
            "repeats": rounds,
        }
    }


async def _first_previews(engine: Engine, recipe: Recipe, plan: Plan, say: Say) -> float | None:
    """Return milliseconds to the first preview; none where the settings have none."""
    seconds = []
    for turn, fresh in enumerate(queue_of(recipe.changed(seed=5000), plan.repeats)):
        say(f"the first preview, {turn + 1} of {plan.repeats}")
        begun, shown = time.perf_counter(), None
        ready = []
        async with aclosing(engine.run(Order("bench", fresh))) as events:
            async for event in events:
                if isinstance(event, Progress) and event.preview and shown is None:
                    shown = time.perf_counter() - begun
                elif isinstance(event, PictureReady):
                    ready.append(event)
        await asyncio.to_thread(_delete, ready)
        if shown is not None:
            seconds.append(shown)
    return round(1000 * statistics.median(seconds), 2) if seconds else None


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

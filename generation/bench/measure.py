"""How fast this machine paints, beside plain diffusers.

Single pictures are measured in a process of their own. The engine is measured with jobs, and its
starts: the first of them finds no compiled kernels, the second those of the first.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from generation.bench.messages import Task
from generation.bench.plan import Plan, bench_recipe, with_lever
from generation.bench.process import measured
from generation.bench.progress import Say
from generation.bench.queue import measure_queue, measure_start, measure_together
from generation.settings import GenerationSettings


def measure(
    settings: GenerationSettings, plan: Plan, say: Say = lambda what: None
) -> dict[str, Any]:
    """Return the figures that the plan asks for; what was not measured is not among them.

    ``say`` hears what is measured now. Raises what loading and painting raise.
    """
    recipe = bench_recipe(settings, plan)
    with tempfile.TemporaryDirectory(prefix="reroll-bench-") as folder:
        place = Path(folder)
        own = settings
        if "starts" in plan.parts or settings.compiled is None:
            # A cold start finds no kernels; those of the owner stay as they are.
            own = replace(settings, compiled=place / "compiled")
        found: dict[str, Any] = {
            "model": recipe.model,
            "steps": recipe.steps,
            "refiner": recipe.refiner.switch if recipe.refiner else None,
            "size": [recipe.width, recipe.height],
            "repeats": plan.repeats,
        }
        if "starts" in plan.parts:
            cold = asyncio.run(measure_start(own, plan, place, say))
            warm = asyncio.run(measure_start(own, plan, place, say))
            found["start"] = {"cold_s": round(cold, 2), "warm_s": round(warm, 2)}
        if "picture" in plan.parts:
            found |= measured(Task(own, plan), say, place / "bench.log")
        if "queue" in plan.parts:
            found = asyncio.run(measure_queue(own, plan, place, say)) | found
        if "together" in plan.parts:
            found = asyncio.run(measure_together(own, plan, place, say)) | found
        if plan.levers:
            found["levers"] = _levers(own, plan, found, say, place / "bench.log")
        return found


def _levers(
    settings: GenerationSettings, plan: Plan, found: dict[str, Any], say: Say, log: Path
) -> list[dict[str, Any]]:
    """Return what each lever does to a picture: by how much it is faster with it than without.

    Each is measured in a process of its own beside plain diffusers, by which both are compared, so
    that the machine's slow moments do not count.
    """

    def take(name: str, moved: GenerationSettings) -> dict[str, Any]:
        return measured(Task(moved, plan, lever=True), lambda what: say(f"{name}: {what}"), log)

    before = found if "picture" in found else take("as configured", settings)
    rows = []
    for name, value in plan.levers:
        shown = f"{name}={_shown(value)}"
        after = take(shown, with_lever(settings, name, value))
        rows.append(
            {
                "lever": shown,
                "ours_s": after["picture"]["ours_s"],
                "plain_s": after["picture"]["plain_s"],
                "gain": round(after["picture"]["ratio"] / before["picture"]["ratio"], 3),
                "first_picture_s": after["first_picture_s"]["ours"],
                "same_pixels": after["pixels_sha256"] == before["pixels_sha256"],
                "memory": after["memory"],
            }
        )
    return rows


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "+".join(f"{width}x{height}" for width, height in value)
    return str(value)

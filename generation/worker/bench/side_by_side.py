"""Our way of making a picture and the plain one, timed side by side in one process.

Both take turns with the same numbers in memory, sampler, steps and noise, so that a slow moment of
the machine hits both. Every figure is the median of its turns; the first picture of each way, in
which libraries set themselves up and networks are compiled, stands apart.
"""

from __future__ import annotations

import hashlib
import io
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from generation.bench.plan import Plan, alone, bench_recipe, queue_of
from generation.bench.progress import Say
from generation.engine import Preview, Stage
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.worker.bench import flops
from generation.worker.bench.clock import Clock, at_work, step_seconds
from generation.worker.bench.footprint import Footprint
from generation.worker.bench.rivals import Rivals
from generation.worker.channel import Channel
from generation.worker.messages import Stepped
from generation.worker.watching import PREVIEW_SECONDS

Way = Callable[[Recipe], object]


class Onlooker:
    """Watches as the worker does: every step is packed into a message, some with a preview."""

    def __init__(self) -> None:
        self._channel = Channel(io.BytesIO(), io.BytesIO())
        self._previewed = float("-inf")

    def step(
        self, stage: Stage, step: int, total: int, latents_preview: Callable[[], Preview]
    ) -> None:
        """Pack a step, with a preview if the last one is old enough."""
        now, preview = time.monotonic(), None
        if now - self._previewed >= PREVIEW_SECONDS:
            preview, self._previewed = latents_preview(), now
        self._channel.send(Stepped("bench", 1, 1, stage, step, total, now, preview))

    def preparing(self, event: object) -> None:
        """Pack what is done before the first step."""
        self._channel.send(event)


class Nobody:
    """Wants to know of nothing."""

    def step(
        self, stage: Stage, step: int, total: int, latents_preview: Callable[[], Preview]
    ) -> None:
        """Look away."""

    def preparing(self, event: object) -> None:
        """Look away."""


class Contest:
    """Both ways of one model in this process."""

    def __init__(self, settings: GenerationSettings, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._recipe = bench_recipe(settings, plan)
        self._rivals = Rivals(settings)
        self._device = torch.device(self._rivals.device)
        self._footprint = Footprint(self._device)
        say("loading the model")
        begun = time.perf_counter()
        self._rivals.load(self._recipe.model)
        self._easel = self._rivals.easel(self._recipe.model)
        self._loaded_s = time.perf_counter() - begun
        # What loading took at most is no picture's.
        self._footprint.peaks("load")
        self._recompiles = 0
        self._clock = Clock(self._easel.loaded, self._device)

    def lever(self) -> dict[str, Any]:
        """Return a picture's seconds both ways, and the hash of one, to hold against another."""
        first = self._first()
        return {"picture": self._side_by_side("a picture", self._recipe), **first}

    def all(self) -> dict[str, Any]:
        """Return all that is measured of single pictures."""
        recipe, machine = self._recipe, self._easel.machine
        first = self._first()
        found: dict[str, Any] = {
            "device": self._rivals.device,
            "picture": self._side_by_side("a picture", recipe),
            "machine": machine.name,
            "dtype": str(machine.dtype).removeprefix("torch."),
            "environment": self._environment(),
            "load_s": round(self._loaded_s, 3),
            **first,
        }
        if recipe.refiner is not None:
            base = alone(recipe, self._plan)
            found["base"] = self._side_by_side("the base alone", base) | {"steps": base.steps}
        found["previews_percent"] = self._previews()
        found |= self._calls()
        found |= self._work(found)
        if machine.execution.compile:
            found["recompiles"] = self._recompiles
        return found

    # Pictures -------------------------------------------------------------------------------------

    def _ours(self, recipe: Recipe) -> Any:
        return self._rivals.paint(recipe, {}, Onlooker()).pixels

    def _plainly(self, recipe: Recipe) -> Any:
        return self._rivals.plain(recipe.model).paint(recipe)

    def _first(self) -> dict[str, Any]:
        """Paint the first pictures of both ways, which are compared."""
        self._say("the first picture")
        kept: list[Any] = []
        ours_s = self._timed(lambda recipe: kept.append(self._ours(recipe)), self._recipe)
        memory = self._footprint.peaks("ours")
        self._say("the first picture of plain diffusers")
        plain_s = self._timed(lambda recipe: kept.append(self._plainly(recipe)), self._recipe)
        one, other = kept
        return {
            "same_pixels": bool(np.array_equal(one, other)),
            "pixels_sha256": hashlib.sha256(one.tobytes()).hexdigest(),
            "first_picture_s": {"ours": round(ours_s, 3), "plain": round(plain_s, 3)},
            "memory": memory | self._footprint.peaks("plain"),
        }

    def _side_by_side(self, what: str, recipe: Recipe) -> dict[str, Any]:
        if recipe != self._recipe:
            # Another path through the networks, which is to be set up before it is timed.
            self._ours(recipe)
            self._plainly(recipe)
        ours, plain = self._turns(what, recipe, self._ours, self._plainly)
        ours_s, plain_s = statistics.median(ours), statistics.median(plain)
        return {
            "ours_s": round(ours_s, 4),
            "plain_s": round(plain_s, 4),
            "ratio": round(plain_s / ours_s, 3),
        }

    def _turns(
        self, what: str, recipe: Recipe, one: Way, other: Way
    ) -> tuple[list[float], list[float]]:
        """Return the seconds of each turn of two ways, each of which comes first in turn."""
        seconds: tuple[list[float], list[float]] = ([], [])
        graphs = _graphs()
        # A prompt that came before would be encoded already for us, and for us only.
        for turn, fresh in enumerate(queue_of(recipe, self._plan.repeats)):
            self._say(f"{what}, {turn + 1} of {self._plan.repeats}")
            pairs = list(zip(seconds, (one, other), strict=True))
            for taken, way in pairs if turn % 2 else reversed(pairs):
                taken.append(self._timed(way, fresh))
        self._recompiles += _graphs() - graphs
        return seconds

    def _timed(self, way: Way, recipe: Recipe) -> float:
        self._wait()
        begun = time.perf_counter()
        way(recipe)
        self._wait()
        return time.perf_counter() - begun

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize()

    # What a picture is made of --------------------------------------------------------------------

    def _previews(self) -> float:
        """Return by how many percent a picture takes longer because somebody looks on."""

        def unseen(recipe: Recipe) -> None:
            self._rivals.paint(recipe, {}, Nobody())

        watched, unwatched = self._turns("progress and previews", self._recipe, self._ours, unseen)
        return round(100 * (statistics.median(watched) / statistics.median(unwatched) - 1), 2)

    def _calls(self) -> dict[str, Any]:
        """Return the time of a step of each network, and the time in which none works."""
        idle: list[float] = []
        steps: dict[str, list[float | None]] = {}
        for turn, fresh in enumerate(queue_of(self._recipe, self._plan.repeats)):
            self._say(f"steps, {turn + 1} of {self._plan.repeats}")
            with self._clock.looking_on():
                whole = self._timed(self._ours, fresh)
            calls = self._clock.calls
            idle.append(whole - at_work(calls))
            for role in ("base", "refiner"):
                steps.setdefault(role, []).append(step_seconds(calls, role))
        known = {role: [each for each in found if each] for role, found in steps.items()}
        return {
            "overhead_ms_p50": round(1000 * statistics.median(idle), 2),
            "step_ms": {
                role: round(1000 * statistics.median(found), 3)
                for role, found in known.items()
                if found
            },
        }

    def _work(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return how much there is to calculate, and how well the device is used for it."""
        self._say("operations and the device's rate")
        work = flops.count(self._easel, self._recipe)
        rate = flops.rate(self._device, self._easel.machine.dtype)
        whole = work.of(self._recipe, self._easel)
        known: dict[str, Any] = {
            "tflop": {
                "base_step": round(work.base / 1e12, 6),
                "refiner_step": round(work.refiner / 1e12, 6),
                "decode": round(work.decode / 1e12, 6),
                "text": round(work.text / 1e12, 6),
                "picture": round(whole / 1e12, 6),
            },
            "rate_tflop_s": round(rate / 1e12, 4),
            "mfu": round(whole / found["picture"]["ours_s"] / rate, 4),
        }
        if "base" in found:
            of_base = work.of(alone(self._recipe, self._plan), self._easel)
            known["base"] = found["base"] | {
                "mfu": round(of_base / found["base"]["ours_s"] / rate, 4)
            }
        return known

    def _environment(self) -> dict[str, Any]:
        return {**self._rivals.machine, **self._rivals.plans[self._recipe.model]}


def _graphs() -> int:
    """Return how many graphs torch has compiled so far, if it has compiled any."""
    dynamo = sys.modules.get("torch._dynamo.utils")
    return int(dynamo.counters["stats"]["unique_graphs"]) if dynamo else 0

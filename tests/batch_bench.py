"""How much faster pictures come when several are painted in one pass, and how far their pixels go.

``python -m tests.batch_bench [--together 4 8] [--steps 20] [--repeats 5]``: the small model on this
machine. Turns of both ways follow each other, so that a slow moment of the machine hits both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from generation.recipe import Recipe
from generation.settings import GenerationSettings, Levers
from generation.worker.studio import Painting, Studio
from tests.studio_bench import RECIPE

SHAPES = ("circle", "star", "heart", "apple", "square", "triangle")
COLOURS = ("red", "blue", "green", "yellow")


class Silence:
    """A watcher that wants nothing."""

    def step(self, *about: object) -> None:
        """Let it pass."""

    def preparing(self, event: object) -> None:
        """Let it pass."""


def recipes(count: int, first: int, steps: int) -> list[Recipe]:
    """Return as many recipes, each with its own words and seed."""
    return [
        RECIPE.changed(
            prompt=f"a {COLOURS[seed % 4]} {SHAPES[seed % 6]} {seed}", seed=seed, steps=steps
        )
        for seed in range(first, first + count)
    ]


def alone(studio: Studio, wanted: list[Recipe]) -> list[Painting]:
    """Paint one after the other."""
    return [studio.paint(recipe, {}, Silence()) for recipe in wanted]


def together(studio: Studio, wanted: list[Recipe]) -> list[Painting]:
    """Paint all in one pass."""
    painted = studio.paint_together(wanted, [Silence() for _ in wanted])
    return [picture for picture in painted if picture is not None]


def timed(way: Callable[[], list[Painting]]) -> tuple[float, list[Painting]]:
    """Return the seconds that a way takes, and its pictures."""
    begun = time.perf_counter()
    pictures = way()
    return time.perf_counter() - begun, pictures


def measure(studio: Studio, count: int, steps: int, repeats: int) -> str:
    """Return a line about passes of so many pictures."""
    seconds: dict[str, list[float]] = {"alone": [], "together": []}
    apart: list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]] = []
    together(studio, recipes(count, 0, steps))
    for turn in range(repeats):
        wanted = recipes(count, 1000 + turn * count, steps)
        ways = [("alone", alone), ("together", together)]
        found = {}
        for name, way in ways if turn % 2 else reversed(ways):
            taken, found[name] = timed(lambda way=way, wanted=wanted: way(studio, wanted))  # type: ignore[misc]
            seconds[name].append(taken / count)
        for one, other in zip(found["alone"], found["together"], strict=True):
            apart.append(np.abs(one.pixels.astype(int) - other.pixels.astype(int)))
    single, many = (statistics.median(seconds[name]) for name in ("alone", "together"))
    greatest = max(int(each.max()) for each in apart)
    mean = float(np.mean([each.mean() for each in apart]))
    same = sum(not each.any() for each in apart)
    return (
        f"{count} together: {many:.3f} s a picture, alone {single:.3f} s, "
        f"ratio {single / many:.2f}; "
        f"pixels apart {greatest} of 255 at most, {mean:.5f} on average, "
        f"{same} of {len(apart)} pictures the same"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--together", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    levers = Levers(batching="throughput", batch=max(given.together))
    studio = Studio(GenerationSettings(levers=levers))
    for count in given.together:
        print(measure(studio, count, given.steps, given.repeats), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

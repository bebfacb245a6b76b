"""Our way of making a picture and the plain one, timed side by side in one process.

The plain way is what the model's card shows: two pipelines, called with texts, the base's latents
handed to the refiner. Both use the same weights in memory, sampler, steps and noise, and take
turns, so that a slow moment of the machine hits both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generation.bench.measure import PLAINLY, bench_recipe, queue_of
from generation.engine import Preparing, Preview, Stage
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.worker.noise import generator_for
from generation.worker.painter import Watcher
from generation.worker.schedulers import build_scheduler
from generation.worker.setup import Easel
from generation.worker.studio import Painting, Studio


class _Onlooker:
    """Watches as the worker does: told of every step, wanting a preview of the first."""

    def step(
        self, stage: Stage, step: int, total: int, latents_preview: Callable[[], Preview]
    ) -> None:
        if step == 1:
            latents_preview()

    def preparing(self, event: object) -> None:
        """Nothing has to be prepared after the first picture."""


def run(
    settings: GenerationSettings, model: str, steps: int = 0, repeats: int = 5
) -> dict[str, Any]:
    """Return seconds a picture of ours and of the plain way, medians, and plain ÷ ours.

    ``steps`` 0 means the model's own. ``same_pixels`` says whether both ways came to one picture.
    Raises what loading and painting raise.
    """
    studio = Studio(settings)
    studio.load(model)
    recipe = bench_recipe(settings, model, steps)
    easel = studio.easel(model)
    ours: list[float] = []
    plain: list[float] = []
    # The first round warms up and is compared.
    same = np.array_equal(
        studio.paint(recipe, {}, _Onlooker()).pixels, _plain_picture(easel, recipe)
    )
    # A prompt that came before would be encoded already for us, and for us only.
    for repeat, turn in enumerate(queue_of(recipe, repeats)):
        ways = [
            (ours, lambda turn=turn: studio.paint(turn, {}, _Onlooker())),
            (plain, lambda turn=turn: _plain_picture(easel, turn)),
        ]
        for seconds, way in ways if repeat % 2 else reversed(ways):
            seconds.append(_timed(studio, way))
    ours_s, plain_s = statistics.median(ours), statistics.median(plain)
    return {
        "device": studio.device,
        "picture": {
            "ours_s": round(ours_s, 4),
            "plain_s": round(plain_s, 4),
            "ratio": round(plain_s / ours_s, 3),
        },
        "model": model,
        "steps": recipe.steps,
        "size": [recipe.width, recipe.height],
        "repeats": repeats,
        "same_pixels": same,
    }


class Rivals(Studio):
    """Paints as the worker does or, where an order asks for that, as the model's card does."""

    def paint(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Painting:
        """Paint one picture our way, or a number of them plainly, of which the last counts."""
        if not recipe.negative.startswith(PLAINLY):
            return super().paint(recipe, inputs, watch)
        easel, number = self.easel(recipe.model), int(recipe.negative.removeprefix(PLAINLY))
        for each in queue_of(recipe.changed(negative=""), number):
            watch.preparing(Preparing("encoding"))
            pixels = _plain_picture(easel, each)
        return Painting(pixels, dict)


def _timed(studio: Studio, way: Callable[[], object]) -> float:
    begun = time.perf_counter()
    way()
    if studio.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begun


def _plain_picture(easel: Easel, recipe: Recipe) -> np.ndarray[Any, Any]:
    """Paint as the model's card does, from texts to a picture."""
    base, refiner = easel.loaded.base.text, easel.loaded.refiner
    base.scheduler = build_scheduler(recipe.sampler, easel.base_schedule)
    common: dict[str, Any] = {
        "prompt": recipe.prompt,
        "num_inference_steps": recipe.steps,
        "guidance_scale": recipe.guidance,
        "generator": generator_for(recipe.seed),
    }
    size = {"width": recipe.width, "height": recipe.height}
    if recipe.refiner is None or refiner is None:
        return np.asarray(base(**common, **size).images[0])
    refiner.scheduler = build_scheduler(recipe.sampler, easel.refiner_schedule)
    switch = recipe.refiner.switch
    latents = base(**common, **size, denoising_end=switch, output_type="latent").images
    picture = refiner(**common, image=latents, denoising_start=switch).images[0]
    return np.asarray(picture)

"""A painter for the engine that paints both ways with the same weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from generation.bench import published
from generation.bench.plan import PLAINLY, queue_of
from generation.engine import Preparing
from generation.models import Model
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.worker.bench.plain import PlainPipelines
from generation.worker.bench.random_weights import load_random
from generation.worker.loading import Loaded, Report, load_model
from generation.worker.machine import Machine
from generation.worker.painter import Watcher
from generation.worker.studio import Painting, Studio


def load(model: Model, machine: Machine, report: Report, cache: Path | None = None) -> Loaded:
    """Load a model, or build the one whose folder holds no weights. Raises as both do."""
    if model.base == str(published.folder("base")):
        return load_random(model, machine, report, cache)
    return load_model(model, machine, report, cache)


class Rivals(Studio):
    """Paints as the worker does or, where an order asks for that, as the model's card does."""

    def __init__(self, settings: GenerationSettings) -> None:
        super().__init__(settings, load)
        self._plain: dict[str, PlainPipelines] = {}

    def plain(self, name: str) -> PlainPipelines:
        """Return the plain way of painting with a model."""
        if name not in self._plain:
            self._plain[name] = PlainPipelines(self.easel(name))
        return self._plain[name]

    def paint(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Painting:
        """Paint one picture our way, or a number of them plainly, of which the last counts."""
        if not recipe.negative.startswith(PLAINLY):
            return super().paint(recipe, inputs, watch)
        number = int(recipe.negative.removeprefix(PLAINLY))
        plain = self.plain(recipe.model)
        for each in queue_of(recipe.changed(negative=""), number):
            watch.preparing(Preparing("encoding"))
            pixels = plain.paint(each)
        return Painting(pixels, dict)

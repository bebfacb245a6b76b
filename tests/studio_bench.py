"""A real studio with the mini model, shared by the tests of it: loading torch takes seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generation.engine import Preparing, Preview, Stage
from generation.recipe import InputImage, Recipe
from generation.settings import GenerationSettings
from generation.worker.painter import Stopped
from generation.worker.studio import Painting, Studio

RECIPE = Recipe(
    prompt="a red circle on a blue background",
    seed=7,
    width=128,
    height=128,
    steps=4,
    guidance=5,
    model="mini",
)


class Witness:
    """A watcher that writes down what it is told, and breaks off or fails where it is asked to."""

    def __init__(self, stop_at: int = 0, fail: BaseException | None = None) -> None:
        self.steps: list[tuple[Stage, int, int]] = []
        self.prepared: list[Preparing] = []
        self.previews: list[Preview] = []
        self._stop_at = stop_at
        self._fail = fail or Stopped()

    def step(
        self, stage: Stage, step: int, total: int, latents_preview: Callable[[], Preview]
    ) -> None:
        self.steps.append((stage, step, total))
        if step == self._stop_at:
            raise self._fail
        self.previews.append(latents_preview())

    def preparing(self, event: Preparing) -> None:
        self.prepared.append(event)


def new_studio(**settings: Any) -> Studio:
    return Studio(GenerationSettings(threads=1, **settings))


def paint(
    studio: Studio,
    inputs: Mapping[str, Path] | None = None,
    watch: Witness | None = None,
    **changes: Any,
) -> Painting:
    return studio.paint(RECIPE.changed(**changes), inputs or {}, watch or Witness())


def sha256(painting: Painting) -> str:
    return hashlib.sha256(painting.pixels.tobytes()).hexdigest()


def difference(one: Painting, other: Painting) -> float:
    """Return the mean absolute difference of two pictures, of 255."""
    return float(np.abs(one.pixels.astype(float) - other.pixels.astype(float)).mean())


def save_input(folder: Path, picture: Image.Image) -> tuple[str, dict[str, Path]]:
    """Keep an input picture, and return its hash and where it lies."""
    path = folder / "input.png"
    picture.save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = path.rename(folder / f"{digest}.png")
    return digest, {digest: kept}


def starting_from(digest: str, strength: float, mask: str | None = None) -> InputImage:
    return InputImage(digest, strength, mask)

"""Pictures enlarged without a model that paints: by Lanczos alone, or by an upscaler first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from generation.engine import Preparing, Preview
from generation.errors import BadImage
from generation.hashes import Hashes, Stamp, stamp
from generation.libraries import PAINTING, library_versions
from generation.recipe import Recipe
from generation.upscalers import LIBRARY, Upscalers, library_version, upscaler_part
from generation.worker.autoencoder import Pixels
from generation.worker.canvas import read_canvas
from generation.worker.environment import with_files
from generation.worker.painter import Watcher
from generation.worker.upscaler import Upscaler, load_upscaler, upscale

PREVIEW_SIDE: Final = 128


class Enlarging:
    """Enlarges pictures; the upscaler used last stays in memory."""

    def __init__(self, folder: Path, device: torch.device, hashes: Hashes) -> None:
        self._upscalers = Upscalers(folder)
        self._device = device
        self._hashes = hashes
        self._kept: tuple[Stamp, Upscaler] | None = None

    def paint(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Pixels:
        """Return the input picture at the recipe's size, height × width × 3.

        Raises ``BadImage``, and for an upscaler what ``load_upscaler`` does.
        """
        sha256 = recipe.inputs[0]
        if sha256 not in inputs:
            raise BadImage("missing", sha256[:12])
        scale = recipe.upscale.scale if recipe.upscale else 1
        pixels = read_canvas(inputs[sha256], (recipe.width // scale, recipe.height // scale))
        preview = _preview(pixels)
        if recipe.upscale and recipe.upscale.method == "model":
            upscaler = self._upscaler(recipe.upscale.upscaler, watch)
            with torch.no_grad():
                pixels = upscale(
                    upscaler,
                    pixels,
                    lambda done, count: watch.step("decode", done, count, lambda: preview),
                )
        watch.step("decode", 1, 1, lambda: preview)
        return resized(pixels, (recipe.width, recipe.height))

    def description(
        self, recipe: Recipe, machine: Mapping[str, Any]
    ) -> Callable[[], Mapping[str, Any]]:
        """Return what tells all that decided the picture painted last.

        Of Lanczos alone that is Pillow and this program, and numpy where it puts a watermark in.
        """
        if self._kept is None or not recipe.upscale or recipe.upscale.method == "plain":
            return partial(with_files, _plain(str(machine["watermark"])), {}, {})
        file, part, hashes = self._kept[0], upscaler_part(recipe.upscale.upscaler), self._hashes
        described = {**machine, "versions": {**machine["versions"], LIBRARY: library_version()}}
        return lambda: with_files(described, {part: hashes.of([file])}, {})

    def _upscaler(self, name: str, watch: Watcher) -> Upscaler:
        info = self._upscalers.examine(name)
        now = stamp(info.path)
        if self._kept is None or self._kept[0] != now:
            watch.preparing(Preparing("loading", info.name))
            self._kept = None
            self._kept = now, load_upscaler(info, self._device)
            self._hashes.begin([now])
        return self._kept[1]


def _plain(watermark: str) -> dict[str, Any]:
    names = ("pillow",) if watermark == "off" else ("pillow", "numpy")
    versions = {name: library_versions()[name] for name in names}
    return {"versions": versions, "painting": PAINTING, "watermark": watermark}


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return a picture of another ``size`` (width, height), by Lanczos."""
    picture = Image.fromarray(pixels)
    if picture.size == size:
        return pixels
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS))


def _preview(pixels: Pixels) -> Preview:
    small = Image.fromarray(pixels)
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return Preview(*small.size, small.tobytes())

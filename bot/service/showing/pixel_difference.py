"""Two pictures laid beside each other: by how much they differ, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from bot.drawing.thumbnails import UNREADABLE

PANEL: Final = 512
"""Pixels that the longer side of each of the three panels may have."""
_GAP: Final = 8
_GROUND: Final = "#313338"

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PixelDifference:
    """How two pictures of the same size differ, in steps of 255.

    ``psnr`` is 10·log10(255² / mean squared difference) in decibels, infinite for the same pixels.
    ``factor`` is how many times as strong a difference picture shows it.
    """

    greatest: int
    mean: float
    psnr: float

    @property
    def factor(self) -> int:
        """So much that the greatest difference is as strong as a picture can show."""
        return max(1, 255 // max(1, self.greatest))


def compare_files(stored: Path, made: Path, picture: Path) -> PixelDifference | None:
    """Compare two picture files, and write a picture of where they differ.

    None, and nothing written, where one is gone, damaged or of another size. Blocks; raises
    ``OSError`` where the picture cannot be written.
    """
    try:
        before, now = _pixels(stored), _pixels(made)
    except UNREADABLE:
        return None
    if before.shape != now.shape:
        return None
    apart = np.abs(before.astype(np.int16) - now).astype(np.uint8)
    squared = float(np.mean(np.square(apart, dtype=np.float64)))
    psnr = 10 * math.log10(255**2 / squared) if squared else math.inf
    found = PixelDifference(int(apart.max()), float(apart.mean()), psnr)
    _side_by_side(before, now, apart * np.uint8(found.factor)).save(picture, "PNG")
    return found


def _pixels(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _side_by_side(before: Pixels, now: Pixels, apart: Pixels) -> Image.Image:
    """Draw what was, what is and what is different next to one another, smaller if need be."""
    shrink = math.ceil(max(before.shape) / PANEL)
    panels = [
        Image.fromarray(before).reduce(shrink),
        Image.fromarray(now).reduce(shrink),
        Image.fromarray(_strongest(apart, shrink)),
    ]
    width, height = panels[0].size
    sheet = Image.new("RGB", (3 * width + 2 * _GAP, height), _GROUND)
    for place, panel in enumerate(panels):
        sheet.paste(panel, (place * (width + _GAP), 0))
    return sheet


def _strongest(apart: Pixels, shrink: int) -> Pixels:
    """Make a picture smaller by the strongest of each square, so that no single pixel is lost."""
    height, width, channels = apart.shape
    rows, columns = -height % shrink, -width % shrink
    filled = np.pad(apart, ((0, rows), (0, columns), (0, 0)))
    squares = filled.reshape(
        (height + rows) // shrink, shrink, (width + columns) // shrink, shrink, channels
    )
    strongest: Pixels = squares.max(axis=(1, 3))
    return strongest

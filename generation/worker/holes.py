"""Which part of an input picture is painted, and how the new fades into the old.

A hole is an array of height × width in 0 … 1: how much of what is painted is seen in each pixel.
Where it is 0 the input picture stays, to the bit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.recipe_parts import Extend, Region

Mask = npt.NDArray[np.float32]

GREY: Final = np.uint8(128)
"""What UNets that were trained to fill holes see in them."""

_NEIGHBOURS: Final = np.ones((3, 3), dtype=np.int8)
"""Pixels that touch at a corner belong to one hole, too."""


def hole_of_region(region: Region, size: tuple[int, int]) -> Mask:
    """Return a box as a hole in a picture of ``size`` (width, height), of a pixel at least."""
    width, height = size
    left, right = _span(region.left, region.right, width)
    top, bottom = _span(region.top, region.bottom, height)
    hole = np.zeros((height, width), dtype=np.float32)
    hole[top:bottom, left:right] = 1
    return hole


def hole_around(extend: Extend, size: tuple[int, int], overlap: int) -> Mask:
    """Return what is new around an input picture, and ``overlap`` pixels of its edges there.

    ``size`` is that of the finished picture.
    """
    width, height = size
    left, right = _kept(extend.left, extend.right, width, overlap)
    top, bottom = _kept(extend.top, extend.bottom, height, overlap)
    hole = np.ones((height, width), dtype=np.float32)
    hole[top:bottom, left:right] = 0
    return hole


def feathered(hole: Mask, pixels: int) -> Mask:
    """Let a hole fade out towards its edge, over so many pixels that lie inside it.

    A part too narrow for that fades over half its depth, so that its middle is painted in full.
    """
    from scipy import ndimage

    inside = hole > 0
    if not pixels or inside.all() or not inside.any():
        return hole
    depth = ndimage.distance_transform_edt(inside)
    labels, count = ndimage.label(inside, structure=_NEIGHBOURS)
    deepest = np.zeros(count + 1)
    np.maximum.at(deepest, labels.ravel(), depth.ravel())
    reach = np.minimum(pixels, deepest / 2)[labels]
    # Half a pixel off, so that the outermost pixel of the hole already shows a little of the new.
    share = np.clip((depth - 0.5) / np.where(inside, reach, 1), 0, 1)
    faded: Mask = (hole * share).astype(np.float32)
    return faded


def cover(hole: Mask, factor: int) -> Image.Image:
    """Return the mask of the latents that a hole touches, at the size of the picture.

    The pipelines keep only every ``factor``-th pixel of it, and would miss a thin line.
    """
    height, width = hole.shape
    squares = hole.reshape(height // factor, factor, width // factor, factor)
    touched = (squares.max(axis=(1, 3)) > 0).repeat(factor, axis=0).repeat(factor, axis=1)
    return Image.fromarray((touched * 255).astype(np.uint8), "L")


def _span(first: float, last: float, side: int) -> tuple[int, int]:
    start = min(round(first * side), side - 1)
    return start, max(round(last * side), start + 1)


def _kept(before: int, after: int, side: int, overlap: int) -> tuple[int, int]:
    """Return from where to where a side stays; at least the middle half of the input picture."""
    most = (side - before - after) // 4
    start = before + min(overlap, most) if before else 0
    end = side - after - min(overlap, most) if after else side
    return start, end

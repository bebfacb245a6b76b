"""The invisible watermark of the SDXL authors: 48 bits in a picture, for those who look for it.

The way is dwtDct of the library invisible-watermark, so that its decoder reads them. It takes the
U channel of YUV in 8 bits, the approximation of one Haar level (a sum over 2 × 2 pixels, halved),
and blocks of 4 × 4 of these, row by row. Each block carries one bit, in turn: whether its largest
coefficient, other than the first, lies in the upper half of a step of 36.

The library also lowers that coefficient, its decoder then takes another for the largest, and of
even areas nothing can be read. Here it only rises, and the rest of the picture, its luminance and
V stay as they are. What has no room to rise, such as pure white, carries nothing here either.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

METHOD: Final = "dwtDct on new pixels"
"""How environments name it: "dwtDct" alone went over what was kept of an input picture, too."""
BITS: Final = tuple(int(bit) for bit in f"{0xB3EC907BB19E:048b}")
"""What diffusers and the authors' own programs write."""
SMALLEST: Final = 256
"""Pixels along the shorter side; smaller pictures are left alone."""

_STEP: Final = 36.0
_RED: Final = 0.299
_GREEN: Final = 0.587
_BLUE: Final = 0.114
_U: Final = 0.492
_BLOCK: Final = 8
"""Pixels along a side of a block: four coefficients of two pixels."""
_BAND: Final = len(BITS) * _BLOCK
"""Rows of pixels that are marked at once, since full precision takes twenty times the room of a
large picture. So many rows of blocks carry all bits equally often, whatever the width."""


def mark(
    pixels: npt.NDArray[np.uint8], kept: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.uint8]:
    """Return a picture, height × width × 3 in RGB, with the watermark in it.

    Equal pictures come back equal, and one that is smaller than ``SMALLEST`` as it is. The pixels
    that are ``kept`` stay as they are, too: they are somebody's own, and not painted.
    """
    if min(pixels.shape[:2]) < SMALLEST:
        return pixels
    rows, columns = (size // _BLOCK for size in pixels.shape[:2])
    marked = pixels.copy()
    inner = marked[: rows * _BLOCK, : columns * _BLOCK]
    for first in range(0, rows * _BLOCK, _BAND):
        _mark_band(inner[first : first + _BAND])
    return marked if kept is None else np.where(kept[..., None], pixels, marked)


def _mark_band(band: npt.NDArray[np.uint8]) -> None:
    """Put the watermark into whole rows of blocks, the first of which carries the first bit."""
    rows, columns = (size // _BLOCK for size in band.shape[:2])
    red, green, blue = np.moveaxis(band.astype(np.float64), -1, 0)
    u = _U * (blue - (_RED * red + _GREEN * green + _BLUE * blue)) + 128
    halves = u.reshape(rows * 4, 2, columns * 4, 2).sum(axis=(1, 3)) / 2
    rises = _rises(halves.reshape(rows, 4, columns, 4).swapaxes(1, 2).reshape(-1, 16))
    of_halves = rises.reshape(rows, columns, 4, 4).swapaxes(1, 2).reshape(rows * 4, columns * 4)
    # A coefficient is twice the mean of its four pixels, each of which rises by half as much.
    more_blue = of_halves.repeat(2, axis=0).repeat(2, axis=1) / 2 / _U
    band[..., 1] = _in_bytes(green - more_blue * _BLUE / _GREEN)
    band[..., 2] = _in_bytes(blue + more_blue)


def _rises(blocks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return by how much each coefficient rises, of blocks × 16, so that each carries its bit."""
    carriers = blocks[:, 1:].argmax(axis=1, keepdims=True) + 1
    values = np.take_along_axis(blocks, carriers, axis=1)
    # The middle of the lower or the upper half of a step.
    middles = 0.25 + 0.5 * np.resize(BITS, values.shape)
    wanted = (np.ceil(values / _STEP - middles) + middles) * _STEP
    rises = np.zeros_like(blocks)
    np.put_along_axis(rises, carriers, wanted - values, axis=1)
    return rises


def _in_bytes(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return plane.round().clip(0, 255).astype(np.uint8)

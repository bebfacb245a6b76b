"""What was painted into a hole, put into the input picture so that no seam is seen."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.worker.autoencoder import Pixels
from generation.worker.holes import Mask

Field = npt.NDArray[np.float32]

_SQUARE: Final = 4
"""Pixels along a side of what a tint is measured in: it changes slowly, and so it takes little
time."""
_REACH: Final = 2.0
"""Deviation, in squares, of the neighbourhood that a tint is averaged over. With the mini model the
new part is off by 0.8 of 255 then on average; with half or twice as much by 0.8 and 1.0."""


def paste_back(painted: Pixels, before: Pixels, hole: Mask) -> Pixels:
    """Return the painted picture inside the hole and the one before, to the bit, outside it."""
    share = hole[..., None]
    mixed = painted * share + before * (1 - share)
    return np.where(share > 0, np.round(mixed).astype(np.uint8), before)


def in_tone(painted: Pixels, before: Pixels, hole: Mask) -> Pixels:
    """Return the painted picture with the tint taken off that it got on the way.

    The autoencoder gives back the kept part a little lighter, darker or more coloured than it was,
    and the new part goes on from there. By how much is seen in the kept part, from where it is
    carried on into the hole.
    """
    from scipy import ndimage

    kept = hole == 0
    if kept.all() or not kept.any():
        return painted
    difference = (before.astype(np.float32) - painted) * kept[..., None]
    weight, total = _in_squares(kept[..., None].astype(np.float32)), _in_squares(difference)
    tint = _smooth(total) / np.maximum(_smooth(weight), 1e-6)
    nearest = ndimage.distance_transform_edt(
        weight[..., 0] == 0, return_distances=False, return_indices=True
    )
    carried = _enlarged(_smooth(tint[tuple(nearest)]))
    return np.clip(np.round(painted + carried), 0, 255).astype(np.uint8)


def _in_squares(values: Field) -> Field:
    """Return the mean of each square of height × width × channels."""
    height, width, channels = values.shape
    squares = values.reshape(height // _SQUARE, _SQUARE, width // _SQUARE, _SQUARE, channels)
    means: Field = squares.mean(axis=(1, 3))
    return means


def _enlarged(squares: Field) -> Field:
    """Return squares as pixels again, with no steps between them."""
    size = squares.shape[1] * _SQUARE, squares.shape[0] * _SQUARE
    channels = (Image.fromarray(channel) for channel in np.moveaxis(squares, -1, 0))
    return np.stack([np.asarray(c.resize(size, Image.Resampling.BILINEAR)) for c in channels], -1)


def _smooth(values: Field) -> Field:
    from scipy import ndimage

    smooth: Field = ndimage.gaussian_filter(values, (_REACH, _REACH, 0), mode="nearest")
    return smooth

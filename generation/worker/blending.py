"""What was painted into a hole, put into the input picture so that no seam is seen."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from generation.worker.autoencoder import Pixels
from generation.worker.holes import Mask

_REACH: Final = 8.0
"""Deviation, in pixels, of the neighbourhood that a tint is averaged over."""


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
    inside = hole > 0
    if inside.all() or not inside.any():
        return painted
    tint = _tint(before.astype(np.float32) - painted.astype(np.float32), ~inside)
    nearest = ndimage.distance_transform_edt(inside, return_distances=False, return_indices=True)
    carried = _smooth(tint[tuple(nearest)])
    return np.clip(np.round(painted + carried), 0, 255).astype(np.uint8)


def _tint(difference: npt.NDArray[np.float32], kept: npt.NDArray[np.bool_]) -> Mask:
    """Average a difference over the kept neighbours of each pixel (a normalised convolution)."""
    weight = _smooth(kept[..., None].astype(np.float32))
    total = _smooth(np.where(kept[..., None], difference, np.float32(0)))
    tint: Mask = (total / np.maximum(weight, 1e-6)).astype(np.float32)
    return tint


def _smooth(values: Mask) -> Mask:
    smooth: Mask = ndimage.gaussian_filter(values, (_REACH, _REACH, 0), mode="nearest")
    return smooth

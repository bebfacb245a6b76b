"""Pictures put together from tiles: each fades into its neighbours, a strip at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from generation.tiling import Span, Tiles
from generation.worker.autoencoder import Pixels

Floats = npt.NDArray[np.float32]
Paint = Callable[[Span, Span], Floats]

DRIFT_PIXELS: Final = 32
"""Side of the areas whose mean colour stays as it was."""


def weights(span: Span) -> Floats:
    """Return the shares of a tile along its side, which with its neighbours' add up to one.

    They follow a squared sine, so that no edge of an overlap shows.
    """
    at = np.arange(span.size, dtype=np.float64) + 0.5
    shares = _fading(at, span.rise)
    if span.fall[1] > span.fall[0]:
        shares = shares * (1 - _fading(at, span.fall))
    return shares.astype(np.float32)


def _fading(at: npt.NDArray[np.float64], fade: tuple[int, int]) -> npt.NDArray[np.float64]:
    first, last = fade
    if last <= first:
        return np.ones_like(at)
    return np.sin(np.clip((at - first) / (last - first), 0, 1) * np.pi / 2) ** 2


def window(row: Span, column: Span) -> Floats:
    """Return the shares of a tile, height × width."""
    shares: Floats = weights(row)[:, None] * weights(column)[None, :]
    return shares


def assemble(tiles: Tiles, paint: Paint) -> Pixels:
    """Return a picture, height × width × 3, of tiles in 0 … 255 that are painted one by one.

    No more of it than one row of tiles is there in full precision.
    """
    picture: Pixels = np.empty((tiles.height, tiles.width, 3), np.uint8)
    begun: Floats = np.zeros((0, tiles.width, 3), np.float32)
    for index, row in enumerate(tiles.rows):
        strip: Floats = np.zeros((row.size, tiles.width, 3), np.float32)
        strip[: len(begun)] = begun
        for column in tiles.columns:
            share = window(row, column)[..., None]
            strip[:, column.start : column.end] += paint(row, column) * share
        is_last = index + 1 == len(tiles.rows)
        ready = row.size if is_last else tiles.rows[index + 1].start - row.start
        picture[row.start : row.start + ready] = np.clip(np.round(strip[:ready]), 0, 255)
        begun = strip[ready:]
    return picture


def drift(tile: Floats, before: Pixels) -> Floats:
    """Return what brings a tile's colours, over larger areas, back to those it had before.

    Networks that normalise over a whole tile tint each a little otherwise, by its content; with
    this no tile stands out from its neighbours.
    """
    apart = torch.from_numpy(before.astype(np.float32) - tile).permute(2, 0, 1)[None]
    height, width = (max(1, side // DRIFT_PIXELS) for side in tile.shape[:2])
    coarse = functional.interpolate(apart, (height, width), mode="area")
    smooth = functional.interpolate(coarse, tile.shape[:2], mode="bilinear")
    return np.asarray(smooth[0].permute(1, 2, 0).numpy(), np.float32)

"""An upscaler's network, and a picture put through it tile by tile."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import safetensors.torch
import torch

from generation.errors import BadWeights, LibraryMissing
from generation.loras import read_header
from generation.tiling import Span, Tiles
from generation.upscalers import EXTRA, LIBRARY, UpscalerInfo
from generation.worker.autoencoder import Pixels
from generation.worker.tiles import Floats, assemble

TILE: Final = 256
"""Pixels along a side of what the network sees at once."""


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A network that makes of 1 × 3 × height × width in 0 … 1 a picture ``scale`` times as large.

    It runs in float32: it is small beside what paints, and not every kind bears less.
    """

    network: Callable[[torch.Tensor], torch.Tensor]
    scale: int
    device: torch.device
    path: str = ""


def load_upscaler(info: UpscalerInfo, device: torch.device) -> Upscaler:
    """Load an upscaler from its safetensors file.

    Raises ``LibraryMissing``, and ``BadWeights`` for a file that is no upscaler of pictures.
    """
    read_header(info.path)
    try:
        # Not before it is needed, nor where it is not: it is the owner's to install.
        from spandrel import ImageModelDescriptor, ModelLoader
    except ImportError:
        raise LibraryMissing(LIBRARY, EXTRA) from None
    path = str(info.path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            weights = safetensors.torch.load_file(path)
            found: Any = ModelLoader(device).load_from_state_dict(weights)
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        raise BadWeights(path, "no upscaler", lines[0][:200] if lines else "") from error
    if not isinstance(found, ImageModelDescriptor) or not (
        found.input_channels == found.output_channels == 3
    ):
        raise BadWeights(path, "no upscaler")
    found.model.eval().float()
    return Upscaler(found, int(found.scale), device, path)


def upscale(upscaler: Upscaler, pixels: Pixels, finished: Callable[[int, int], None]) -> Pixels:
    """Return a picture as large as the network makes it.

    ``finished`` is told how many tiles of how many are done, before each of them. Raises
    ``BadWeights`` where the network gives no numbers.
    """
    height, width = pixels.shape[:2]
    tiles, scale = Tiles.over(width, height, TILE), upscaler.scale
    done = 0

    def shades(row: Span, column: Span) -> Floats:
        nonlocal done
        finished(done, tiles.count)
        done += 1
        rows = slice(row.start // scale, row.end // scale)
        columns = slice(column.start // scale, column.end // scale)
        tile = torch.from_numpy(np.array(pixels[rows, columns], dtype=np.float32)) / 255
        larger = upscaler.network(tile.permute(2, 0, 1)[None].to(upscaler.device))
        if not torch.isfinite(larger).all():
            raise BadWeights(upscaler.path, "no numbers")
        image = larger[0].float().clamp(0, 1).permute(1, 2, 0).cpu().numpy() * np.float32(255)
        return np.asarray(image, np.float32)

    return assemble(tiles.times(scale), shades)

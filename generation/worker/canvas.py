"""Input pictures brought to the recipe's size, and what was not to change put back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from generation.errors import BadImage
from generation.worker.autoencoder import Pixels

Mask = npt.NDArray[np.float32]

_BACKGROUND: Final = "white"
"""What shows through transparent places, which a picture of the model cannot have."""


def read_canvas(path: Path, size: tuple[int, int]) -> Pixels:
    """Return a picture as RGB of ``size`` (width, height): scaled to cover it, edges cut evenly."""
    with _opened(path) as picture:
        if picture.has_transparency_data:
            whole = picture.convert("RGBA")
            ground = Image.new("RGBA", whole.size, _BACKGROUND)
            plain = Image.alpha_composite(ground, whole).convert("RGB")
        else:
            plain = picture.convert("RGB")
        return np.asarray(_fitted(plain, size, Image.Resampling.LANCZOS))


def read_mask(path: Path, size: tuple[int, int]) -> Mask:
    """Return a mask, height × width in 0 … 1, brought to ``size`` as the picture is."""
    with _opened(path) as picture:
        # Not Lanczos, which rings: there would be a shadow of the mask where there is none.
        fitted = _fitted(picture.convert("L"), size, Image.Resampling.BILINEAR)
        return np.asarray(fitted, dtype=np.float32) / np.float32(255)


def cover(mask: Mask, factor: int) -> Image.Image:
    """Return the mask of the latents that the mask touches, at the size of the picture.

    The pipelines keep only every ``factor``-th pixel of it, and would miss a thin line.
    """
    height, width = mask.shape
    squares = mask.reshape(height // factor, factor, width // factor, factor)
    touched = (squares.max(axis=(1, 3)) > 0).repeat(factor, axis=0).repeat(factor, axis=1)
    return Image.fromarray((touched * 255).astype(np.uint8), "L")


def paste_back(painted: Pixels, before: Pixels, mask: Mask) -> Pixels:
    """Return the painted picture inside the mask and the one before, to the bit, outside it."""
    share = mask[..., None]
    mixed = painted * share + before * (1 - share)
    return np.where(share > 0, np.round(mixed).astype(np.uint8), before)


def _fitted(picture: Image.Image, size: tuple[int, int], method: Image.Resampling) -> Image.Image:
    return picture if picture.size == size else ImageOps.fit(picture, size, method)


def _opened(path: Path) -> Image.Image:
    try:
        picture = Image.open(path)
        picture.load()
    except FileNotFoundError:
        raise BadImage("missing", path.name) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise BadImage("truncated", path.name, str(error)[:100]) from None
    return picture

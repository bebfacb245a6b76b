"""Input pictures brought to the recipe's size, and what was not to change put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from generation.errors import BadImage
from generation.recipe import InputImage
from generation.recipe_parts import Extend
from generation.worker.autoencoder import Pixels
from generation.worker.holes import Mask, feathered, hole_around, hole_of_region

_BACKGROUND: Final = "white"
"""What shows through transparent places, which a picture of the model cannot have."""
_SOFTNESS: Final = 8.0
"""Deviation, in pixels, of the blur of colours that go on into a transparent place."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a picture is painted over; without a ``hole``, as ``worker.holes`` has it, all of it."""

    pixels: Pixels
    hole: Mask | None = None


def prepare(image: InputImage, size: tuple[int, int], path_of: Callable[[str], Path]) -> Canvas:
    """Return an input picture as a recipe of ``size`` (width, height) starts from it.

    ``path_of`` finds a file by its hash. Raises ``BadImage``.
    """
    path = path_of(image.sha256)
    if image.extend is not None:
        hole = hole_around(image.extend, size, image.feather)
        return Canvas(_extended(path, image.extend, size), feathered(hole, image.feather))
    pixels = read_canvas(path, size, grown=image.mask is not None and image.feather > 0)
    if image.mask is not None:
        hole = read_mask(path_of(image.mask), size)
    elif image.region is not None:
        hole = hole_of_region(image.region, size)
    else:
        return Canvas(pixels)
    return Canvas(pixels, feathered(hole, image.feather))


def _extended(path: Path, extend: Extend, size: tuple[int, int]) -> Pixels:
    """Return a picture in the midst of a larger one, which goes on as its mirror image."""
    left, top, right, bottom = extend.edges
    inner = read_canvas(path, (size[0] - left - right, size[1] - top - bottom))
    return np.pad(inner, ((top, bottom), (left, right), (0, 0)), "symmetric")


def read_canvas(path: Path, size: tuple[int, int], *, grown: bool = False) -> Pixels:
    """Return a picture as RGB of ``size`` (width, height): scaled to cover it, edges cut evenly.

    What is transparent becomes white, or, where it is to be ``grown`` over, as what is around it.
    """
    with _opened(path) as picture:
        if picture.has_transparency_data:
            if grown:
                return _grown_over(_fitted(picture.convert("RGBA"), size, Image.Resampling.LANCZOS))
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


def _grown_over(picture: Image.Image) -> Pixels:
    """Return RGBA as RGB whose clear places have the colours around them, softly.

    The autoencoder looks further than a pixel: with white there, what is kept beside it comes out
    whiter, and what is painted goes on from that.
    """
    from scipy import ndimage

    pixels = np.asarray(picture)
    colours, opacity = pixels[..., :3], pixels[..., 3:].astype(np.float32) / 255
    clear = pixels[..., 3] == 0
    if clear.all() or not clear.any():
        nearest = colours
    else:
        found = ndimage.distance_transform_edt(clear, return_distances=False, return_indices=True)
        nearest = colours[tuple(found)]
    soft = ndimage.gaussian_filter(nearest.astype(np.float32), (_SOFTNESS, _SOFTNESS, 0))
    mixed = np.round(colours * opacity + soft * (1 - opacity))
    return np.asarray(mixed, dtype=np.uint8)


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

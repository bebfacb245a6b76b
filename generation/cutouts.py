"""Input pictures of which a part is to stay: their masks, and their sides in whole latents.

A mask is a greyscale PNG, white where the picture is to be painted.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

from generation.bounds import SIZE_STEP
from generation.errors import BadImage

_CLEAR: Final = 16
"""Opacities below this are as good as none, and within this of 255 as good as all: programs that
squeeze pictures are not exact."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """A picture of ``size`` (width, height) and its mask if there is one, both as PNG."""

    png: bytes
    size: tuple[int, int]
    mask: bytes | None = None


def cut_out(png: bytes, mask: bytes | None, mask_name: str = "") -> Cutout:
    """Return a picture of which a part is to stay, with the mask that came with it, if any.

    Sides that are no multiples of 8 lose up to 7 pixels at their ends, so that no pixel has to be
    scaled; a mask of the picture's size is cut with it. Raises ``BadImage`` for an empty mask.
    """
    picture = _opened(png)
    area = _in_steps(picture.size)
    cut = png if area == (0, 0, *picture.size) else _png(picture.crop(area))
    size = (area[2] - area[0], area[3] - area[1])
    if mask is None:
        return Cutout(cut, size)
    grey = _grey(_opened(mask))
    if grey.size == picture.size:
        grey = grey.crop(area)
    if grey.getbbox() is None:
        raise BadImage("empty mask", mask_name)
    return Cutout(cut, size, _png(grey))


def clear_mask(png: bytes) -> bytes | None:
    """Return the mask of what is transparent in a picture; none where all or nothing of it is."""
    picture = _opened(png)
    if picture.mode != "RGBA":
        return None
    opaque = picture.getchannel("A").point(_snapped)
    if opaque.getextrema() != (0, 255):
        return None
    return _png(ImageChops.invert(opaque))


def _snapped(opacity: int) -> int:
    if opacity < _CLEAR:
        return 0
    return 255 if opacity > 255 - _CLEAR else opacity


def _grey(mask: Image.Image) -> Image.Image:
    """Return a mask in greys; what is transparent in it is not to be painted."""
    if mask.mode != "RGBA":
        return mask.convert("L")
    ground = Image.new("RGBA", mask.size, "black")
    return Image.alpha_composite(ground, mask).convert("L")


def _in_steps(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the middle of a picture whose sides are multiples of 8: left, top, right, bottom."""
    width, height = (max(SIZE_STEP, side // SIZE_STEP * SIZE_STEP) for side in size)
    left, top = max(0, size[0] - width) // 2, max(0, size[1] - height) // 2
    return left, top, min(left + width, size[0]), min(top + height, size[1])


def _opened(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return picture


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4)
    return out.getvalue()

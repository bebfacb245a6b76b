"""Input pictures of which a part is to stay: their masks, and their sides in whole latents.

A mask is a greyscale PNG, white where the picture is to be painted.
"""

from __future__ import annotations

import io
from typing import Final, NamedTuple

from PIL import Image, ImageChops

from generation.bounds import SIZE_STEP
from generation.errors import BadImage
from generation.images import InputPicture


class Cutout(NamedTuple):
    """A picture and its mask, if there is one."""

    picture: InputPicture
    mask: InputPicture | None


_CLEAR: Final = 16
"""Opacities and greys below this are as good as none, and within this of 255 as good as all:
programs that squeeze pictures are not exact."""


def cut_out(picture: InputPicture, mask: InputPicture | None) -> Cutout:
    """Return a picture of which a part is to stay, with its mask, in whole latents.

    Sides that are no multiples of 8 lose up to 7 pixels at their ends, so that no pixel has to be
    scaled; a mask of the same size is cut with it.
    """
    area = _in_steps(picture.size)
    if area == (0, 0, *picture.size):
        return Cutout(picture, mask)
    if mask is not None and mask.size == picture.size:
        mask = _kept(_opened(mask).crop(area))
    return Cutout(_kept(_opened(picture).crop(area)), mask)


def grey_mask(sent: InputPicture, name: str) -> InputPicture:
    """Return a mask that somebody sent in greys; what is transparent in it is not to be painted.

    Raises ``BadImage`` where there is nothing to be painted.
    """
    grey = _opened(sent)
    if grey.mode == "RGBA":
        grey = Image.alpha_composite(Image.new("RGBA", grey.size, "black"), grey)
    grey = grey.convert("L").point(_snapped)
    if grey.getbbox() is None:
        raise BadImage("empty mask", name)
    return _kept(grey)


def clear_mask(picture: InputPicture, name: str = "") -> InputPicture | None:
    """Return the mask of what is transparent in a picture; none where it is not in part.

    Raises ``BadImage`` where all of it is: there is nothing to start from.
    """
    opened = _opened(picture)
    if opened.mode != "RGBA":
        return None
    opaque = opened.getchannel("A").point(_snapped)
    least, most = opaque.getextrema()
    if most == 0:
        raise BadImage("all clear", name)
    if (least, most) != (0, 255):
        return None
    return _kept(ImageChops.invert(opaque))


def _snapped(grey: int) -> int:
    if grey < _CLEAR:
        return 0
    return 255 if grey > 255 - _CLEAR else grey


def _in_steps(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the middle of a picture whose sides are multiples of 8: left, top, right, bottom."""
    width, height = (max(SIZE_STEP, side // SIZE_STEP * SIZE_STEP) for side in size)
    left, top = max(0, size[0] - width) // 2, max(0, size[1] - height) // 2
    return left, top, min(left + width, size[0]), min(top + height, size[1])


def _opened(picture: InputPicture) -> Image.Image:
    opened = Image.open(io.BytesIO(picture.png))
    opened.load()
    return opened


def _kept(picture: Image.Image) -> InputPicture:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4)
    return InputPicture(out.getvalue(), *picture.size)

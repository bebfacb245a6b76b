"""Pictures that people send: checked before they are decoded, and made plain.

The size in bytes and in pixels is looked at before anything is unpacked, so that a small file that
unpacks to gigabytes is refused. What is kept is a PNG without EXIF, GPS or other riders.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from generation.errors import BadImage

FORMATS: Final = ("PNG", "JPEG", "WEBP")
PIXELS_MOST: Final = 64_000_000
"""Decoded as RGBA this is 256 MB, which the smallest machine can bear."""


@dataclass(frozen=True, slots=True)
class InputPicture:
    """A checked picture: ``png`` is RGB or RGBA, upright, and of a mask in greys."""

    png: bytes
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


def read_input(
    source: Path | bytes, name: str, bytes_most: int, pixels_most: int = PIXELS_MOST
) -> InputPicture:
    """Read a PNG, JPEG or WebP picture that somebody sent. Raises ``BadImage``."""
    data = _bytes(source, name, bytes_most)
    with warnings.catch_warnings():
        # Pillow only warns of what we refuse ourselves, by our own bound, and of broken riders.
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                return _plain(picture, name, pixels_most)
        except UnidentifiedImageError:
            raise BadImage("format", name) from None
        except Image.DecompressionBombError as error:
            raise BadImage("too many pixels", name, "far too many") from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise BadImage("truncated", name) from error


def _bytes(source: Path | bytes, name: str, bytes_most: int) -> bytes:
    shown = f"{bytes_most / 1e6:g} MB"
    if isinstance(source, bytes):
        if len(source) > bytes_most:
            raise BadImage("too many bytes", name, shown)
        return source
    try:
        if not source.is_file():
            raise BadImage("missing", name)
        if source.stat().st_size > bytes_most:
            raise BadImage("too many bytes", name, shown)
        return source.read_bytes()
    except (OSError, ValueError) as error:
        raise BadImage("unreadable", name) from error


def _plain(picture: Image.Image, name: str, pixels_most: int) -> InputPicture:
    width, height = picture.size
    if width * height > pixels_most:
        raise BadImage("too many pixels", name, f"{width}x{height}")
    # Few copies at a time: each of a large picture is a quarter of a gigabyte.
    ImageOps.exif_transpose(picture, in_place=True)
    plain: Image.Image = picture
    if plain.mode.startswith("I"):
        # Sixteen bits a pixel, of which Pillow would keep the lower eight.
        plain = plain.point(lambda value: value / 256).convert("L")
    clear = plain.mode in ("RGBA", "LA", "PA") or "transparency" in plain.info
    mode = "RGBA" if clear else "RGB"
    if plain.mode != mode:
        plain = plain.convert(mode)
    # A new picture carries the pixels over and none of the riders.
    bare = Image.new(mode, plain.size)
    bare.paste(plain)
    out = io.BytesIO()
    bare.save(out, "PNG", compress_level=4)
    return InputPicture(out.getvalue(), *bare.size)

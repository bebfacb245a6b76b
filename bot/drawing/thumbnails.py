"""Pictures made small: one at a time, so that a sheet of large ones takes no more memory."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

UNREADABLE: Final = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises for a file that is gone, cut short or no picture."""
_FIRST_CUT: Final = 3.0
"""How many times too large a picture stays after the fast part of making it smaller."""


def thumbnail(path: Path, size: tuple[int, int]) -> Image.Image | None:
    """Return a picture as large as it fits into a place, small ones enlarged; none if unreadable.

    Blocks for as long as the decoding takes; holds one whole picture meanwhile.
    """
    try:
        with Image.open(path) as image:
            image.draft("RGB", size)
            scale = min(size[0] / image.width, size[1] / image.height)
            wanted = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            whole = image if image.mode == "RGB" else image.convert("RGB")
            return whole.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=_FIRST_CUT)
    except UNREADABLE:
        return None


def shape_of(path: Path | None) -> tuple[int, int] | None:
    """Return the width and height that a file says it has; none where there is none to read."""
    if path is None:
        return None
    try:
        with Image.open(path) as image:
            return image.size
    except UNREADABLE:
        return None

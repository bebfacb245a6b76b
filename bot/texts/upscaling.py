"""Enlarging pictures: what goes wrong with it, and what is said of it."""

from __future__ import annotations

from typing import Final

from bot import errors as bot_errors
from bot.reply import Line, line


def enlarged_too_large(error: bot_errors.EnlargedTooLarge) -> Line:
    """Word an enlargement beyond what is allowed, and say what is possible."""
    fact = (
        f"{error.width}x{error.height} is more than the {error.megapixels:g} megapixels that "
        "enlarged pictures may have"
    )
    if error.scale:
        return line(f"{fact}: the largest scale possible here is {error.scale}.")
    return line(f"{fact}: this picture cannot be enlarged any further.")


STAYS: Final[dict[str, str]] = {
    "start": "An enlargement keeps its size and the picture that it was made from: give /upscale "
    "another scale, or change that picture.",
    "pixels": "An enlargement that is not redrawn comes out the same each time: give /upscale the "
    "method redraw, or change the picture that it was made from.",
}


def enlargement_stays(error: bot_errors.EnlargementStays) -> Line:
    """Word what cannot be changed in a picture that was made larger."""
    return line(STAYS.get(error.reason, f"An enlargement keeps its {error.reason}."))


def no_upscaler(error: bot_errors.NoUpscaler) -> Line:
    """Word an empty folder of upscalers."""
    return line(
        f"There is no upscaler here: take the method redraw or plain, or have the owner put "
        f"one into {error.folder} as a .safetensors file."
    )

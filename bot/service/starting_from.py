"""What a recipe starts from: an input picture, how far it may change, and where."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import NeedsImage
from bot.reading import Options
from generation.recipe import InputImage


@dataclass(frozen=True, slots=True)
class InputHashes:
    """The stored input pictures of a command, by content hash."""

    image: str | None = None
    mask: str | None = None


def input_image(
    options: Options, inputs: InputHashes, before: InputImage | None
) -> InputImage | None:
    """Return what a recipe starts from, or none; ``before`` is what it started from so far.

    Raises ``NeedsImage`` for what makes sense with an input picture alone.
    """
    sha256 = inputs.image or (before.sha256 if before else None)
    strength = options.values.get("strength")
    if sha256 is None:
        for field in ("strength", "mask"):
            if field in options:
                raise NeedsImage(field)
        return None
    default = before.strength if before else InputImage(sha256).strength
    mask = inputs.mask or (before.mask if before and not inputs.image else None)
    return InputImage(sha256, strength if isinstance(strength, float) else default, mask)

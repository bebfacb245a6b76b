"""The parts of a recipe: LoRAs, refiner, input picture, variations, enlargement, style."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from generation.bounds import (
    SIZE_STEP,
    check_name,
    check_text,
    check_whole,
    plain_float,
    within,
)
from generation.errors import BadValue

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

LORAS_MAX: Final = 4
VARIATIONS_MAX: Final = 8
RefinerMode = Literal["split", "img2img"]
REFINER_MODES: Final[tuple[RefinerMode, ...]] = ("split", "img2img")
UpscaleMethod = Literal["redraw", "plain", "model"]
UPSCALE_METHODS: Final[tuple[UpscaleMethod, ...]] = ("redraw", "plain", "model")
SCALES: Final = (2, 4)
SUBJECT: Final = "{prompt}"
"""What a style's template has in the place of a person's words."""


@dataclass(frozen=True, slots=True)
class LoraUse:
    """One LoRA and how strongly it acts; 1 is as trained, below 0 turns it round."""

    name: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_name("lora", self.name, "name or name:scale")
        within("lora scale", self.scale)
        object.__setattr__(self, "scale", plain_float(self.scale))


@dataclass(frozen=True, slots=True)
class Refiner:
    """How the refiner takes part.

    ``switch`` is the share of the noise schedule that the base handles (SDXL report, arXiv
    2307.01952, section 2.5). In mode ``split`` the latents go over at that point; in mode
    ``img2img`` the base finishes and the refiner repaints with strength ``1 - switch`` (SDEdit,
    arXiv 2108.01073).
    """

    switch: float = 0.8
    mode: RefinerMode = "split"

    def __post_init__(self) -> None:
        within("refiner", self.switch)
        if self.mode not in REFINER_MODES:
            raise BadValue("refiner-mode", str(self.mode)[:100], ", ".join(REFINER_MODES))
        object.__setattr__(self, "switch", plain_float(self.switch))

    @property
    def strength(self) -> float:
        """The img2img strength that leaves the refiner the same share as the split would."""
        return round(1 - self.switch, 6)


@dataclass(frozen=True, slots=True)
class Variation:
    """A step from the noise so far towards that of another seed, along the sphere.

    ``amount`` is how far: 0 would be the noise so far, 1 is that of ``seed`` alone.
    """

    seed: int
    amount: float

    def __post_init__(self) -> None:
        check_whole("seed", self.seed)
        within("variation", self.amount)
        object.__setattr__(self, "amount", plain_float(self.amount))


@dataclass(frozen=True, slots=True)
class Region:
    """A box of the picture that is to be painted, in shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        for name in ("left", "top", "right", "bottom"):
            within("region", getattr(self, name))
            object.__setattr__(self, name, plain_float(round(getattr(self, name), 4)))
        if self.left >= self.right or self.top >= self.bottom:
            shown = ",".join(f"{edge:.4g}" for edge in self.edges)
            raise BadValue("region", shown, "left before right, and top before bottom")

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True, slots=True)
class Extend:
    """How many pixels of the finished picture lie beyond each edge of the input picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __post_init__(self) -> None:
        for pixels in self.edges:
            check_whole("extend", pixels)
            if pixels % SIZE_STEP:
                raise BadValue("extend", str(pixels), f"a multiple of {SIZE_STEP} pixels")
        if not any(self.edges):
            raise BadValue("extend", "0", "at least one side")

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom


STRENGTH: Final = 0.6
"""How much of an input picture is changed where nothing is said."""


@dataclass(frozen=True, slots=True)
class InputImage:
    """The picture that a recipe starts from, by the SHA-256 of its stored bytes.

    What is to be painted is all of it, or one of these: where ``mask``, the hash of a greyscale
    picture, is white; a ``region``; what ``extend`` adds around it. ``feather`` is over how many
    pixels of the finished picture the new fades into the old.
    """

    sha256: str
    strength: float = STRENGTH
    mask: str | None = None
    region: Region | None = None
    extend: Extend | None = None
    feather: int = 0

    def __post_init__(self) -> None:
        for digest in self.hashes:
            if not _DIGEST.fullmatch(digest):
                raise BadValue("image", digest[:100], "64 digits, 0-9 and a-f")
        within("strength", self.strength)
        check_whole("feather", self.feather)
        object.__setattr__(self, "strength", plain_float(self.strength))
        if sum(part is not None for part in (self.mask, self.region, self.extend)) > 1:
            raise BadValue("image", "several", "one of mask, region and extend")

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hash of the picture, and that of the mask if there is one."""
        return (self.sha256,) if self.mask is None else (self.sha256, self.mask)

    @property
    def is_partly_kept(self) -> bool:
        """Whether a part of the picture is to stay as it is."""
        return any(part is not None for part in (self.mask, self.region, self.extend))


@dataclass(frozen=True, slots=True)
class Upscale:
    """How the input picture is made larger; the recipe's size is that of the result.

    ``redraw`` paints over a Lanczos enlargement tile by tile, with the strength of the input
    picture; ``plain`` is that enlargement alone; ``model`` is the upscaler of that name.
    """

    scale: int
    method: UpscaleMethod = "redraw"
    upscaler: str = ""

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise BadValue("scale", str(self.scale)[:60], " or ".join(map(str, SCALES)))
        if self.method not in UPSCALE_METHODS:
            raise BadValue("method", str(self.method)[:60], ", ".join(UPSCALE_METHODS))
        if self.method == "model":
            check_name("upscaler", self.upscaler, "an upscaler's name")
        elif self.upscaler:
            raise BadValue("upscaler", self.upscaler[:60], "none but with the method model")


@dataclass(frozen=True, slots=True)
class StyleUse:
    """The words of a style: ``prompt`` is its template, ``negative`` what it keeps out."""

    name: str
    prompt: str = SUBJECT
    negative: str = ""

    def __post_init__(self) -> None:
        check_name("style", self.name, "a style's name")
        check_text("style", self.prompt)
        check_text("style", self.negative)
        if self.prompt.count(SUBJECT) != 1:
            raise BadValue("style", self.prompt[:60], f"a template with {SUBJECT} in it once")

    def over(self, prompt: str) -> str:
        """Return a person's words as this style has them."""
        return self.prompt.replace(SUBJECT, prompt)

    def without(self, negative: str) -> str:
        """Return a person's negative prompt with this style's after it."""
        return ", ".join(part for part in (negative, self.negative) if part.strip())

"""Parts of a picture in words: the region to be painted, and what is to be added around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.characters import clipped
from bot.command import NONE
from generation.errors import BadValue
from generation.recipe import BOUNDS, SIZE_STEP, InputImage
from generation.recipe_parts import Extend, Region

REGIONS: Final[dict[str, Region]] = {
    "left": Region(0, 0, 0.5, 1),
    "right": Region(0.5, 0, 1, 1),
    "top": Region(0, 0, 1, 0.5),
    "bottom": Region(0, 0.5, 1, 1),
    "center": Region(0.25, 0.25, 0.75, 0.75),
    "top-left": Region(0, 0, 0.5, 0.5),
    "top-right": Region(0.5, 0, 1, 0.5),
    "bottom-left": Region(0, 0.5, 0.5, 1),
    "bottom-right": Region(0.5, 0.5, 1, 1),
}
_ALIKE: Final = {"centre": "center", "middle": "center"}
_SIDES: Final = ("left", "top", "right", "bottom")
_ALL: Final = "all"

_SHARE: Final = r"\d{1,9}(?:\.\d{1,9})?"
_EDGES: Final = rf"{_SHARE}\s*%?(?:\s*,\s*{_SHARE}\s*%?){{3}}"
_MARGIN: Final = rf"(?:{'|'.join((*_SIDES, _ALL))})[\s:=]*{_SHARE}\s*(?:%|px)(?!\w)"
REGION_TYPED: Final = rf"{_EDGES}|\S*"
"""What the value of a region looks like at the start of a text."""
_NEARLY: Final = (
    rf"(?:{'|'.join((*_SIDES, _ALL))})[\s:=]*[-+−]?\d{{1,30}}(?:\.\d{{1,30}})?\s*(?:%|px)?(?!\w)"
)
"""What somebody meant for a side with how far, and what is to be quoted where it is none."""
EXTEND_TYPED: Final = (
    rf"(?i:{_MARGIN}(?:\s*,?\s*{_MARGIN})*)|(?i:{_NEARLY}(?:\s*,?\s*{_NEARLY})*)|\S*"
)
"""What the value of an extension looks like at the start of a text."""
_ONE_MARGIN: Final = re.compile(rf"([a-z]+)[\s:=]*({_SHARE})\s*(%|px)")
_MARGINS: Final = re.compile(rf"{_MARGIN}(?:\s*,?\s*{_MARGIN})*")
_REGION_ALLOWED: Final = (
    f"one of {', '.join(REGIONS)}, or left, top, right and bottom edge like 10%,20%,50%,80%"
)
_EXTEND_ALLOWED: Final = (
    'sides with how far, like "left 25%", "left 64px,right 64px" or "all 20%", in the shell with '
    "the quotes"
)
_PERCENT_MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Margin:
    """How far a picture is to go on beyond one of its edges: in pixels, or a share of its side."""

    amount: float
    is_share: bool = False

    def pixels(self, side: int) -> int:
        """Return it for an input picture of that side, a share as the nearest multiple of 8."""
        if not self.is_share:
            return int(self.amount)
        return max(SIZE_STEP, round(self.amount * side / SIZE_STEP) * SIZE_STEP)


NO_MARGIN: Final = Margin(0)


@dataclass(frozen=True, slots=True)
class ExtendWish:
    """How far a picture is to go on beyond its edges, as it was asked for."""

    left: Margin = NO_MARGIN
    top: Margin = NO_MARGIN
    right: Margin = NO_MARGIN
    bottom: Margin = NO_MARGIN

    def around(self, size: tuple[int, int]) -> Extend:
        """Return it around an input picture of ``size`` (width, height). Raises ``BadValue``."""
        width, height = size
        sides = (
            (self.left, width),
            (self.top, height),
            (self.right, width),
            (self.bottom, height),
        )
        return Extend(*(_pixels(margin, side) for margin, side in sides))

    def inside(self, size: tuple[int, int]) -> Extend:
        """Return it for a finished picture of ``size`` (width, height). Raises ``BadValue``."""
        width = _input_side(size[0], self.left, self.right)
        return self.around((width, _input_side(size[1], self.top, self.bottom)))


def _pixels(margin: Margin, side: int) -> int:
    return margin.pixels(side) if margin.amount else 0


def _input_side(side: int, before: Margin, after: Margin) -> int:
    """Return the side that an input picture has for it to become so long with its margins."""
    fixed = sum(margin.amount for margin in (before, after) if not margin.is_share)
    shares = sum(margin.amount for margin in (before, after) if margin.is_share)
    return max(0, round((side - fixed) / (1 + shares)))


def read_region(text: str) -> Region | str:
    """Read a region; ``NONE`` is a value, too. Raises ``BadValue``."""
    words = re.sub(r"[\s_-]+", "-", text.strip(" ,").lower())
    if words == NONE:
        return NONE
    words = _ALIKE.get(words, words)
    if words in REGIONS:
        return REGIONS[words]
    if not re.fullmatch(_EDGES, text.strip()):
        raise BadValue("region", clipped(text), _REGION_ALLOWED)
    edges = [_share(part.strip()) for part in text.split(",")]
    if not all(0 <= edge <= 1 for edge in edges):
        raise BadValue("region", clipped(text), _REGION_ALLOWED)
    try:
        return Region(*edges)
    except BadValue as error:
        raise BadValue("region", clipped(text), error.allowed) from None


def _share(text: str) -> float:
    return float(text.rstrip("% ")) / 100 if text.endswith("%") else float(text)


def read_extend(text: str) -> ExtendWish | str:
    """Read how far a picture is to go on; ``NONE`` is a value, too. Raises ``BadValue``."""
    words = text.strip(" ,").lower()
    if words == NONE:
        return NONE
    if not _MARGINS.fullmatch(words):
        raise BadValue("extend", clipped(text), _EXTEND_ALLOWED)
    margins: dict[str, Margin] = {}
    for side, amount, unit in _ONE_MARGIN.findall(words):
        margin = _margin(text, float(amount), unit)
        margins |= dict.fromkeys(_SIDES if side == _ALL else (side,), margin)
    if not any(margin.amount for margin in margins.values()):
        raise BadValue("extend", clipped(text), "at least one side that is more than 0")
    return ExtendWish(**margins)


def _margin(text: str, amount: float, unit: str) -> Margin:
    if unit == "%":
        if amount > _PERCENT_MOST:
            raise BadValue("extend", clipped(text), f"up to {_PERCENT_MOST}%")
        return Margin(amount / 100, is_share=True)
    if amount % SIZE_STEP:
        raise BadValue("extend", clipped(text), f"pixels in multiples of {SIZE_STEP}")
    if amount not in BOUNDS["extend"]:
        raise BadValue("extend", clipped(text), f"{BOUNDS['extend']} pixels")
    return Margin(amount)


def region_text(region: Region) -> str:
    """Return a region as people can type it."""
    for name, named in REGIONS.items():
        if named == region:
            return name
    return ",".join(f"{edge * 100:.6g}%" for edge in region.edges)


def extend_text(extend: Extend) -> str:
    """Return an extension as people can type it."""
    sides = zip(_SIDES, extend.edges, strict=True)
    return ",".join(f"{side} {pixels}px" for side, pixels in sides if pixels)


def described_part(image: InputImage) -> dict[str, str]:
    """Return what of an input picture is painted, and how it fades into the rest, by flags."""
    part = {}
    if image.mask:
        part["mask"] = image.mask[:12]
    if image.region:
        part["region"] = region_text(image.region)
    if image.extend:
        part["extend"] = extend_text(image.extend)
    return {**part, "feather": str(image.feather)} if part else part

"""What a recipe starts from: an input picture, how far it may change, where, and at what size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from bot.areas import ExtendWish
from bot.command import NONE
from bot.errors import NeedsImage, NeedsPart, NotTogether
from bot.reading import Options
from generation.models import Model
from generation.recipe import BOUNDS, SIZE_STEP, InputImage
from generation.recipe_parts import STRENGTH, Extend, Region
from generation.sizes import nearest_size

Size = tuple[int, int]
Kind = Literal["whole", "part", "clear", "extended"]

STRENGTHS: Final[dict[Kind, float]] = {
    "whole": STRENGTH,
    "part": 0.85,
    "clear": 1.0,
    "extended": 0.95,
}
"""How much changes where nothing is said. Whoever names a part wants something else there; what is
transparent is not there at all. Beyond an edge the picture goes on mirrored, and a little of that
has to show through: with the mini model the step across the seam is 0.35 of 255 on average at 0.95,
and 2.4 at 1.0, which is as painted from nothing.
"""
SMALLEST_SHARE: Final = 0.25
"""Of the area of a model's own size: what is smaller would be painted badly at its own size."""
FEATHERS: Final = 64
"""The shorter side has so many feathers, but each is a latent wide at least. Pictures of the mini
model, 128 pixels high, have steps of 4.2 of 255 at their seams without one, and of 1.0, 0.8, 1.1
and 1.9 with one of 4, 8, 16 and 24 pixels; wide ones show ghosts of what was there before."""

_PARTS: Final = ("mask", "region", "extend")
_OF_IMAGES: Final = ("strength", *_PARTS, "feather")
STARTING: Final = ("image", *_OF_IMAGES, "aspect", "size")
"""The options that decide what a recipe starts from and how large the picture is."""


@dataclass(frozen=True, slots=True)
class InputHashes:
    """The stored input pictures of a command, by content hash.

    ``size`` is that of the picture, width and height. ``clear`` is set where the mask is of what is
    transparent in the picture, and nobody gave one. ``private`` is set where the picture is one of
    a private job.
    """

    image: str | None = None
    mask: str | None = None
    size: Size | None = None
    clear: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What decides the size of a finished picture beside what it starts from.

    ``asked`` is what was asked for. ``otherwise`` is the size where nothing else tells, without
    what is added around it. ``follows`` is set where the format is that of the input picture.
    """

    model: Model
    otherwise: Size
    asked: Size | None = None
    follows: bool = False
    pixels_most: float = float("inf")


@dataclass(frozen=True, slots=True)
class Start:
    """What a recipe starts from, if from anything, and the size of the finished picture."""

    image: InputImage | None
    size: Size


@dataclass(frozen=True, slots=True)
class _Part:
    """What of the input picture is to be painted; nothing set: all of it."""

    mask: str | None = None
    region: Region | None = None
    extend: ExtendWish | Extend | None = None
    clear: bool = False

    @property
    def kind(self) -> Kind:
        if self.extend is not None:
            return "extended"
        if self.mask is None and self.region is None:
            return "whole"
        return "clear" if self.clear else "part"


@dataclass(frozen=True, slots=True)
class Starting:
    """Puts together what the options of a command say of its input picture.

    ``before`` is what the recipe started from that is being changed, if it started from anything.
    """

    options: Options
    inputs: InputHashes
    frame: Frame
    before: InputImage | None = None

    def start(self) -> Start:
        """Return what the recipe starts from.

        Raises ``NeedsImage``, ``NeedsPart``, ``NotTogether`` and ``BadValue``.
        """
        frame, sha256 = self.frame, self._picture()
        if sha256 is None:
            return Start(None, frame.asked or frame.otherwise)
        part = self._part()
        inner = self._inner(part)
        extend = part.extend
        if isinstance(extend, ExtendWish):
            extend = extend.inside(frame.asked) if frame.asked else extend.around(inner)
        size = frame.asked or _widened(inner, extend)
        image = InputImage(
            sha256,
            strength=self._strength(part),
            mask=part.mask,
            region=part.region,
            extend=extend,
            feather=self._feather(part, size),
        )
        return Start(image, size)

    def _picture(self) -> str | None:
        if self.inputs.image:
            return self.inputs.image
        if self.before is not None and not self._is_taken_away("image"):
            return self.before.sha256
        for name in _OF_IMAGES:
            if name in self.options and not self._is_taken_away(name):
                raise NeedsImage(name)
        return None

    def _is_taken_away(self, name: str) -> bool:
        return self.options.values.get(name) == NONE

    def _part(self) -> _Part:
        given = [name for name in _PARTS if self._is_given(name)]
        if len(given) > 1:
            raise NotTogether(given[0], given[1])
        if given:
            return self._given_part(given[0])
        kept = self._kept_part()
        if kept.kind == "whole" and self.inputs.clear and not self._is_taken_away("mask"):
            return _Part(mask=self.inputs.mask, clear=True)
        return kept

    def _is_given(self, name: str) -> bool:
        if name == "mask":
            return self.inputs.mask is not None and not self.inputs.clear
        return name in self.options and not self._is_taken_away(name)

    def _given_part(self, name: str) -> _Part:
        value = self.options.values.get(name)
        if isinstance(value, Region):
            return _Part(region=value)
        if isinstance(value, ExtendWish):
            return _Part(extend=value)
        return _Part(mask=self.inputs.mask)

    def _kept_part(self) -> _Part:
        """Return the part that is painted as before; a mask is of one picture alone."""
        before = self.before
        if before is None:
            return _Part()
        return _Part(
            mask=None if self.inputs.image or self._is_taken_away("mask") else before.mask,
            region=None if self._is_taken_away("region") else before.region,
            extend=None if self._is_taken_away("extend") else before.extend,
        )

    def _inner(self, part: _Part) -> Size:
        """Return the size of the input picture itself in the finished one."""
        frame, own = self.frame, self.inputs.size
        if own is None or (part.kind == "whole" and not frame.follows):
            return frame.otherwise
        pixels = own[0] * own[1]
        small = frame.model.size[0] * frame.model.size[1] * SMALLEST_SHARE
        whole = all(side in BOUNDS["width"] and not side % SIZE_STEP for side in own)
        fits = whole and small <= pixels <= frame.pixels_most
        return own if fits and part.kind != "whole" else nearest_size(own, frame.model)

    def _strength(self, part: _Part) -> float:
        given = self.options.values.get("strength")
        if isinstance(given, float):
            return given
        before = self.before
        if before is None or before.strength == STRENGTHS[_part_of(before).kind]:
            return STRENGTHS[part.kind]
        return before.strength

    def _feather(self, part: _Part, size: Size) -> int:
        given = self.options.values.get("feather")
        if part.kind == "whole":
            if given:
                raise NeedsPart("feather")
            return 0
        if isinstance(given, int):
            return given
        if self.before is not None and self.before.is_partly_kept:
            return self.before.feather
        return default_feather(size)


def default_feather(size: Size) -> int:
    """Return over how many pixels the new fades into the old where nothing is said."""
    whole = round(min(size) / FEATHERS / SIZE_STEP) * SIZE_STEP
    return max(SIZE_STEP, whole)


def without_edges(size: Size, image: InputImage | None) -> Size:
    """Return the size of the input picture itself in a finished one of ``size``."""
    if image is None or image.extend is None:
        return size
    left, top, right, bottom = image.extend.edges
    return size[0] - left - right, size[1] - top - bottom


def _widened(inner: Size, extend: Extend | None) -> Size:
    left, top, right, bottom = extend.edges if extend else (0, 0, 0, 0)
    return inner[0] + left + right, inner[1] + top + bottom


def _part_of(image: InputImage) -> _Part:
    return _Part(image.mask, image.region, image.extend)

"""What a training picture holds: a background, one to three things, perhaps a border.

A scene is plain data. `drawing` turns it into pixels and `captions` into words, so that a caption
can never promise what the picture does not show.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, TypeVar

SIDE = 128
"""Side of the square pictures, in pixels."""

BUCKETS: tuple[tuple[int, int], ...] = ((128, 128), (160, 96), (96, 160), (144, 112), (112, 144))
"""Trained picture sizes as (width, height) in pixels; all hold about 128 * 128 pixels."""

Colour = tuple[int, int, int]
Name = TypeVar("Name", bound=str)

PALETTE: dict[str, Colour] = {
    "red": (222, 36, 36),
    "green": (34, 160, 60),
    "blue": (40, 74, 220),
    "yellow": (246, 216, 44),
    "purple": (142, 48, 176),
    "orange": (244, 136, 28),
    "white": (250, 250, 250),
    "black": (16, 16, 16),
}

SHAPES = ("circle", "square", "triangle", "star", "heart", "apple")
APPLE_COLOURS = ("red", "green", "yellow")
MIXABLE = ("red", "green", "blue", "yellow", "purple", "orange")

Kind = Literal["one", "mixed", "row", "column", "several"]
Place = Literal["left", "right", "top", "bottom", "center", ""]
Size = Literal["small", "medium", "big"]

RADII: dict[Size, tuple[float, float]] = {"small": (15, 19), "medium": (25, 32), "big": (38, 46)}
"""Radius of a thing alone in a picture, in pixels of a 128-pixel side."""

_KINDS: dict[Kind, float] = {
    "one": 0.45,
    "mixed": 0.10,
    "row": 0.25,
    "column": 0.08,
    "several": 0.12,
}
_BACKGROUNDS = dict(zip(PALETTE, (1, 1, 1.3, 1.1, 0.8, 0.8, 2.6, 1.6), strict=True))
_BORDER_SHARE = 0.2


@dataclass(frozen=True)
class Thing:
    """One shape. Centre and radius are in pixels; `share` of `colour` is mixed with `second`."""

    shape: str
    colour: str
    x: float
    y: float
    radius: float
    size: Size = "medium"
    place: Place = ""
    second: str = ""
    share: float = 1.0


@dataclass(frozen=True)
class Scene:
    """All that decides a picture. In rows things go left to right, in columns top to bottom."""

    kind: Kind
    background: str
    things: tuple[Thing, ...]
    border: bool = False
    width: int = SIDE
    height: int = SIDE
    grain: int = 0


def random_scene(rng: random.Random, size: tuple[int, int] = (SIDE, SIDE)) -> Scene:
    """Draw a scene of `size` (width, height) in pixels."""
    background = _choose(rng, _BACKGROUNDS)
    kind = _choose(rng, _KINDS)
    border = rng.random() < _BORDER_SHARE
    room = _Room(rng, size, background, border)
    things: tuple[Thing, ...]
    if kind in ("one", "mixed"):
        things = (room.single(mixed=kind == "mixed"),)
    elif kind == "several":
        things = room.several()
    else:
        things = room.pair(across=kind == "row")
    return Scene(kind, background, things, border, *size, grain=rng.randrange(1 << 30))


def _choose(rng: random.Random, weights: dict[Name, float]) -> Name:
    return rng.choices(list(weights), list(weights.values()))[0]


@dataclass
class _Room:
    """Places things on a canvas so that they stay inside it and apart from each other."""

    rng: random.Random
    size: tuple[int, int]
    background: str
    border: bool

    def colour(self, shape: str, *taken: str) -> str:
        """Choose a colour seen on the background; apples are mostly red."""
        free = [name for name in PALETTE if name != self.background and name not in taken]
        ripe = {name: w for name, w in zip(APPLE_COLOURS, (7, 2, 1.5), strict=True) if name in free}
        if shape == "apple" and ripe:
            return _choose(self.rng, dict(ripe))
        return self.rng.choice(free)

    def single(self, mixed: bool) -> Thing:
        rng = self.rng
        shape = rng.choice(SHAPES[:5] if mixed else SHAPES)
        size: Size = _choose(rng, {"small": 1.0, "medium": 2.4, "big": 1.6})
        place: Place = _choose(
            rng, {"": 3.0, "center": 1.5, "left": 1.0, "right": 1.0, "top": 1.0, "bottom": 1.0}
        )
        radius = rng.uniform(*RADII[size]) * min(self.size) / SIDE
        x, y = self._spot(radius, place)
        if not mixed:
            return Thing(shape, self.colour(shape), x, y, radius, size, place)
        first, second = rng.sample([name for name in MIXABLE if name != self.background], 2)
        share = rng.uniform(0.03, 0.97)
        return Thing(shape, first, x, y, radius, size, place, second, share)

    def _spot(self, radius: float, place: Place) -> tuple[float, float]:
        """Centre in pixels: near the named edge, or loosely around the middle."""
        width, height = self.size
        margin = (13 if self.border else 5) + radius * 1.12
        free_x, free_y = max(0.0, width / 2 - margin), max(0.0, height / 2 - margin)
        spread = 0.08 if place else 0.5
        dx, dy = (self.rng.uniform(-spread, spread) for _ in range(2))
        push = self.rng.uniform(0.86, 1.0)
        dx = {"left": -push, "right": push}.get(place, dx)
        dy = {"top": -push, "bottom": push}.get(place, dy)
        return width / 2 + dx * free_x, height / 2 + dy * free_y

    def pair(self, across: bool) -> tuple[Thing, ...]:
        """Two different things side by side, or one above the other."""
        rng = self.rng
        length, breadth = self.size if across else self.size[::-1]
        shapes = [rng.choice(SHAPES), rng.choice(SHAPES)]
        first = self.colour(shapes[0])
        colours = [first, self.colour(shapes[1], first)]
        things = []
        for shape, colour, along in zip(shapes, colours, (0.27, 0.73), strict=True):
            limit = min(length / 2, breadth) * (0.33 if self.border else 0.38)
            radius = limit * rng.uniform(0.8, 1.0)
            spot = along * length + rng.uniform(-2, 2), breadth / 2 + rng.uniform(-7, 7)
            x, y = spot if across else spot[::-1]
            things.append(Thing(shape, colour, x, y, radius))
        return tuple(things)

    def several(self) -> tuple[Thing, ...]:
        """Two or three of the same thing in a line, on a diagonal or in a triangle."""
        rng, (width, height) = self.rng, self.size
        shape = rng.choice(SHAPES)
        colour = self.colour(shape)
        spots = rng.choice(_LAYOUTS)
        reach = 0.19 if len(spots) == 2 else 0.13
        radius = min(width, height) * reach * rng.uniform(0.8, 1.0) * (0.9 if self.border else 1)
        jitter = [(rng.uniform(-2, 2), rng.uniform(-2, 2)) for _ in spots]
        return tuple(
            Thing(shape, colour, u * width + dx, v * height + dy, radius, "small")
            for (u, v), (dx, dy) in zip(spots, jitter, strict=True)
        )


_LAYOUTS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0.28, 0.5), (0.72, 0.5)),
    ((0.5, 0.28), (0.5, 0.72)),
    ((0.3, 0.3), (0.7, 0.7)),
    ((0.18, 0.5), (0.5, 0.5), (0.82, 0.5)),
    ((0.5, 0.18), (0.5, 0.5), (0.5, 0.82)),
    ((0.27, 0.7), (0.5, 0.28), (0.73, 0.7)),
)

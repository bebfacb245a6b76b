"""Pictures of scenes, drawn with Pillow: outlines, colours, and three ways to draw them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from generation.worker.training.scenes import PALETTE, Colour, Scene, Thing

FloatArray = npt.NDArray[np.float32]
Point = tuple[float, float]
Style = Literal["plain", "ink", "spoiled"]

OVERSAMPLE = 4
"""Pictures are drawn this much larger and averaged down, which gives smooth edges."""

STEM: Colour = (96, 58, 30)
LEAF: Colour = (16, 88, 34)
PAPER: Colour = (244, 234, 208)
INK: Colour = (40, 34, 60)


def outline(shape: str, x: float, y: float, radius: float) -> list[Point]:
    """Find the corners of a shape around (x, y); all fill about the same circle of `radius`."""
    return [(x + radius * u, y + radius * v) for u, v in _UNIT_OUTLINES[shape]]


def _circle() -> Iterable[Point]:
    for turn in _turns(64):
        yield math.sin(turn), -math.cos(turn)


def _star() -> Iterable[Point]:
    for corner, turn in enumerate(_turns(10)):
        reach = 1.12 if corner % 2 == 0 else 0.46
        yield reach * math.sin(turn), 0.06 - reach * math.cos(turn)


def _heart() -> Iterable[Point]:
    for turn in _turns(64):
        height = 13 * math.cos(turn) - 5 * math.cos(2 * turn) - 2 * math.cos(3 * turn)
        yield math.sin(turn) ** 3, -(height - math.cos(4 * turn)) / 16 - 0.1


def _apple() -> Iterable[Point]:
    """Trace a round body with a notch for the stem and a small dent below."""
    for turn in _turns(64):
        from_top = min(turn, 2 * math.pi - turn)
        notch = 0.40 * math.exp(-((from_top / 0.36) ** 2))
        dent = 0.12 * math.exp(-(((math.pi - from_top) / 0.3) ** 2))
        reach = 0.92 - notch - dent
        yield 1.06 * reach * math.sin(turn), 0.1 - reach * math.cos(turn)


def _turns(count: int) -> list[float]:
    return [2 * math.pi * step / count for step in range(count)]


_UNIT_OUTLINES: dict[str, tuple[Point, ...]] = {
    "circle": tuple(_circle()),
    "square": ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
    "triangle": ((0.0, -1.0), (1.0, 0.82), (-1.0, 0.82)),
    "star": tuple(_star()),
    "heart": tuple(_heart()),
    "apple": tuple(_apple()),
}


def draw(scene: Scene, style: Style = "plain", blur: float = 0.0) -> Image.Image:
    """Draw a scene as an RGB picture of its own size; `blur` is a Gaussian radius in pixels."""
    rng = random.Random(scene.grain)
    picture = _ink(scene) if style == "ink" else _plain(scene, rng)
    picture = picture.resize((scene.width, scene.height), Image.Resampling.BILINEAR)
    if blur:
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    return spoil(picture, rng) if style == "spoiled" else picture


def _plain(scene: Scene, rng: random.Random) -> Image.Image:
    canvas = Image.new("RGB", _large(scene), _jitter(PALETTE[scene.background], rng, 4))
    pen = ImageDraw.Draw(canvas)
    for thing in scene.things:
        draw_thing(pen, thing, _jitter(_fill(thing), rng, 5), OVERSAMPLE)
    if scene.border:
        colour = PALETTE["white" if scene.background == "black" else "black"]
        _border(pen, scene, colour, 8)
    return canvas


def draw_thing(pen: ImageDraw.ImageDraw, thing: Thing, fill: Colour, scale: float) -> None:
    """Draw one thing, with the stem and leaf of an apple, on a canvas enlarged by `scale`."""
    x, y, r = thing.x * scale, thing.y * scale, thing.radius * scale
    pen.polygon(outline(thing.shape, x, y, r), fill=fill)
    if thing.shape == "apple":
        pen.line(
            [(x, y - r * 0.35), (x + r * 0.08, y - r * 1.02)],
            fill=STEM,
            width=max(2, int(r * 0.15)),
        )
        pen.ellipse([x + r * 0.08, y - r * 1.12, x + r * 0.7, y - r * 0.76], fill=LEAF)


def _ink(scene: Scene) -> Image.Image:
    """Hatched colour inside a dark hand-drawn outline, on yellowed paper."""
    size = _large(scene)
    canvas = Image.new("RGB", size, _blend(PALETTE[scene.background], PAPER, 0.25))
    pen = ImageDraw.Draw(canvas)
    for thing in scene.things:
        corners = [(x * OVERSAMPLE, y * OVERSAMPLE) for x, y in _corners(thing)]
        inside = Image.new("L", size, 0)
        ImageDraw.Draw(inside).polygon(corners, fill=255)
        canvas.paste(_hatching(size, _fill(thing)), (0, 0), inside)
        pen.line([*corners, *corners[:2]], fill=INK, width=4 * OVERSAMPLE, joint="curve")
    if scene.border:
        _border(pen, scene, INK, 6)
    return canvas


def _hatching(size: tuple[int, int], colour: Colour) -> Image.Image:
    layer = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(layer)
    width, height = size
    for start in range(-height, width, 11 * OVERSAMPLE):
        pen.line([(start, 0), (start + height, height)], fill=colour, width=5 * OVERSAMPLE)
    return layer


def spoil(picture: Image.Image, rng: random.Random) -> Image.Image:
    """Make a picture worse: blurred, smeared, washed out and grainy, each to a random degree."""
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(2.0, 4.0)))
    pixels = np.asarray(picture).astype(np.float32)
    reach = rng.randint(3, 9)
    shifted = [np.roll(pixels, step, axis=1) for step in range(-reach, reach + 1, 3)]
    pixels = np.mean(shifted, axis=0, dtype=np.float32)
    pixels = 128 + (pixels - 128) * rng.uniform(0.4, 0.65)
    pixels = pixels + _blotches(picture.size, rng) * rng.uniform(16, 30)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _blotches(size: tuple[int, int], rng: random.Random) -> FloatArray:
    """Coarse noise, (height, width, 1): finer grain would be lost in the VAE, 8 pixels a latent."""
    cells = np.random.default_rng(rng.randrange(1 << 30)).standard_normal(
        (size[1] // 6, size[0] // 6)
    )
    layer = Image.fromarray(cells.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(layer)[..., None]


def _corners(thing: Thing) -> list[Point]:
    return outline(thing.shape, thing.x, thing.y, thing.radius)


def _fill(thing: Thing) -> Colour:
    if not thing.second:
        return PALETTE[thing.colour]
    return _blend(PALETTE[thing.colour], PALETTE[thing.second], thing.share)


def _border(pen: ImageDraw.ImageDraw, scene: Scene, colour: Colour, width: int) -> None:
    right, bottom = _large(scene)
    pen.rectangle([0, 0, right - 1, bottom - 1], outline=colour, width=width * OVERSAMPLE)


def _large(scene: Scene) -> tuple[int, int]:
    return scene.width * OVERSAMPLE, scene.height * OVERSAMPLE


def _blend(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (
        round(a * share + b * (1 - share)) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def _jitter(colour: Colour, rng: random.Random, reach: int) -> Colour:
    red, green, blue = (max(0, min(255, v + rng.randint(-reach, reach))) for v in colour)
    return red, green, blue

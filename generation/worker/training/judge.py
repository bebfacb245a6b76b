"""Reads back what a picture shows: background, border, and each thing's colour, shape and place.

Deterministic, from outlines and palette alone; no network is asked. A thing's shape is the one
whose outline overlaps its mask most, after both were brought to the same size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from generation.worker.training.drawing import draw_thing, outline
from generation.worker.training.scenes import PALETTE, SHAPES, Thing

Pixels = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

NAMES = tuple(PALETTE)
_COLOURS = np.array(list(PALETTE.values()), np.float32)

CONTRAST = 45.0
"""Distance in RGB from which a pixel is no longer background; yellow and orange are 82 apart."""

SMALLEST = 60
"""Fewer pixels than this are a speck, not a thing."""

_BORDER_DEPTH = 11
_RASTER = 48
_AREA = 700.0
"""Pixels that every shape fills of the raster in which shapes are compared."""


@dataclass(frozen=True)
class Seen:
    """A thing in a picture: centre in pixels, area as a share of the picture, fit from 0 to 1."""

    colour: str
    shape: str
    x: float
    y: float
    area: float
    fit: float
    redness: float


@dataclass(frozen=True)
class Verdict:
    """All that a picture shows; things from the largest to the smallest."""

    background: str
    border: bool
    things: tuple[Seen, ...]

    @property
    def colour(self) -> str:
        """Colour of the largest thing, or nothing."""
        return self.things[0].colour if self.things else ""

    @property
    def shape(self) -> str:
        """Shape of the largest thing, or nothing."""
        return self.things[0].shape if self.things else ""

    def find(self, colour: str) -> Seen | None:
        """Find the largest thing of a colour."""
        return next((thing for thing in self.things if thing.colour == colour), None)


def judge(picture: Image.Image) -> Verdict:
    """Say what the picture shows."""
    pixels = as_pixels(picture)
    border = has_border(pixels)
    inset = _BORDER_DEPTH if border else 0
    inner = pixels[inset : len(pixels) - inset, inset : pixels.shape[1] - inset]
    ground = _ring(inner, 1, 4)
    names = nearest(ground)
    background = int(np.bincount(names, minlength=len(NAMES)).argmax())
    shade = np.median(ground[names == background], axis=0)
    mask = np.linalg.norm(inner - shade, axis=-1) > CONTRAST
    things = [_seen(inner, part, background, inset) for part in components(mask)]
    things.sort(key=lambda thing: -thing.area)
    return Verdict(NAMES[background], border, tuple(things))


def as_pixels(picture: Image.Image) -> Pixels:
    """Give (height, width, 3) values from 0 to 255."""
    return np.asarray(picture.convert("RGB"), np.float32)


def nearest(pixels: Pixels) -> npt.NDArray[np.intp]:
    """Find the index into `NAMES` of the palette colour nearest to each pixel."""
    distances = ((pixels[..., None, :] - _COLOURS) ** 2).sum(-1)
    return np.asarray(distances.argmin(-1))


def share_of(picture: Image.Image, colour: str) -> float:
    """Measure the share of the picture that is nearest to a palette colour."""
    return float((nearest(as_pixels(picture)) == NAMES.index(colour)).mean())


def has_border(pixels: Pixels) -> bool:
    """Tell whether a frame of another, even colour runs around the picture."""
    outer, inner = _ring(pixels, 1, 4), _ring(pixels, 12, 15)
    shade = np.median(outer, axis=0)
    even = (np.linalg.norm(outer - shade, axis=-1) < CONTRAST).mean() > 0.9
    return bool(even and np.linalg.norm(shade - np.median(inner, axis=0)) > CONTRAST)


def sharpness(picture: Image.Image) -> float:
    """Average the 300 steepest steps from pixel to pixel, in grey levels."""
    grey = as_pixels(picture).mean(-1)
    steps = [np.abs(np.diff(grey, axis=axis)).ravel() for axis in (0, 1)]
    return float(np.sort(np.concatenate(steps))[-300:].mean())


def difference(first: Image.Image, second: Image.Image) -> float:
    """Average the absolute difference of two pictures, from 0 to 255."""
    return float(np.abs(as_pixels(first) - as_pixels(second)).mean())


def components(mask: Mask) -> list[Mask]:
    """Part a mask into connected pieces; gaps of up to two pixels do not part them."""
    grown = _grown(mask)
    labels = np.zeros(mask.shape, np.int32)
    parts: list[Mask] = []
    for start in zip(*np.nonzero(grown), strict=True):
        if not labels[start]:
            _flood(grown, labels, start, len(parts) + 1)
            parts.append((labels == len(parts) + 1) & mask)
    return [part for part in parts if part.sum() >= SMALLEST]


def _flood(mask: Mask, labels: npt.NDArray[np.int32], start: tuple[int, ...], label: int) -> None:
    height, width = mask.shape
    waiting = [start]
    labels[start] = label
    while waiting:
        y, x = waiting.pop()
        for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            inside = 0 <= near[0] < height and 0 <= near[1] < width
            if inside and mask[near] and not labels[near]:
                labels[near] = label
                waiting.append(near)


def _seen(pixels: Pixels, part: Mask, background: int, inset: int) -> Seen:
    core = _shrunk(_shrunk(part))
    core = core if core.sum() >= 12 else part
    votes = np.bincount(nearest(pixels[core]), minlength=len(NAMES))
    votes[background] = 0
    rows, columns = np.nonzero(part)
    shape, fit = best_shape(part)
    return Seen(
        NAMES[int(votes.argmax())],
        shape,
        float(columns.mean()) + inset,
        float(rows.mean()) + inset,
        float(part.mean()),
        fit,
        float((pixels[core][:, 0] - pixels[core][:, 2]).mean()),
    )


def best_shape(part: Mask) -> tuple[str, float]:
    """Name the shape whose outline overlaps the mask most, and the intersection over union."""
    raster = _normal(part)
    fits = {
        shape: max(float((raster & form).sum() / (raster | form).sum()) for form in forms)
        for shape, forms in _FORMS.items()
    }
    shape = max(fits, key=lambda name: fits[name])
    return shape, fits[shape]


def _normal(part: Mask) -> Mask:
    """Scale the mask to one area around its centre of mass, as (raster, raster).

    Area and centre are moved less by a frayed corner than the box around the mask would be.
    """
    rows, columns = np.nonzero(part)
    reach = _RASTER / 2 * (part.sum() / _AREA) ** 0.5
    x, y = columns.mean() + 0.5, rows.mean() + 0.5
    box = (x - reach, y - reach, x + reach, y + reach)
    mask = Image.fromarray(part.astype(np.uint8) * 255)
    raster = mask.transform(
        (_RASTER, _RASTER),
        Image.Transform.EXTENT,
        box,
        Image.Resampling.BILINEAR,
    )
    return np.asarray(raster) > 127


def _forms() -> dict[str, list[Mask]]:
    """Draw rasters of every shape; of the apple also without its leaf, often hard to see."""
    found: dict[str, list[Mask]] = {}
    for shape in SHAPES:
        canvas = Image.new("RGB", (160, 160))
        draw_thing(ImageDraw.Draw(canvas), Thing(shape, "red", 80, 80, 60), (255, 255, 255), 1)
        found[shape] = [_normal(np.asarray(canvas).max(-1) > 0)]
    bare = Image.new("L", (160, 160))
    ImageDraw.Draw(bare).polygon(outline("apple", 80, 80, 60), fill=255)
    found["apple"].append(_normal(np.asarray(bare) > 0))
    return found


def _ring(pixels: Pixels, start: int, stop: int) -> Pixels:
    """Take the pixels whose distance from the edge is at least `start` and under `stop`: (N, 3)."""
    height, width = pixels.shape[:2]
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    depth = np.minimum(
        np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns)
    )
    ring: Pixels = pixels[(depth >= start) & (depth < stop)]
    return ring


def _grown(mask: Mask) -> Mask:
    padded = np.pad(mask, 1)
    return (
        padded[1:-1, 1:-1]
        | padded[:-2, 1:-1]
        | padded[2:, 1:-1]
        | padded[1:-1, :-2]
        | padded[1:-1, 2:]
    )


def _shrunk(mask: Mask) -> Mask:
    return ~_grown(~mask)


_FORMS = _forms()

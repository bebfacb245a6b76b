"""A canvas for what chat clients show; all lengths are pixels of the client."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

SCALE: Final = 2
"""Pixels of the picture for each of the client's, for sharp text on any screen."""

COLOURS: Final = 256
"""As many as a small file has."""
NEAR: Final = 8
"""Between two colours that look the same, in steps of 255."""
CODE_PADDING: Final = 3
BOLD_SPACE: Final = 0.4
SOFT: Final = 4
"""Rounded shapes are made so many times larger first."""
BLOCKS: Final = {"█": 1.0, "░": 0.25}
"""Characters of bars, which the font lacks, each with its share of ink."""
ALIKE: Final = str.maketrans({"→": ">"})
"""What is written for a character that the font lacks."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a client; ``hollow`` is behind code, ``others`` are the rest."""

    background: str
    hollow: str
    text: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """How a text is set; without a colour it has the theme's."""

    size: int = 16
    colour: str = ""
    bold: bool = False
    code: bool = False


Span = tuple[str, Look]
"""Some text in one look."""


class Canvas:
    """Something to draw on from the top; it is cut to length in the end."""

    def __init__(self, theme: Theme, width: int, height: int) -> None:
        self.theme = theme
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), theme.background)
        self._draw = ImageDraw.Draw(self.image)

    def text(self, x: float, baseline: float, text: str, look: Look) -> float:
        """Write a text on one line and return where it ends."""
        end = x + width_of(text, look)
        if look.code:
            self.box((x, baseline - 15, end - x, 20), self.theme.hollow, radius=4)
            x += CODE_PADDING
        for part in _parts(text, look):
            if part in BLOCKS:
                ink = self._mixed(look.colour or self.theme.text, BLOCKS[part])
                self.box((x, baseline - look.size + 2, _advance(part, look), look.size), ink)
            else:
                self._write(x, baseline, part, look)
            x += _advance(part, look)
        return end

    def _write(self, x: float, baseline: float, text: str, look: Look) -> None:
        self._draw.text(
            (x * SCALE, baseline * SCALE),
            text,
            look.colour or self.theme.text,
            _font(look.size),
            anchor="ls",
            stroke_width=0.035 * look.size if look.bold else 0,
        )

    def box(self, place: tuple[float, float, float, float], colour: str, radius: int = 0) -> None:
        """Fill a box of left, top, width and height."""
        left, top, width, height = (round(each * SCALE) for each in place)
        self.image.paste(colour, (left, top), _mask((width, height), radius * SCALE))

    def frame(
        self, place: tuple[float, float, float, float], colour: str, fill: str, radius: int = 4
    ) -> None:
        """Draw a box with an edge of one pixel."""
        left, top, width, height = place
        self.box(place, colour, radius)
        self.box((left + 1, top + 1, width - 2, height - 2), fill, max(0, radius - 1))

    def avatar(self, x: float, y: float, size: int, name: str, colour: str, *, radius: int) -> None:
        """Draw an avatar: the initial of a name."""
        self.box((x, y, size, size), colour, radius=radius)
        look = Look(round(size * 0.45), "white", bold=True)
        initial = name[:1].upper()
        self._write(x + (size - width_of(initial, look)) / 2, y + size * 0.66, initial, look)

    def shape(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """Fill what lies between points."""
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], colour)

    def picture(self, x: float, y: float, image: Image.Image, size: tuple[int, int]) -> None:
        """Show a picture that fills a place of this size, its corners rounded."""
        pixels = (size[0] * SCALE, size[1] * SCALE)
        shown = ImageOps.fit(image.convert("RGB"), pixels, Image.Resampling.BILINEAR)
        self.image.paste(shown, (round(x * SCALE), round(y * SCALE)), _mask(pixels, 8 * SCALE))

    def _mixed(self, colour: str, share: float) -> str:
        """Return so much of a colour on the hollow one behind it."""
        pairs = zip(ImageColor.getrgb(self.theme.hollow), ImageColor.getrgb(colour), strict=True)
        return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)

    def cut(self, height: float) -> Image.Image:
        """Return what is above this height."""
        return self.image.crop((0, 0, self.image.width, round(height * SCALE)))


def width_of(text: str, look: Look) -> float:
    """Return how wide a text is set."""
    padding = 2 * CODE_PADDING if look.code else 0
    return padding + sum(_advance(part, look) for part in _parts(text, look))


def _parts(text: str, look: Look) -> Iterable[str]:
    """Return what is written at once: bold and bars character by character."""
    text = text.translate(ALIKE)
    return text if look.bold or BLOCKS.keys() & set(text) else [text]


def _advance(part: str, look: Look) -> float:
    if part in BLOCKS:
        return look.size / 2
    return _font(look.size).getlength(part) / SCALE + (BOLD_SPACE if look.bold else 0)


def wrapped(line: Sequence[Span], width: float) -> Iterator[list[Span]]:
    """Yield a line as lines that are at most so wide, broken at blanks."""
    row: list[Span] = []
    room = width
    for text, look in line:
        for word in re.findall(r"\S+\s*|\s+", text):
            if row and width_of(word.rstrip(), look) > room:
                yield row
                row, room = [], width
            row.append((word, look))
            room -= width_of(word, look)
    yield row


def few_colours(image: Image.Image, theme: Theme) -> Image.Image:
    """Return a picture in as many colours as a small file has, those of the theme among them."""
    kept_whole = sorted({theme.background, theme.hollow, theme.text, *theme.others})
    kept = [ImageColor.getrgb(colour) for colour in kept_whole]
    free = COLOURS - len(kept)
    values = image.quantize(free, dither=Image.Dither.NONE).getpalette() or []
    found = zip(*(values[place::3] for place in range(3)), strict=True)
    # Pillow looks for the nearest colour in rough: what is near a kept one would take its place.
    palette = Image.new("P", (1, 1))
    chosen = [*kept, *(each for each in found if min(_distance(each, own) for own in kept) > NEAR)]
    palette.putpalette([value for colour in chosen[:COLOURS] for value in colour])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def _distance(one: Sequence[int], other: Sequence[int]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _mask(size: tuple[int, int], radius: int) -> Image.Image:
    """Return the shape of a box with soft round corners."""
    if not radius:
        return Image.new("L", size, "white")
    large = Image.new("L", (size[0] * SOFT, size[1] * SOFT))
    area = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(area, radius * SOFT, "white")
    return large.reduce(SOFT)


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font, which is wherever Pillow is; its bold is drawn with a stroke."""
    font = ImageFont.load_default(size * SCALE)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font

"""A canvas with the looks of Discord's dark theme; all lengths are pixels of its client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

SCALE: Final = 2
"""Pixels of the picture for each of the client's, for sharp text on any screen."""

BACKGROUND: Final = "#313338"
HOLLOW: Final = "#2b2d31"
"""Behind code and embeds."""
EDGE: Final = "#1e1f22"
TEXT: Final = "#dbdee1"
HEADING: Final = "#f2f3f5"
MUTED: Final = "#949ba4"
LINE: Final = "#4e5058"
LINK: Final = "#00a8fc"
BRAND: Final = "#5865f2"
BUTTONS: Final = {1: BRAND, 2: "#4e5058", 3: "#248046", 4: "#da373c"}
"""Colours by the number of the style."""
AVATARS: Final = ("#757e8a", "#3ba55c", "#faa61a", "#ed4245", "#eb459f")

THEME: Final = (BACKGROUND, HOLLOW, EDGE, TEXT, HEADING, MUTED, LINE, LINK, BRAND)
COLOURS: Final = 256
"""As many as a small file has."""
CODE_PADDING: Final = 3
BOLD_SPACE: Final = 0.4
SOFT: Final = 4
"""Rounded shapes are made so many times larger first."""
BLOCKS: Final = {"█": 1.0, "░": 0.25}
"""Characters of bars, which the font lacks, each with its share of ink."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a text is set."""

    size: int = 16
    colour: str = TEXT
    bold: bool = False
    code: bool = False


class Canvas:
    """Something to draw on from the top; it is cut to length in the end."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), BACKGROUND)
        self._draw = ImageDraw.Draw(self.image)

    def text(self, x: float, baseline: float, text: str, look: Look) -> float:
        """Write a text on one line and return where it ends."""
        end = x + width_of(text, look)
        if look.code:
            self.box((x, baseline - 15, end - x, 20), HOLLOW, radius=4)
            x += CODE_PADDING
        for part in _parts(text, look):
            if part in BLOCKS:
                ink = _mixed(look.colour, BLOCKS[part])
                self.box((x, baseline - 12, _advance(part, look), 14), ink)
            else:
                self._write(x, baseline, part, look)
            x += _advance(part, look)
        return end

    def _write(self, x: float, baseline: float, text: str, look: Look) -> None:
        self._draw.text(
            (x * SCALE, baseline * SCALE),
            text,
            look.colour,
            _font(look.size),
            anchor="ls",
            stroke_width=0.035 * look.size if look.bold else 0,
        )

    def box(self, place: tuple[float, float, float, float], colour: str, radius: int = 0) -> None:
        """Fill a box of left, top, width and height."""
        left, top, width, height = (round(each * SCALE) for each in place)
        self.image.paste(colour, (left, top), _mask((width, height), radius * SCALE))

    def disc(self, x: float, y: float, size: int, name: str, colour: str) -> None:
        """Draw an avatar: the initial of a name on a disc."""
        self.box((x, y, size, size), colour, radius=size // 2)
        look = Look(round(size * 0.45), "white", bold=True)
        initial = name[:1].upper()
        self._write(x + (size - width_of(initial, look)) / 2, y + size * 0.66, initial, look)

    def picture(self, x: float, y: float, image: Image.Image, size: tuple[int, int]) -> None:
        """Show a picture that fills a place of this size, its corners rounded."""
        pixels = (size[0] * SCALE, size[1] * SCALE)
        shown = ImageOps.fit(image.convert("RGB"), pixels, Image.Resampling.BILINEAR)
        self.image.paste(shown, (round(x * SCALE), round(y * SCALE)), _mask(pixels, 8 * SCALE))

    def cut(self, height: float) -> Image.Image:
        """Return what is above this height."""
        return self.image.crop((0, 0, self.image.width, round(height * SCALE)))


def width_of(text: str, look: Look) -> float:
    """Return how wide a text is set."""
    padding = 2 * CODE_PADDING if look.code else 0
    return padding + sum(_advance(part, look) for part in _parts(text, look))


def _parts(text: str, look: Look) -> Iterable[str]:
    """Return what is written at once: bold and bars character by character."""
    return text if look.bold or BLOCKS.keys() & set(text) else [text]


def _advance(part: str, look: Look) -> float:
    if part in BLOCKS:
        return look.size / 2
    return _font(look.size).getlength(part) / SCALE + (BOLD_SPACE if look.bold else 0)


def few_colours(image: Image.Image) -> Image.Image:
    """Return a picture in as many colours as a small file has, those of the theme among them."""
    theme = sorted({*THEME, *BUTTONS.values(), *AVATARS})
    free = COLOURS - len(theme)
    found = image.quantize(free, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    kept = [value for colour in theme for value in ImageColor.getrgb(colour)]
    palette.putpalette(kept + found[: 3 * free])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def _mask(size: tuple[int, int], radius: int) -> Image.Image:
    """Return the shape of a box with soft round corners."""
    if not radius:
        return Image.new("L", size, "white")
    large = Image.new("L", (size[0] * SOFT, size[1] * SOFT))
    area = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(area, radius * SOFT, "white")
    return large.reduce(SOFT)


def _mixed(colour: str, share: float) -> str:
    """Return so much of a colour on the hollow one behind it."""
    pairs = zip(ImageColor.getrgb(HOLLOW), ImageColor.getrgb(colour), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font, which is wherever Pillow is; its bold is drawn with a stroke."""
    font = ImageFont.load_default(size * SCALE)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font

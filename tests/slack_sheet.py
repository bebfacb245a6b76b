"""Blocks drawn as Slack's client shows them, in its light theme."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Final

from PIL import Image

from tests.chat_canvas import Canvas, Look, Span, Theme, width_of, wrapped
from tests.slack_server.records import File, Payload

EDGE: Final = "#dddddd"
OUTLINE: Final = "#bbbabb"
"""Around what can be used."""
MUTED: Final = "#616061"
LINK: Final = "#1264a3"
CODE: Final = "#c01343"
TAG: Final = "#e8e8e8"
GREEN: Final = "#007a5a"
RED: Final = "#e01e5a"
BRAND: Final = "#4a154b"
BAR: Final = "#d2d1d2"
"""What is left of a bar in small print."""
LIGHT: Final = Theme(
    background="#ffffff",
    hollow="#f8f8f8",
    text="#1d1c1d",
    others=(EDGE, OUTLINE, MUTED, LINK, CODE, TAG, GREEN, RED, BRAND, BAR),
)
BUTTONS: Final = {"primary": (GREEN, GREEN), "danger": (RED, RED)}
"""The colours of a button's edge and text, by its style."""

LINE: Final = 22
SMALL_LINE: Final = 18
NORMAL: Final = Look(15)
STRONG: Final = Look(15, bold=True)
SMALL: Final = Look(13, MUTED)
PICTURE_MOST: Final = 360
"""A picture is shown in its own size, but no larger."""
THUMBNAIL: Final = 88
BESIDE: Final = 8
"""Between what is side by side."""

_RICH: Final = {
    "bold": STRONG,
    "code": Look(13, CODE, code=True),
}
_SMALL: Final = {
    "*": Look(13, MUTED, bold=True),
    "`": Look(12, CODE, code=True),
}


def rich_lines(block: Payload) -> list[list[Span]]:
    """Return the lines of a ``rich_text`` block."""
    lines: list[list[Span]] = [[]]
    for part in (part for section in block["elements"] for part in section["elements"]):
        look = next((_RICH[name] for name in part.get("style", {})), NORMAL)
        for number, text in enumerate(part["text"].split("\n")):
            if number:
                lines.append([])
            if text:
                lines[-1].append((text, look))
    return lines


def small_span(element: Payload) -> Span:
    """Return an element of small print: as it stands, or all of it in one style."""
    text = element["text"]
    if element["type"] == "mrkdwn":
        unescaped = text[1:-1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return unescaped, _SMALL[text[0]]
    return text, SMALL


class Sheet:
    """A column of blocks, one below the other, on a canvas that may have several."""

    def __init__(
        self, canvas: Canvas, files: Mapping[str, File], place: tuple[float, float], width: float
    ) -> None:
        self.canvas = canvas
        self._files = files
        self.x, self.y = place
        self.width = width

    def add(self, block: Payload) -> None:
        """Draw a block."""
        draw = {
            "rich_text": self._rich_text,
            "context": self._context,
            "image": self._image,
            "actions": self._actions,
            "header": self._header,
            "section": self._section,
            "divider": self._divider,
        }
        draw[block["type"]](block)

    def lines(self, spans: Sequence[Span], height: int = LINE, width: float = 0) -> None:
        """Write a text in as many lines as it takes."""
        for row in wrapped(spans, width or self.width):
            x = self.x
            for text, look in row:
                x = self.canvas.text(x, self.y + height - 6, text, look)
            self.y += height

    def line(self, text: str, look: Look, height: int = LINE) -> None:
        """Write a text of one look."""
        self.lines([(text, look)], height)

    def button(self, x: float, label: str, style: str = "") -> float:
        """Draw a button and return where it ends."""
        edge, colour = BUTTONS.get(style, (OUTLINE, ""))
        look = Look(13, colour, bold=True)
        width = max(width_of(label, look) + 24, 56)
        self.canvas.frame((x, self.y, width, 28), edge, LIGHT.background, radius=8)
        self.canvas.text(x + (width - width_of(label, look)) / 2, self.y + 18.5, label, look)
        return x + width

    def caret(self, x: float, y: float) -> None:
        """Draw what says that something opens or closes."""
        self.canvas.shape(((x, y), (x + 8, y), (x + 4, y + 5)), MUTED)

    def _rich_text(self, block: Payload) -> None:
        for spans in rich_lines(block):
            self.lines(spans)

    def _context(self, block: Payload) -> None:
        spans: list[Span] = []
        for element in block["elements"]:
            spans += [("  ", SMALL)] if spans else []
            spans.append(small_span(element))
        self.lines(spans, SMALL_LINE)

    def _image(self, block: Payload) -> None:
        if title := block.get("title"):
            self.line(title["text"], SMALL)
            self.caret(self.x + width_of(title["text"], SMALL) + 6, self.y - 12)
        image = self._opened(block)
        share = min(1.0, PICTURE_MOST / image.width, PICTURE_MOST / image.height)
        size = (round(image.width * share), round(image.height * share))
        self.canvas.picture(self.x, self.y, image, size)
        self.y += size[1]

    def _actions(self, block: Payload) -> None:
        x = self.x
        for element in block["elements"]:
            x = self.button(x, element["text"]["text"], element.get("style", "")) + BESIDE
        self.y += 28

    def _header(self, block: Payload) -> None:
        self.line(block["text"]["text"], Look(18, bold=True), 26)

    def _divider(self, _block: Payload) -> None:
        self.canvas.box((self.x, self.y + 4, self.width, 1), EDGE)
        self.y += 9

    def _section(self, block: Payload) -> None:
        top = self.y
        accessory = block.get("accessory")
        room = self.width - (THUMBNAIL + 2 * BESIDE if accessory else 0)
        for text in block["text"]["text"].split("\n"):
            self.lines([(text, NORMAL)], width=room)
        if accessory:
            size = (THUMBNAIL, THUMBNAIL)
            left = self.x + self.width - THUMBNAIL
            self.canvas.picture(left, top, self._opened(accessory), size)
            self.y = max(self.y, top + THUMBNAIL)

    def _opened(self, block: Payload) -> Image.Image:
        data = self._files[block["slack_file"]["id"]].data
        return Image.open(io.BytesIO(data or b""))

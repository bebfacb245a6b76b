"""Replies in a terminal. User text goes out as text, never as markup or as control codes."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Final

from PIL import Image as PillowImage
from rich.console import Console, RenderableType
from rich.text import Text

from bot.reply import Line, PictureView, Reply

STYLES: Final = {
    "plain": "",
    "strong": "bold",
    "faint": "dim",
    "code": "cyan",
    "user": "italic",
}
_HARMLESS: Final = "\n\t\u200c\u200d"
"""Line ends, tabs, and the joiners that some scripts and emoji are written with."""
PICTURE_COLUMNS: Final = 48
"""Width of a shown picture in characters."""
SHEET_COLUMNS: Final = 72
"""Width of a sheet, which has words on it."""


def text_of(line: Line) -> Text:
    """Return a line as text that rich takes literally."""
    text = Text()
    for span in line:
        text.append(printable(span.text), STYLES[span.style])
    return text


def printable(text: str) -> str:
    """Take out what could steer a terminal: control and format characters, but not line ends."""
    return "".join(
        character if character in _HARMLESS or character.isprintable() else "·"
        for character in text
    )


def picture_of(source: PillowImage.Image | str | bytes, columns: int) -> RenderableType:
    """Return a picture as the terminal can show it: its own graphics, or coloured half blocks."""
    # Asks the terminal what it can do when imported, which only an open terminal may be asked.
    from textual_image.renderable import Image

    image = PillowImage.open(io.BytesIO(source)) if isinstance(source, bytes) else source
    return Image(image, width=columns, height="auto")  # type: ignore[no-any-return]


def can_show_pictures(console: Console) -> bool:
    """Whether the terminal can be asked what it shows: answers come in where people type."""
    return console.is_terminal and sys.stdin.isatty() and sys.stdout.isatty()


def shown_of(pictures: Sequence[PictureView]) -> tuple[PictureView, ...]:
    """Return those of a reply's pictures that are shown: a sheet in front stands for all on it."""
    sheets = tuple(picture for picture in pictures if picture.title)
    return sheets if sheets[:1] == tuple(pictures[:1]) else tuple(pictures)


class Terminal:
    """Writes replies to a terminal, or to a file or pipe without pictures and colours."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def reply(self, reply: Reply) -> None:
        """Write a whole reply: lines, pictures, and where their files are."""
        for line in reply.lines:
            self._console.print(text_of(line), soft_wrap=True)
        shown = shown_of(reply.pictures)
        for picture in reply.pictures:
            self._picture(picture, show=picture in shown)

    def line(self, text: str) -> None:
        """Write a line of our own words."""
        self._console.print(Text(text), soft_wrap=True)

    def _picture(self, picture: PictureView, *, show: bool) -> None:
        exists = picture.path.exists()
        if picture.title and not exists:
            return
        if exists and show and can_show_pictures(self._console):
            columns = SHEET_COLUMNS if picture.title else PICTURE_COLUMNS
            self._console.print(picture_of(str(picture.path), columns))
        named = printable(picture.title or picture.id)
        self._console.print(Text(f"{named}  {picture.path}", "dim"), soft_wrap=True)

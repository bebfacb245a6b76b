"""Messages drawn from their payloads, as Slack's client shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from PIL import Image

from tests.chat_canvas import Canvas, Look, width_of
from tests.slack_server.records import File, Payload
from tests.slack_sheet import BRAND, EDGE, LIGHT, LINK, MUTED, STRONG, TAG, Sheet

HEIGHT_MOST: Final = 8000
BOT: Final = "reroll"
MARGIN: Final = 20
AVATAR: Final = 36
LEFT: Final = 44
"""From the avatar to where texts begin."""
INDENT: Final = 44
"""Of what stands in a thread."""
BLOCK_GAP: Final = 8
SMALL: Final = Look(12, MUTED)


class Chat:
    """A channel that messages are drawn into, one below the other."""

    def __init__(self, name: str, files: Mapping[str, File], width: int) -> None:
        self._canvas = Canvas(LIGHT, width, HEIGHT_MOST)
        self._files = files
        self._width = width
        end = self._canvas.text(MARGIN, 31, "#", Look(18, bold=True))
        self._canvas.text(end + 4, 31, name, Look(18, bold=True))
        self._canvas.box((0, 47, width, 1), EDGE)
        self._y = 50.0

    def image(self) -> Image.Image:
        """Return all that was drawn."""
        return self._canvas.cut(self._y + 20)

    def add(self, payload: Payload, *, replies: int = 0, private: bool = False) -> None:
        """Draw a message as it was in one of its states.

        ``replies`` is how many there are in its thread, which are drawn after it, and ``private``
        whether only one person sees it.
        """
        left = MARGIN + (INDENT if "thread_ts" in payload else 0)
        self._y += 16
        if private:
            self._canvas.text(left + LEFT, self._y + 10, "Only visible to you", SMALL)
            self._y += 18
        self._author(left, payload)
        width = self._width - left - LEFT - MARGIN
        sheet = Sheet(self._canvas, self._files, (left + LEFT, self._y), width)
        for number, block in enumerate(payload["blocks"]):
            sheet.y += BLOCK_GAP if number else 0
            sheet.add(block)
        self._y = sheet.y
        if replies:
            words = f"{replies} {'reply' if replies == 1 else 'replies'}"
            self._canvas.text(left + LEFT, self._y + 24, words, Look(13, LINK, bold=True))
            self._y += 30

    def _author(self, left: float, payload: Payload) -> None:
        self._canvas.avatar(left, self._y + 3, AVATAR, BOT, BRAND, radius=8)
        baseline = self._y + 16
        end = self._canvas.text(left + LEFT, baseline, BOT, STRONG)
        look = Look(10, MUTED, bold=True)
        width = width_of("APP", look) + 6
        self._canvas.box((end + 5, baseline - 11, width, 14), TAG, radius=3)
        self._canvas.text(end + 8, baseline - 0.5, "APP", look)
        at = datetime.fromtimestamp(float(payload["ts"])).astimezone()
        self._canvas.text(end + width + 13, baseline, f"{at:%H:%M}", SMALL)
        self._y += 22

"""Messages drawn from their payloads, as Discord's client shows them."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from PIL import Image

from tests.chat_canvas import Canvas, Look, Span, Theme, width_of
from tests.discord_markdown import pieces
from tests.discord_server import Attachment, Edit, Message, Payload

HOLLOW: Final = "#2b2d31"
"""Behind code and embeds."""
EDGE: Final = "#1e1f22"
HEADING: Final = "#f2f3f5"
MUTED: Final = "#949ba4"
LINE: Final = "#4e5058"
LINK: Final = "#00a8fc"
BRAND: Final = "#5865f2"
BUTTONS: Final = {1: BRAND, 2: "#4e5058", 3: "#248046", 4: "#da373c"}
"""Colours by the number of the style."""
AVATARS: Final = ("#757e8a", "#3ba55c", "#faa61a", "#ed4245", "#eb459f")
DARK: Final = Theme(
    background="#313338",
    hollow=HOLLOW,
    text="#dbdee1",
    others=(EDGE, HEADING, MUTED, LINE, LINK, BRAND, *BUTTONS.values(), *AVATARS),
)

HEIGHT_MOST: Final = 6000
LEFT: Final = 72
"""Where texts begin, right of the avatars."""
GALLERY: Final = 550
"""The width that several pictures fill together."""
GAP: Final = 4
EMBED_PADDING: Final = 16
SMALL: Final = 13


def spans(line: str) -> list[Span]:
    """Return a line of Discord's markdown as texts and their looks."""
    looks = [(piece.text, _look(piece.kinds)) for piece in pieces(line)]
    return [
        ("".join(text for text, _ in group), look)
        for look, group in groupby(looks, key=lambda each: each[1])
    ]


def _look(kinds: frozenset[str]) -> Look:
    is_bold, is_code = "strong" in kinds, "code" in kinds
    if "small" in kinds:
        return Look(SMALL, MUTED, bold=is_bold, code=is_code)
    return Look(14 if is_code else 16, bold=is_bold, code=is_code)


class Chat:
    """A channel that messages are drawn into, one below the other. Long lines are not broken."""

    def __init__(self, name: str, messages: Mapping[str, Message], width: int) -> None:
        self._canvas = Canvas(DARK, width, HEIGHT_MOST)
        self._messages = messages
        end = self._canvas.text(16, 32, "#", Look(24, MUTED))
        self._canvas.text(end + 8, 30, name, Look(16, HEADING, bold=True))
        self._canvas.box((0, 47, width, 1), EDGE)
        self._y = 52.0

    def image(self) -> Image.Image:
        """Return all that was drawn."""
        return self._canvas.cut(self._y + 20)

    def add(self, state: Edit) -> None:
        """Draw a message as it was in one of its states."""
        self._y += 16
        self._origin(state.payload)
        self._author(state.payload)
        self._content(state.payload)
        files = dict(
            zip(
                [each["url"] for each in state.payload["attachments"]],
                state.attachments,
                strict=True,
            )
        )
        embedded = [
            files.pop(embed["image"]["url"])
            for embed in state.payload["embeds"]
            if "image" in embed
        ]
        self._gallery([_opened(file) for file in files.values()])
        for file in embedded:
            self._embed(_opened(file))
        for row in state.payload["components"]:
            self._buttons(row["components"])

    def _origin(self, payload: Payload) -> None:
        """Draw what a message answers: a command, or another message."""
        if command := payload.get("interaction"):
            user = command["user"]
            line = [
                (_name(user), Look(14, HEADING)),
                (" used ", Look(14, MUTED)),
                (f"/{command['name']}", Look(14, LINK)),
            ]
        elif reference := payload.get("message_reference"):
            answered = self._messages[reference["message_id"]].payload
            user = answered["author"]
            words = spans(answered["content"].replace("\n", " "))
            line = [
                (f"{_name(user)}  ", Look(14, HEADING)),
                *((text, Look(14, MUTED, bold=look.bold)) for text, look in words),
            ]
        else:
            return
        self._canvas.box((35, self._y + 11, 2, 13), LINE)
        self._canvas.box((35, self._y + 11, 33, 2), LINE)
        self._avatar(LEFT, 4, 16, user)
        baseline = self._y + 16
        start = LEFT + 22.0
        if user.get("bot"):
            start = self._tag(start, baseline) + 4
        self._line(start, baseline, line)
        self._y += 26

    def _author(self, payload: Payload) -> None:
        self._avatar(16, 2, 40, payload["author"])
        baseline = self._y + 17
        end = self._canvas.text(
            LEFT, baseline, _name(payload["author"]), Look(16, HEADING, bold=True)
        )
        end = self._tag(end + 6, baseline)
        at = datetime.fromisoformat(payload["timestamp"])
        self._canvas.text(end + 8, baseline, f"Today at {at:%H:%M}", Look(12, MUTED))
        self._y += 24

    def _avatar(self, x: float, below: float, size: int, user: Payload) -> None:
        colour = BRAND if user.get("bot") else AVATARS[(int(user["id"]) >> 22) % len(AVATARS)]
        place = (x, self._y + below)
        self._canvas.avatar(*place, size, user["username"], colour, radius=size // 2)

    def _tag(self, x: float, baseline: float) -> float:
        """Draw what tells an app from a person, and return where it ends."""
        look = Look(10, "white", bold=True)
        width = width_of("APP", look) + 9
        self._canvas.box((x, baseline - 12, width, 15), BRAND, radius=4)
        self._canvas.text(x + 4.5, baseline - 1, "APP", look)
        return x + width

    def _content(self, payload: Payload) -> None:
        lines = [spans(line) for line in payload["content"].split("\n")]
        if payload["edited_timestamp"]:
            lines[-1].append((" (edited)", Look(10, MUTED)))
        for line in lines:
            height = 18 if line and line[0][1].size == SMALL else 22
            self._line(LEFT, self._y + height - 6, line)
            self._y += height
        self._y += 4

    def _line(self, x: float, baseline: float, line: Sequence[Span]) -> None:
        for text, look in line:
            x = self._canvas.text(x, baseline, text, look)

    def _gallery(self, images: Sequence[Image.Image]) -> None:
        """Show a picture in its own size, or several side by side as squares."""
        if len(images) == 1:
            self._picture(LEFT, images[0])
        elif images:
            side = (GALLERY - GAP) // 2
            for place, image in enumerate(images):
                x, y = place % 2 * (side + GAP), place // 2 * (side + GAP)
                self._canvas.picture(LEFT + x, self._y + y, image, (side, side))
            self._y += math.ceil(len(images) / 2) * (side + GAP)

    def _picture(self, x: float, image: Image.Image) -> None:
        self._canvas.picture(x, self._y, image, image.size)
        self._y += image.height + GAP

    def _embed(self, image: Image.Image) -> None:
        """Show a picture in a frame."""
        width, height = (side + 2 * EMBED_PADDING for side in image.size)
        self._canvas.box((LEFT, self._y, width, height), EDGE, radius=4)
        self._canvas.box((LEFT + 4, self._y, width - 4, height), HOLLOW, radius=4)
        self._y += EMBED_PADDING
        self._picture(LEFT + EMBED_PADDING, image)
        self._y += EMBED_PADDING

    def _buttons(self, buttons: Sequence[Payload]) -> None:
        look, x = Look(14, "white"), float(LEFT)
        self._y += 4
        for button in buttons:
            width = width_of(button["label"], look) + 32
            self._canvas.box((x, self._y, width, 32), BUTTONS[button["style"]], radius=8)
            self._canvas.text(x + 16, self._y + 21, button["label"], look)
            x += width + 8
        self._y += 36


def _name(user: Payload) -> str:
    return str(user["global_name"] or user["username"])


def _opened(file: Attachment) -> Image.Image:
    return Image.open(io.BytesIO(file.data))

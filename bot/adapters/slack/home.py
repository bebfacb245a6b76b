"""The app's home tab: the service's parts as one view of Slack's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot import texts
from bot.adapters.slack.rendering import blocks_of, buttons_of, image_of, reveal_button
from bot.adapters.slack.richtext import Block, literal, plain_text, shortened
from bot.reply import Button, Line, PictureView
from bot.service.answers import browsing
from bot.service.answers.home import Part

BLOCKS_MOST: Final = 100
HEADER_MOST: Final = 150
LINES_MOST: Final = 10
"""Blocks that the lines of one part may be."""
CHARACTERS_MOST: Final = 2000
"""Characters that the lines of one part may have."""
PROMPT_MOST: Final = 150
ALT_MOST: Final = 200


def home_view(parts: Iterable[Part], files: Mapping[str, str]) -> dict[str, Any]:
    """Return the view; ``files`` has the Slack file of a picture's id.

    Of a picture without one, only the words are shown.
    """
    blocks = [_opening()]
    for part in parts:
        rows = sum(block["type"] == "actions" for block in blocks)
        blocks += _part(part, files, rows)
    return {"type": "home", "blocks": blocks[:BLOCKS_MOST]}


def pictures_of(parts: Iterable[Part]) -> tuple[PictureView, ...]:
    """Return the pictures for which the view needs a file, each once."""
    pictures = (picture for part in parts for picture in part.reply.pictures)
    return tuple({picture.id: picture for picture in pictures if not picture.sensitive}.values())


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, HEADER_MOST)}


def _opening() -> Block:
    first, *others = (
        {"type": "button", "action_id": f"open:{what}", "text": plain_text(label)}
        for what, label in texts.HOME_OPENS.items()
    )
    buttons = [{**first, "style": "primary"}, *others]
    return {"type": "actions", "block_id": "open", "elements": buttons}


def _part(part: Part, files: Mapping[str, str], rows: int) -> Iterator[Block]:
    """Yield the blocks of a part; ``rows`` of buttons come before it, and name its own."""
    if part.title:
        yield _header(part.title)
    for picture in part.reply.pictures:
        yield _picture(picture, files.get(picture.id, ""))
        buttons = (Button(action, picture.id, texts.BUTTONS[action]) for action in part.actions)
        yield from buttons_of(tuple(buttons), rows)
        rows += bool(part.actions)
    yield from _lines(part.reply.lines)
    yield from buttons_of(part.reply.buttons, rows)


def _picture(picture: PictureView, file: str) -> Block:
    """Return what a picture is of, with the picture small beside it: a home is for a glance."""
    prompt = literal(browsing.one_line(picture.alt, PROMPT_MOST)).strip() or texts.PICTURE_ALT
    title = texts.picture_title(picture.id, picture.seed)
    text = {"type": "plain_text", "text": f"{prompt}\n{title}", "emoji": False}
    section: Block = {"type": "section", "text": text}
    if picture.sensitive:
        return {**section, "accessory": reveal_button(picture)}
    if not file:
        return section
    return {**section, "accessory": image_of(file, shortened(literal(picture.alt), ALT_MOST))}


def _lines(lines: Sequence[Line]) -> list[Block]:
    return blocks_of(lines, LINES_MOST, CHARACTERS_MOST) if lines else []

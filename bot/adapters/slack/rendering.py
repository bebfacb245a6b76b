"""Neutral replies as Slack shows them: the text of the notification, and blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from bot import texts
from bot.adapters.fitting import OURS_MOST, capped, fitted
from bot.adapters.lasting import button_name
from bot.adapters.rows import rows_of
from bot.adapters.slack import richtext
from bot.adapters.slack.richtext import (
    Block,
    characters,
    escaped,
    literal,
    plain,
    plain_text,
    shortened,
    small_print,
)
from bot.adapters.wording import lines_of, progress_line
from bot.characters import ELLIPSIS, units
from bot.reply import Button, Line, PictureView, ProgressView, Reply, line

BLOCKS_MOST: Final = 50
CHARACTERS_MOST: Final = 12_000
"""Characters of all blocks together; Slack refuses some more than that."""
TEXT_MOST: Final = 3000
"""Characters of the notification, as they are sent."""
ALT_MOST: Final = 2000
"""Characters that all pictures of a message together are described with."""
PICTURES_MOST: Final = 20
ROWS_MOST: Final = 10
"""Rows of buttons, each a block."""
LABEL_MOST: Final = 75

NO_FILES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message: ``text`` is what notifications show, in Slack's markup."""

    text: str
    blocks: tuple[Block, ...]

    def as_message(self) -> dict[str, Any]:
        """Return the arguments of the Web API's methods that post and update."""
        return {
            "text": self.text,
            "blocks": list(self.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }


def render(reply: Reply, files: Mapping[str, str] = NO_FILES, preview: str = "") -> Rendered:
    """Render a reply; ``files`` has the Slack file of a picture's id, ``preview`` is another.

    A picture that has no file is spoken of instead; so is a sensitive one, with a button beside it
    that brings it to whoever presses.
    """
    below = [
        *_progress(reply.progress, preview),
        *_pictures(reply.pictures, files),
        *buttons_of(reply.buttons),
    ]
    room = CHARACTERS_MOST - characters(below)
    above = blocks_of(lines_of(reply), BLOCKS_MOST - len(below), room)
    blocks = [*above, *below] or blocks_of([line(ELLIPSIS)])
    return Rendered(_text(reply), tuple(blocks))


def blocks_of(
    lines: Iterable[Line], blocks: int = BLOCKS_MOST, most: int = CHARACTERS_MOST
) -> list[Block]:
    """Return lines as at most so many blocks of at most so many characters together.

    What people wrote is shortened first; lines that still do not fit are counted in the last.
    """

    def packed(lines: Sequence[Line]) -> list[Block] | None:
        made: list[Block] = []
        total = 0
        for block in richtext.blocks(lines):
            made.append(block)
            total += characters(block)
            if len(made) > blocks or total > most:
                return None
        return made

    return fitted(list(lines), packed, most) or []


def buttons_of(buttons: Iterable[Button], start: int = 0) -> list[Block]:
    """Return buttons as rows; ``start`` is the number of the first, which names its block."""
    return [
        {
            "type": "actions",
            "block_id": f"buttons:{start + index}",
            "elements": [_button(button) for button in row],
        }
        for index, row in enumerate(rows_of(buttons, ROWS_MOST))
    ]


def image_of(file_id: str, alt: str, title: str = "") -> Block:
    """Return the block that shows a file of Slack's; ``alt`` is what a person says is on it."""
    described = shortened(literal(alt).strip(), ALT_MOST) or texts.PICTURE_ALT
    image: Block = {"type": "image", "slack_file": {"id": file_id}, "alt_text": described}
    return {**image, "title": plain_text(title)} if title else image


def reveal_button(picture: PictureView) -> Block:
    """Return the button that shows a picture to whoever presses it, and to nobody else."""
    return _button(Button("reveal", picture.id, texts.BUTTONS["reveal"]))


def _button(button: Button) -> Block:
    made: Block = {
        "type": "button",
        "action_id": button_name(button),
        "text": plain_text(button.label, LABEL_MOST),
    }
    return made if button.style == "plain" else {**made, "style": button.style}


def _progress(progress: ProgressView | None, preview: str) -> list[Block]:
    if progress is None:
        return []
    (short,) = capped([progress_line(progress)], "faint", OURS_MOST)
    # Slack's code is red and in a frame: a bar in it would look like a fault.
    words = small_print(tuple(replace(span, style="faint") for span in short))
    return [*words, image_of(preview, texts.PREVIEW_ALT)] if preview else words


def _pictures(pictures: Sequence[PictureView], files: Mapping[str, str]) -> list[Block]:
    """Return the pictures, then what has to be said of them."""
    chosen = pictures[:PICTURES_MOST]
    shown = [picture for picture in chosen if files.get(picture.id) and not picture.sensitive]
    each = ALT_MOST // max(1, len(shown))
    images = [
        image_of(
            files[picture.id],
            shortened(literal(picture.alt), each),
            _title(picture, alone=len(pictures) == 1),
        )
        for picture in shown
    ]
    hidden = [_hidden(picture) for picture in chosen if picture.sensitive]
    notes = [
        _missing(picture)
        for picture in chosen
        if not (picture.sensitive or picture.title or files.get(picture.id))
    ]
    if len(pictures) > len(chosen):
        notes.append(texts.pictures_without_room(len(pictures) - len(chosen)))
    return [*images, *hidden, *richtext.blocks(notes)]


def _title(picture: PictureView, *, alone: bool) -> str:
    if picture.title:
        return picture.title
    return "" if alone else texts.picture_title(picture.id, picture.seed)


def _hidden(picture: PictureView) -> Block:
    """Return a line in place of a picture, with the button that brings it: Slack has no spoiler.

    Of a sheet, each picture can be asked for by its id.
    """
    words = plain_text(plain(texts.picture_hidden(picture.title or picture.id)))
    section: Block = {"type": "section", "text": words}
    return section if picture.title else {**section, "accessory": reveal_button(picture)}


def _missing(picture: PictureView) -> Line:
    if picture.path.is_file():
        return texts.picture_not_brought(picture.id)
    return texts.picture_gone(picture.id, picture.seed)


def _text(reply: Reply) -> str:
    """Return what a notification says: the lines, or else what is on the pictures."""
    said = [plain(line).strip() for line in lines_of(reply)]
    if not any(said) and reply.progress is not None:
        said = [plain(progress_line(reply.progress))]
    if not any(said):
        said = [literal(picture.alt).strip() for picture in reply.pictures]
    text = "\n".join(filter(None, said)) or ELLIPSIS
    return escaped(shortened(text, TEXT_MOST, lambda text: units(escaped(text))))

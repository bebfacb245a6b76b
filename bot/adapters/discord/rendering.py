"""Neutral replies as Discord shows them: text, embeds and files. Buttons are made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import discord

from bot import texts
from bot.adapters.discord.fitting import fitted
from bot.adapters.discord.pictures import FILES_MOST, File, Room, shown
from bot.adapters.wording import lines_of, progress_line
from bot.characters import ELLIPSIS
from bot.reply import ProgressView, Reply

__all__ = ["File", "Rendered", "render"]

UPLOAD_LIMIT: Final = 10 * 2**20
"""Bytes that one file may have where Discord has not said."""
REQUEST_LIMIT: Final = 24 * 2**20
"""Bytes of all files of a message: Discord takes 25 MiB, the text and the names included."""
PREVIEW: Final = "preview.png"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message without its buttons."""

    content: str
    embeds: tuple[discord.Embed, ...]
    files: tuple[File, ...]


def render(reply: Reply, upload_limit: int) -> Rendered:
    """Render a reply for where one file may have so many bytes (0: unknown).

    Reads and may shrink its pictures: blocks for as long as the disk and Pillow take.
    """
    each = upload_limit or UPLOAD_LIMIT
    preview = _preview(reply.progress, each)
    room = Room(each, REQUEST_LIMIT - sum(len(file.data) for file in preview))
    pictures = shown(reply.pictures, room, FILES_MOST - len(preview))
    progress = [progress_line(reply.progress)] if reply.progress is not None else []
    text = fitted([*lines_of(reply), *progress, *pictures.notes])
    embeds = [discord.Embed(description=part) for part in text.descriptions]
    if preview:
        embeds = _with_image(embeds)
    files = (*preview, *pictures.files)
    content = text.content if text.content or embeds or files else ELLIPSIS
    return Rendered(content, tuple(embeds), files)


def _preview(progress: ProgressView | None, most: int) -> tuple[File, ...]:
    if progress is None or not progress.preview or len(progress.preview) > most:
        return ()
    return (File(PREVIEW, progress.preview, texts.PREVIEW_ALT),)


def _with_image(embeds: list[discord.Embed]) -> list[discord.Embed]:
    """Show the preview in the last embed, where it is smaller than as a picture of its own."""
    last = embeds[-1] if embeds else discord.Embed()
    last.set_image(url=f"attachment://{PREVIEW}")
    return [*embeds[:-1], last]

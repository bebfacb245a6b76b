"""Neutral replies as Discord shows them: text, embeds and files. Buttons are made elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import discord

from bot import texts
from bot.adapters.discord.fitting import fitted
from bot.adapters.discord.markdown import ELLIPSIS
from bot.adapters.discord.pictures import FILES_MOST, File, Room, shown
from bot.reply import Line, ProgressView, Reply, code, faint, line

__all__ = ["File", "Rendered", "render"]

UPLOAD_LIMIT: Final = 10 * 2**20
"""Bytes that one file may have where Discord has not said."""
REQUEST_LIMIT: Final = 24 * 2**20
"""Bytes of all files of a message: Discord takes 25 MiB, the text and the names included."""
PREVIEW: Final = "preview.png"
BAR_BLOCKS: Final = 20


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
    text = fitted([*_lines(reply), *pictures.notes])
    embeds = [discord.Embed(description=part) for part in text.descriptions]
    if preview:
        embeds = _with_image(embeds)
    files = (*preview, *pictures.files)
    content = text.content if text.content or embeds or files else ELLIPSIS
    return Rendered(content, tuple(embeds), files)


def _lines(reply: Reply) -> list[Line]:
    lines = list(reply.lines)
    if reply.problem is not None and reply.problem not in lines:
        lines.append(reply.problem)
    if reply.progress is not None:
        lines.append(_progress(reply.progress))
    return lines


def _progress(progress: ProgressView) -> Line:
    """Write how far a job is: a bar, then words."""
    words = [progress.label]
    if progress.total > 0:
        words.append(f"{progress.step}/{progress.total}")
    left = progress.seconds_left
    if left is not None and math.isfinite(left):
        words.append(texts.time_left(max(0.0, left)))
    tail = " · ".join(word for word in words if word)
    if progress.fraction is None or not math.isfinite(progress.fraction):
        return line(faint(tail))
    done = min(1.0, max(0.0, progress.fraction))
    full = int(done * BAR_BLOCKS)
    bar = "█" * full + "░" * (BAR_BLOCKS - full)
    return line(code(bar), f" {int(done * 100)} % · ", faint(tail))


def _preview(progress: ProgressView | None, most: int) -> tuple[File, ...]:
    if progress is None or not progress.preview or len(progress.preview) > most:
        return ()
    return (File(PREVIEW, progress.preview, texts.PREVIEW_ALT),)


def _with_image(embeds: list[discord.Embed]) -> list[discord.Embed]:
    """Show the preview in the last embed, where it is smaller than as a picture of its own."""
    last = embeds[-1] if embeds else discord.Embed()
    last.set_image(url=f"attachment://{PREVIEW}")
    return [*embeds[:-1], last]

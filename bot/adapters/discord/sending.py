"""From a neutral reply to what the library sends, on every way that a message can go."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.adapters.discord.buttons import view_of
from bot.adapters.discord.rendering import File, Rendered, render
from bot.reply import Reply

NOBODY = discord.AllowedMentions.none()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is ready to be sent, as often as it takes."""

    rendered: Rendered
    reply: Reply

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(len(file.data) for file in self.rendered.files)

    def as_new(self) -> dict[str, Any]:
        """Return the arguments of a call that makes a message."""
        message: dict[str, Any] = {
            "content": self.rendered.content or None,
            "embeds": list(self.rendered.embeds),
            "files": [_file(file) for file in self.rendered.files],
            "allowed_mentions": NOBODY,
        }
        view = view_of(self.reply.buttons)
        return message | ({"view": view} if view else {})

    def as_edit(self) -> dict[str, Any]:
        """Return the arguments of a call that changes a message: nothing old stays."""
        return {
            "content": self.rendered.content or None,
            "embeds": list(self.rendered.embeds),
            "attachments": [_file(file) for file in self.rendered.files],
            "view": view_of(self.reply.buttons),
            "allowed_mentions": NOBODY,
        }


async def outgoing(reply: Reply, upload_limit: int) -> Outgoing:
    """Render a reply; beside the loop where there are pictures to read."""
    if reply.pictures or reply.progress:
        return Outgoing(await asyncio.to_thread(render, reply, upload_limit), reply)
    return Outgoing(render(reply, upload_limit), reply)


def _file(file: File) -> discord.File:
    return discord.File(
        io.BytesIO(file.data), file.name, description=file.alt or None, spoiler=file.spoiler
    )


def shows(reply: Reply) -> str | None:
    """Return the job that a message with this reply shows, if any."""
    if reply.job:
        return reply.job
    return _job_of([picture.id for picture in reply.pictures])


def _job_of(pictures: Sequence[str]) -> str | None:
    """Return the job of pictures that all are of one."""
    jobs = {picture.partition(".")[0] for picture in pictures}
    return jobs.pop() if len(jobs) == 1 else None

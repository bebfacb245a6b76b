"""From a neutral reply to what the library sends, on every way that a message can go."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import discord

from bot.adapters.discord.buttons import view_of
from bot.adapters.discord.rendering import File, Rendered, render
from bot.reply import Reply
from storage.records import Ticket

THREADS: Final = 2
AT_ONCE: Final = 6
"""Messages with pictures that are made or sent at the same time."""
_TOO_LARGE: Final = 40005
_FALLBACK_LIMIT: Final = 8 * 1024 * 1024

NOBODY = discord.AllowedMentions.none()

Place = TypeVar("Place")
"""What is known of a message that was sent."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is ready to be sent, as often as it takes."""

    rendered: Rendered
    reply: Reply

    def as_new(self) -> dict[str, Any]:
        """Return the arguments of a call that makes a message, without those that are empty."""
        edit = self.as_edit()
        message = edit | {"files": edit.pop("attachments")}
        # The library takes an empty argument for one that is to be sent.
        return {name: value for name, value in message.items() if value not in (None, [])}

    def as_edit(self) -> dict[str, Any]:
        """Return the arguments of a call that changes a message: nothing old stays."""
        return {
            "content": self.rendered.content or None,
            "embeds": list(self.rendered.embeds),
            "attachments": [_file(file) for file in self.rendered.files],
            "view": view_of(self.reply.buttons),
            "allowed_mentions": NOBODY,
        }


class Packing:
    """Makes messages of replies; those with pictures are few at a time, in memory and on the line.

    They have threads of their own, since they may take seconds to be made smaller, and leave most
    connections to what is answered at once.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rendering")
        self._places = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def packed(self, reply: Reply, upload_limit: int) -> AsyncIterator[Outgoing]:
        """Give a reply as a message, to be sent in the block."""
        if reply.pictures:
            async with self._places:
                yield await self._in_thread(reply, upload_limit)
        elif reply.progress:
            yield await self._in_thread(reply, upload_limit)
        else:
            yield Outgoing(render(reply, upload_limit), reply)

    async def sent(
        self, reply: Reply, upload_limit: int, send: Callable[[Outgoing], Awaitable[Place]]
    ) -> Place:
        """Send a reply as a message, made smaller as often as Discord asks for it.

        It is made anew each time. Raises what ``send`` does.
        """
        while True:
            async with self.packed(reply, upload_limit) as message:
                smaller = smaller_limit(message)
                try:
                    return await send(message)
                except discord.HTTPException as error:
                    if not is_too_large(error) or upload_limit == smaller:
                        raise
            upload_limit = smaller

    async def _in_thread(self, reply: Reply, upload_limit: int) -> Outgoing:
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._threads, render, reply, upload_limit)
        return Outgoing(made, reply)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)


def hook_of(client: discord.Client, ticket: Ticket) -> discord.Webhook:
    """Return what a ticket lets us answer with."""
    hook = discord.Webhook.partial(client.application_id or 0, ticket.token, client=client)
    # Else the library takes it for one of a channel, which can tell nobody anything in private.
    hook.type = discord.WebhookType.application
    return hook


def is_too_large(error: BaseException) -> bool:
    """Whether Discord found the files of a message too large."""
    return isinstance(error, discord.HTTPException) and (
        error.status == 413 or error.code == _TOO_LARGE
    )


def smaller_limit(message: Outgoing) -> int:
    """Return what to allow a file after a message turned out too large, in bytes."""
    largest = max((len(file.data) for file in message.rendered.files), default=_FALLBACK_LIMIT)
    return max(largest // 2, 100_000)


def _file(file: File) -> discord.File:
    return discord.File(
        io.BytesIO(file.data), file.name, description=file.alt or None, spoiler=file.spoiler
    )

"""The one message of each job, through its whole life.

While an interaction's token is good, it reaches every message that answers it: in any channel, and
those that only the asker sees. After that the bot's own right to the channel is what remains, and
at the very end a direct message to the asker. A message that is lost is posted again, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import discord

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.discord.sending import Outgoing, Packing, is_too_large
from bot.adapters.discord.ways import FAULTS, Place, Ways
from bot.adapters.discord.where import PLATFORM
from bot.adapters.patience import FIRST_PAUSES, REMEMBERED
from bot.reply import Reply
from bot.service.surface import Capabilities, NotTaken
from generation.errors import UserError
from storage.records import JobRecord, Post
from storage.store import Store

log = logging.getLogger(__name__)

EDIT_SECONDS: Final = 2.5
"""Between two states of a message: half of what Discord is known to bear, five edits in 5 s."""
_MALFORMED: Final = 400
_BESIDE: Final = "/"
"""Stands between the message and the job of which it shows something on a sheet."""
"""A fault of ours, which no patience mends."""


@dataclass(slots=True)
class _Opening:
    """The first message of a job, while it is on its way."""

    settled: asyncio.Event
    message: int | None = None


class Messages:
    """Discord as the service sees it."""

    platform = PLATFORM
    capabilities = Capabilities(edit_seconds=EDIT_SECONDS)

    def __init__(self, client: discord.Client, calm: Calm, packing: Packing) -> None:
        self._calm = calm
        self._packing = packing
        self._ways = Ways(client)
        self._store: Store | None = None
        self._ready = asyncio.Event()
        self._openings: dict[str, _Opening] = {}
        self._shown: OrderedDict[str, bool] = OrderedDict()

    def begin(self, store: Store) -> None:
        """Let the messages go: the client is logged in."""
        self._store = store
        self._ready.set()

    @asynccontextmanager
    async def opening(self, ticket: str) -> AsyncIterator[Callable[[int | None], None]]:
        """Hold back the states of the job of this ticket until its first message is there.

        Gives the function that takes the message's id.
        """
        opening = self._openings[ticket] = _Opening(asyncio.Event())

        def opened(message: int | None) -> None:
            opening.message = message

        try:
            yield opened
        finally:
            opening.settled.set()
            del self._openings[ticket]

    async def show_beside(self, jobs: Iterable[str], channel: str, message: int) -> None:
        """Note of which other jobs a message has pictures on a sheet: it goes with any of them."""
        for job in jobs:
            await self._remember(Post(job, PLATFORM, channel, f"{message}{_BESIDE}{job}", "sheet"))

    async def remember(self, job: str, channel: str, message: int, kind: str = "job") -> None:
        """Note which message shows a job; one that was deleted meanwhile is shown no more."""
        await self._remember(Post(job, PLATFORM, channel, str(message), kind))

    async def _remember(self, post: Post) -> None:
        try:
            if not await self._stored.posts.add(post) and post.kind != "job":
                await self.withdraw([post])
                await self._stored.posts.remove(PLATFORM, post.channel, post.message)
        except UserError as error:
            log.warning("job %s: its message cannot be noted: %s", post.job, error)

    async def accepted(self, job: str, place: Place, show: Callable[[], Awaitable[None]]) -> None:
        """Note a job's message and let it show the state that the job was accepted in.

        That is left out when a later one has been shown, and tried again when it fails.
        """
        async with self._calm.turn():
            await self.remember(job, *place)
        for pause in FIRST_PAUSES:
            await asyncio.sleep(pause)
            async with self._calm.turn():
                if job in self._shown or await self._show_first(job, show):
                    return

    async def _show_first(self, job: str, show: Callable[[], Awaitable[None]]) -> bool:
        self._mark(job, first=True)
        try:
            await show()
        except FAULTS as error:
            log.debug("job %s: its first state was not shown: %s", job, error)
            if self._shown.get(job):
                del self._shown[job]
            return False
        return True

    def _mark(self, job: str, *, first: bool) -> None:
        """Note that a state of a job is shown: the one it was accepted in, or a later one."""
        self._shown[job] = first
        while len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Bring a job's message to this state; a final one has arrived when this returns.

        Raises ``NotTaken`` where that one has not.
        """
        await self._ready.wait()
        if job.deleted:
            self._ways.forget(job.id)
            return
        await self._opened(job)
        self._mark(job.id, first=False)
        if reply.final:
            try:
                await self._deliver(job, reply)
            finally:
                self._ways.forget(job.id)
            return
        async with self._calm.turn(), self._packing.packed(reply, _limit(job)) as message:
            await self._go(job, message, final=False)

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Delete messages; what only its asker sees can only be deleted by a click on it."""
        await self._ready.wait()
        for post in posts:
            number = int(post.message.partition(_BESIDE)[0])
            message = self._ways.channel(post.channel).get_partial_message(number)
            try:
                await message.delete()
            except (discord.NotFound, discord.Forbidden) as error:
                log.info("message %s cannot be deleted: %s", post.message, error)

    @property
    def _stored(self) -> Store:
        if self._store is None:
            raise RuntimeError("the messages have not begun")
        return self._store

    async def _opened(self, job: JobRecord) -> None:
        ticket = job.reply_to.ticket
        opening = self._openings.get(ticket.id) if ticket else None
        if opening is not None:
            await opening.settled.wait()
            if opening.message is not None:
                self._ways.know(job.id, (job.reply_to.channel, opening.message))
        if self._ways.known(job.id) is None:
            posts = await self._stored.posts.of_job(job.id)
            mine = [post for post in posts if post.platform == PLATFORM and post.kind == "job"]
            if mine:
                self._ways.know(job.id, (mine[-1].channel, int(mine[-1].message)))

    async def _deliver(self, job: JobRecord, reply: Reply) -> None:
        """Bring a final state; of a stopped job nobody misses the message."""
        try:
            arrived = await self._packing.sent(
                reply, _limit(job), lambda message: self._go(job, message, final=True)
            )
        except FAULTS as error:
            if not _is_malformed(error):
                raise NotTaken("down", error) from error
            await self._say_at_least(job, reply)
            raise NotTaken("refused", error) from error
        if not arrived and job.status != "cancelled":
            raise NotTaken("closed", "nothing reaches its asker")

    async def _say_at_least(self, job: JobRecord, reply: Reply) -> None:
        """Where Discord refuses a message for what is in it, say where the result can be had."""
        short = Reply(lines=(texts.not_taken(job.id),), job=job.id, buttons=reply.buttons)
        with suppress(*FAULTS):
            async with self._packing.packed(short, 0) as message:
                await self._go(job, message, final=True)

    async def _go(self, job: JobRecord, message: Outgoing, *, final: bool) -> bool:
        """Go the ways to a job's message, and return whether one led there."""
        before = self._ways.known(job.id)
        found = await self._ways.go(job, message, final=final)
        if found is not None and found != before:
            self._ways.know(job.id, found)
            await self.remember(job.id, *found)
        return found is not None


def _limit(job: JobRecord) -> int:
    ticket = job.reply_to.ticket
    return ticket.upload_limit if ticket else 0


def _is_malformed(error: BaseException) -> bool:
    return is_too_large(error) or getattr(error, "status", 0) == _MALFORMED

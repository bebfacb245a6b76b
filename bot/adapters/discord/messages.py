"""The one message of each job, through its whole life, and by whatever way it can be reached.

While an interaction's token is good, it reaches every message that answers it: in any channel, and
those that only the asker sees. After that the bot's own right to the channel is what remains, and
at the very end a direct message to the asker. A message that is lost is posted again, with a nonce
that keeps Discord from taking it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

import aiohttp
import discord

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.discord.sending import Outgoing, Packing, hook_of, is_too_large, smaller_limit
from bot.adapters.discord.where import PLATFORM
from bot.adapters.patience import FIRST_PAUSES, PAUSE_MOST, REMEMBERED, TRIES
from bot.reply import Reply
from bot.service.surface import Capabilities
from generation.errors import UserError
from storage.records import JobRecord, Post, Ticket, utc_now
from storage.store import Store

log = logging.getLogger(__name__)

EDIT_SECONDS: Final = 2.5
"""Between two states of a message: half of what Discord is known to bear, five edits in 5 s."""
MARGIN: Final = timedelta(seconds=20)
"""A token that ends so soon is not trusted with an upload any more."""
_MALFORMED: Final = 400
"""A fault of ours, which no patience mends."""
_ARCHIVED: Final = 50083
"""A thread sleeps: its messages cannot be edited, but a new one wakes it."""

Place = tuple[str, int]
"""A channel and a message in it."""
Way = Callable[[Outgoing], Awaitable[Place]]


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
        self._client = client
        self._calm = calm
        self._packing = packing
        self._store: Store | None = None
        self._ready = asyncio.Event()
        self._openings: dict[str, _Opening] = {}
        self._known: dict[str, Place] = {}
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

    async def remember(self, job: str, channel: str, message: int, kind: str = "job") -> None:
        """Note which message shows a job; one that was deleted meanwhile is shown no more."""
        post = Post(job, PLATFORM, channel, str(message), kind)
        try:
            if not await self._stored.posts.add(post) and kind == "shown":
                await self.withdraw([post])
                await self._stored.posts.remove(PLATFORM, channel, str(message))
        except UserError as error:
            log.warning("job %s: its message cannot be noted: %s", job, error)

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
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
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
        """Bring a job's message to this state; a final one has arrived when this returns."""
        await self._ready.wait()
        await self._opened(job)
        if job.deleted:
            return
        self._mark(job.id, first=False)
        if reply.final:
            try:
                await self._deliver(job, reply)
            finally:
                self._known.pop(job.id, None)
            return
        async with self._calm.turn(), self._packing.packed(reply, _limit(job)) as message:
            await self._try(job, message, final=False)

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Delete messages; what only its asker sees can only be deleted by a click on it."""
        await self._ready.wait()
        for post in posts:
            message = self._channel(post.channel).get_partial_message(int(post.message))
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
                self._known[job.id] = (job.reply_to.channel, opening.message)
        if job.id not in self._known:
            posts = await self._stored.posts.of_job(job.id)
            mine = [post for post in posts if post.platform == PLATFORM and post.kind == "job"]
            if mine:
                self._known[job.id] = (mine[-1].channel, int(mine[-1].message))

    async def _deliver(self, job: JobRecord, reply: Reply) -> None:
        """Bring a final state, with patience; raise when Discord does not take it."""
        limit = _limit(job)
        for attempt in range(TRIES):
            # Made anew each time: what waits for Discord to come back is not kept in memory.
            async with self._packing.packed(reply, limit) as message:
                fault = await self._tried(job, message)
            if fault is None:
                return
            if is_too_large(fault) and limit != smaller_limit(message):
                limit = smaller_limit(message)
                continue
            if isinstance(fault, discord.HTTPException) and fault.status == _MALFORMED:
                await self._say_at_least(job, reply)
                raise fault
            log.warning("job %s: its message did not arrive: %s", job.id, fault)
            await asyncio.sleep(min(PAUSE_MOST, 2.0**attempt))
        raise TimeoutError(f"job {job.id}: Discord did not take the result")

    async def _say_at_least(self, job: JobRecord, reply: Reply) -> None:
        """Where Discord refuses a message for what is in it, say where the result can be had."""
        short = Reply(lines=(texts.not_taken(job.id),), job=job.id, buttons=reply.buttons)
        async with self._packing.packed(short, 0) as message:
            await self._tried(job, message)

    async def _tried(self, job: JobRecord, message: Outgoing) -> Exception | None:
        """Return the fault that kept a final state from arriving, if there was one."""
        try:
            if not await self._try(job, message, final=True):
                log.warning("job %s: Discord lets nothing reach its asker", job.id)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            return error
        return None

    async def _try(self, job: JobRecord, message: Outgoing, *, final: bool) -> bool:
        """Go the ways to a job's message until one leads there; a passing fault is raised."""
        for way in self._ways(job, final=final):
            try:
                found = await way(message)
            except discord.HTTPException as error:
                if final and not _leads_nowhere(error):
                    raise
                log.debug("job %s: one way is closed: %s", job.id, error)
            except (aiohttp.ClientError, OSError) as error:
                if final:
                    raise
                log.debug("job %s: a state was not shown: %s", job.id, error)
            else:
                if self._known.get(job.id) != found:
                    self._known[job.id] = found
                    await self.remember(job.id, *found)
                return True
        return False

    def _ways(self, job: JobRecord, *, final: bool) -> list[Way]:
        """Return how the message may be reached, the best way first."""
        ticket, known = job.reply_to.ticket, self._known.get(job.id)
        ways: list[Way] = []
        if ticket and utc_now() + MARGIN < ticket.expires:
            ways.append(lambda message: self._edit_by_ticket(job, ticket, message))
        if known and not job.private:
            ways.append(lambda message: self._edit(known, message))
        if final and job.status != "cancelled":
            if not job.private:
                ways.append(lambda message: self._post(job, message))
            ways.append(lambda message: self._tell(job, message))
        return ways

    async def _edit_by_ticket(self, job: JobRecord, ticket: Ticket, message: Outgoing) -> Place:
        known = self._known.get(job.id)
        # The first answer has a name of its own, for when its id did not come back to us.
        which = cast("int", known[1] if known else "@original")
        edited = await hook_of(self._client, ticket).edit_message(which, **message.as_edit())
        return known or (job.reply_to.channel, edited.id)

    async def _edit(self, known: Place, message: Outgoing) -> Place:
        channel, found = known
        await self._channel(channel).get_partial_message(found).edit(**message.as_edit())
        return known

    async def _post(self, job: JobRecord, message: Outgoing) -> Place:
        channel = self._channel(job.reply_to.channel)
        sent = await channel.send(nonce=_nonce(job), **message.as_new())
        return job.reply_to.channel, sent.id

    async def _tell(self, job: JobRecord, message: Outgoing) -> Place:
        user = await self._client.fetch_user(int(job.actor.partition(":")[2]))
        sent = await user.send(nonce=_nonce(job), **message.as_new())
        return str(sent.channel.id), sent.id

    def _channel(self, channel: str) -> Any:
        return self._client.get_partial_messageable(int(channel or 0))


def _nonce(job: JobRecord) -> str:
    return f"reroll-{job.id}"


def _limit(job: JobRecord) -> int:
    ticket = job.reply_to.ticket
    return ticket.upload_limit if ticket else 0


def _leads_nowhere(error: discord.HTTPException) -> bool:
    """Whether this way will not open again: the message or the right to it is gone."""
    return error.status in (401, 403, 404) or error.code == _ARCHIVED

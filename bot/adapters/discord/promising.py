"""Answers that are owed: noted before a deferral is given, and given after any restart.

The interaction's token is what they go by, for a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import aiohttp
import discord

from bot import texts
from bot.adapters.discord.markdown import markdown
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.questions import Question, read_question
from bot.adapters.discord.sending import NOBODY, Outgoing, Packing, hook_of
from bot.adapters.discord.ways import MARGIN
from bot.adapters.discord.where import PLATFORM
from bot.reply import Reply, line
from generation.errors import UserError
from storage.records import Promise, utc_now
from storage.store import Store

log = logging.getLogger(__name__)

FAULTS: Final = (discord.DiscordException, aiohttp.ClientError, OSError)
AT_ONCE: Final = 4
"""Promises of an earlier process that are kept at the same time."""
ORIGINAL: Final[Any] = "@original"
"""The name that Discord gives the message that a deferral made."""


def is_passing(error: Exception) -> bool:
    """Whether a fault of a call may be gone later: Discord's own, or the network's."""
    return not isinstance(error, discord.HTTPException) or error.status >= 500


Answer = Callable[[Question], Awaitable[Reply]]
"""Asks the service, and never raises."""


class Promising:
    """Notes what is owed; a job that is stored takes the place of its own promise."""

    def __init__(
        self, client: discord.Client, messages: Messages, store: Store, packing: Packing
    ) -> None:
        self._client = client
        self._messages = messages
        self._store = store
        self._packing = packing

    async def add(self, question: Question) -> None:
        """Note that an answer is owed, and to what."""
        reply_to = question.reply_to
        if reply_to.ticket is None:
            return
        promise = Promise(PLATFORM, reply_to.channel, reply_to.ticket, question.request())
        try:
            await self._store.promises.add(promise)
        except UserError as error:
            # On a full disk the asker gets an answer all the same.
            log.warning("a promise cannot be stored: %s", error)

    async def kept(self, ticket: str) -> None:
        """Forget a promise that was kept."""
        try:
            await self._store.promises.kept(PLATFORM, ticket)
        except UserError as error:
            log.warning("a promise that was kept cannot be noted: %s", error)

    async def broken(self) -> tuple[Promise, ...]:
        """Return what an earlier process promised and did not give."""
        return await self._store.promises.broken(PLATFORM)

    async def keep(self, owed: Iterable[Promise], answer: Answer) -> None:
        """Give the answers that an earlier process owed, or say that nothing came of it."""
        places = asyncio.Semaphore(AT_ONCE)

        async def keep(promise: Promise) -> None:
            async with places:
                await self._keep(promise, answer)

        await asyncio.gather(*map(keep, owed))

    async def _keep(self, promise: Promise, answer: Answer) -> None:
        try:
            await self._answer(promise, answer)
        except FAULTS as error:
            log.warning("a broken promise could not be told: %s", error)
            if is_passing(error):
                # The next start may have more luck.
                return
        except Exception:
            log.exception("promise %s cannot be kept", promise.ticket.id)
        await self.kept(promise.ticket.id)

    async def _answer(self, promise: Promise, answer: Answer) -> None:
        in_time = utc_now() + MARGIN < promise.ticket.expires
        question = read_question(promise)
        if await self._store.jobs.of_ticket(PLATFORM, promise.ticket.id):
            # It was stored just before its promise, and shows itself.
            return
        if question is not None and in_time:
            await self._ask_again(promise, question, answer)
        elif in_time:
            edit = hook_of(self._client, promise.ticket).edit_message
            await edit(ORIGINAL, content=texts.INTERRUPTED)
        elif question is not None:
            user = await self._client.fetch_user(int(question.actor.partition(":")[2]))
            words = line(texts.INTERRUPTED)
            await user.send(markdown(words), allowed_mentions=NOBODY)

    async def _ask_again(self, promise: Promise, question: Question, answer: Answer) -> None:
        async with self._messages.opening(promise.ticket.id) as opened:
            reply = await answer(question)
            if reply.form is not None:
                reply = Reply(lines=(texts.form_too_late(),), private=True)
            message = await self._packing.sent(
                reply,
                promise.ticket.upload_limit,
                lambda made: self._fill(promise, question, made),
            )
            opened(message)
        if reply.shows is not None:
            kind = "job" if reply.goes_on else "shown"
            await self._messages.remember(reply.shows, promise.channel, message, kind)
            if not reply.private:
                await self._messages.show_beside(reply.beside, promise.channel, message)

    async def _fill(self, promise: Promise, question: Question, message: Outgoing) -> int:
        """Put the answer in place of "thinking…", and return the message that has it."""
        hook = hook_of(self._client, promise.ticket)
        if question.turns and message.reply.problem is not None:
            # What is there stays there.
            sent = await hook.send(**message.as_new(), ephemeral=True, wait=True)
            return sent.id
        if message.reply.private and not question.private:
            # Only the asker may see it, which a message that exists cannot become any more.
            await hook.delete_message(ORIGINAL)
            sent = await hook.send(**message.as_new(), ephemeral=True, wait=True)
            return sent.id
        edited = await hook.edit_message(ORIGINAL, **message.as_edit())
        return edited.id

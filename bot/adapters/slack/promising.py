"""Answers that are owed: noted before a delivery is acknowledged, and given after any restart."""

from __future__ import annotations

import logging

from bot import texts
from bot.adapters.slack.payloads import PLATFORM, Asked
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.rendering import render
from bot.reply import Reply, line
from generation.errors import UserError
from storage.promises import Promises
from storage.records import Promise, utc_now

log = logging.getLogger(__name__)


class Promising:
    """Notes what is owed; a job that is stored takes the place of its own promise."""

    def __init__(self, promises: Promises, poster: Poster) -> None:
        self._promises = promises
        self._poster = poster

    async def add(self, asked: Asked) -> bool:
        """Note that an answer is owed, and what was asked for; return whether that is stored.

        Where there is no other way to tell them, the answer is owed to the person.
        """
        ticket = asked.ticket()
        channel = asked.channel if ticket.token else asked.user
        try:
            await self._promises.add(Promise(PLATFORM, channel, ticket, asked.request()))
        except UserError as error:
            # On a full disk the asker gets an answer all the same.
            log.warning("a promise cannot be stored: %s", error)
            return False
        return True

    async def kept(self, key: str) -> None:
        """Forget a promise that was kept, if there was one."""
        try:
            await self._promises.kept(PLATFORM, key)
        except UserError as error:
            log.warning("a promise that was kept cannot be noted: %s", error)

    async def broken(self) -> tuple[Promise, ...]:
        """Return what an earlier process promised and did not give."""
        return await self._promises.broken(PLATFORM)

    async def apologise(self, promise: Promise) -> None:
        """Say that nothing came of it, while that can be said. Raises the faults of a call."""
        if utc_now() >= promise.ticket.expires:
            return
        message = render(Reply(lines=(line(texts.INTERRUPTED),), private=True))
        if promise.ticket.token:
            await self._poster.respond(promise.ticket.token, message)
        else:
            await self._poster.send(await self._poster.direct(promise.channel), "", message)

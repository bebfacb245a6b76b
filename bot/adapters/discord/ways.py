"""The ways to the one message of each job.

They are its interaction's token, the bot's own right to the channel, a new message there, and at
last a direct message to the asker.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, cast

import aiohttp
import discord

from bot.adapters.discord.finding import find
from bot.adapters.discord.sending import Outgoing, hook_of
from bot.adapters.patience import REMEMBERED
from storage.records import JobRecord, Ticket, utc_now

log = logging.getLogger(__name__)

MARGIN: Final = timedelta(seconds=20)
"""A token that ends so soon is not trusted with an upload any more."""
FAULTS: Final = (discord.HTTPException, aiohttp.ClientError, OSError)
"""All that a request may raise."""
_ARCHIVED: Final = 50083
"""A thread sleeps: its messages cannot be edited, but a new one wakes it."""
_FAULT_OF_OURS: Final = range(400, 500)

Place = tuple[str, int]
"""A channel and a message in it."""
Way = Callable[[Outgoing], Awaitable[Place]]


class Ways:
    """Finds jobs' messages, and remembers where each is."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._began = utc_now()
        self._known: dict[str, Place] = {}
        self._doubtful: OrderedDict[str, None] = OrderedDict()

    def know(self, job_id: str, place: Place) -> None:
        """Take note of where a job's message is."""
        self._known[job_id] = place

    def known(self, job_id: str) -> Place | None:
        """Return where a job's message is known to be."""
        return self._known.get(job_id)

    def forget(self, job_id: str) -> None:
        """Let go what is remembered of a job that is over; whether its message came, is kept."""
        self._known.pop(job_id, None)

    async def go(self, job: JobRecord, message: Outgoing, *, final: bool) -> Place | None:
        """Go the ways to a job's message until one leads there; none where all are closed.

        With ``final``, a fault that may pass is raised.
        """
        for way in self._ways(job, final=final):
            try:
                found = await way(message)
            except FAULTS as error:
                if final and not leads_nowhere(error):
                    self._doubt(job, error)
                    raise
                log.debug("job %s: a way is closed: %s", job.id, error)
            else:
                return found
        return None

    def _ways(self, job: JobRecord, *, final: bool) -> list[Way]:
        """Return how the message may be reached, the best way first."""
        ticket, known = job.reply_to.ticket, self.known(job.id)
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
        known = self.known(job.id)
        # The first answer has a name of its own, for when its id did not come back to us.
        which = cast("int", known[1] if known else "@original")
        edited = await hook_of(self._client, ticket).edit_message(which, **message.as_edit())
        return known or (job.reply_to.channel, edited.id)

    async def _edit(self, known: Place, message: Outgoing) -> Place:
        channel, found = known
        await self.channel(channel).get_partial_message(found).edit(**message.as_edit())
        return known

    async def _post(self, job: JobRecord, message: Outgoing) -> Place:
        channel = job.reply_to.channel
        return await self._once(job, self.channel(channel), channel, message)

    async def _tell(self, job: JobRecord, message: Outgoing) -> Place:
        user = await self._client.fetch_user(int(job.actor.partition(":")[2]))
        direct = await user.create_dm()
        return await self._once(job, direct, str(direct.id), message)

    async def _once(self, job: JobRecord, channel: Any, name: str, message: Outgoing) -> Place:
        """Post a message; where one may be there already, take that one instead."""
        if job.created < self._began or job.id in self._doubtful:
            known = self.known(job.id)
            found = await find(channel, job, self._author, known[1] if known else None)
            if found is not None:
                log.info("job %s: its message had arrived before", job.id)
                return await self._edit((name, found), message)
        sent = await channel.send(nonce=_nonce(job), **message.as_new())
        return name, sent.id

    def channel(self, channel: str) -> Any:
        """Return a channel by its id, as far as messages go."""
        return self._client.get_partial_messageable(int(channel or 0))

    @property
    def _author(self) -> int:
        return self._client.user.id if self._client.user else 0

    def _doubt(self, job: JobRecord, error: BaseException) -> None:
        """Note where it is unsure whether a message came."""
        if isinstance(error, discord.HTTPException) and error.status in _FAULT_OF_OURS:
            return
        self._doubtful[job.id] = None
        while len(self._doubtful) > REMEMBERED:
            self._doubtful.popitem(last=False)


def _nonce(job: JobRecord) -> str:
    return f"reroll-{job.id}"


def leads_nowhere(error: BaseException) -> bool:
    """Whether this way will not open again: the message or the right to it is gone.

    What has no code of Discord's own is a page of whatever stands before it, or says that the token
    of the bot is not taken, which the owner can mend.
    """
    if not isinstance(error, discord.HTTPException) or not error.code:
        return False
    return error.status in (401, 403, 404) or error.code == _ARCHIVED

"""Posts and updates messages: in a channel, in a thread, in the direct messages with somebody."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bot import texts
from bot.adapters.slack.finding import PERSON, Finder, Marker, Place
from bot.adapters.slack.payloads import Asked, is_direct
from bot.adapters.slack.rendering import Rendered, render
from bot.adapters.slack.web import FAULTS, Web, is_passing, may_have_arrived, reason
from bot.reply import Reply
from storage.records import JobRecord, utc_now

log = logging.getLogger(__name__)

MARKER: Final = "reroll_job"
ANSWER: Final = "reroll_answer"
"""Kinds of metadata: of a job's message, and of any other answer."""
LEEWAY: Final = timedelta(minutes=1)
"""Between Slack's clock and ours."""
ANSWER_LIFE: Final = timedelta(minutes=30)
"""An answer that may have arrived did so within this time."""
REMEMBERED: Final = 5_000
NOT_IN: Final = frozenset({"not_in_channel", "channel_not_found"})
CLOSED: Final = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "messages_tab_disabled",
        "team_access_not_granted",
    }
)
"""Why the bot may not write to a channel at all."""
NO_THREAD: Final = frozenset({"thread_not_found", "restricted_action_thread_locked"})


class Poster:
    """Writes messages; ``bot`` is the handle that people know the bot by.

    Every call raises one of ``FAULTS`` when it does not go well.
    """

    def __init__(self, web: Web, bot: str) -> None:
        self._web = web
        self._finder = Finder(web)
        self._bot = bot
        self._began = utc_now()
        self._directs: dict[str, str] = {}
        self._doubtful: OrderedDict[str, None] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    async def direct(self, user: str) -> str:
        """Return the channel of the direct messages with somebody.

        Without the right to open them it is the person, whom Slack takes in the channel's place;
        what is posted there tells the channel.
        """
        if user not in self._directs:
            try:
                answer = await self._web.call(self._web.client.conversations_open, users=[user])
            except FAULTS as error:
                if is_passing(error):
                    raise
                log.info("no direct messages with %s: %s", user, reason(error))
                return user
            self._directs[user] = answer["channel"]["id"]
        return self._directs[user]

    async def post(self, job: JobRecord, message: Rendered) -> Place:
        """Post a job's message where it belongs, unless an earlier try has brought it there."""
        if job.private and not is_direct(job.reply_to.channel):
            return await self.tell(job, message)
        channel, thread = job.reply_to.channel, job.reply_to.thread
        try:
            return await self._once(job, channel or asker_of(job), thread, message)
        except FAULTS as error:
            if reason(error) not in CLOSED:
                raise
            await self._say_why(job, reason(error))
            raise

    async def tell(self, job: JobRecord, message: Rendered) -> Place:
        """Post a job's message to the direct messages with its asker."""
        return await self._once(job, await self.direct(asker_of(job)), "", message)

    async def update(self, job: JobRecord, place: Place, message: Rendered) -> Place:
        """Bring a message to another state."""
        channel, ts = place
        await self._web.call(
            self._web.client.chat_update,
            channel=channel,
            ts=ts,
            text=message.text,
            blocks=list(message.blocks),
            metadata=_marker(job.id),
        )
        return place

    async def send(self, channel: str, thread: str, message: Rendered) -> Place:
        """Post a message that shows no job's life."""
        return await self._send(channel, thread, message.as_message())

    async def answer(self, asked: Asked, channel: str, thread: str, message: Rendered) -> Place:
        """Post the answer to a delivery; tried again, it comes once all the same."""
        key = asked.key
        marker = {"event_type": ANSWER, "event_payload": {"delivery": key}}
        if asked.is_late or key in self._doubtful:
            found = await self._finder.find(marker, utc_now() - ANSWER_LIFE, channel, thread)
            if found is not None:
                return found
        return await self._marked(key, marker, channel, thread, message)

    async def whisper(self, channel: str, thread: str, user: str, message: Rendered) -> None:
        """Post what only one person sees."""
        arguments: dict[str, Any] = {"text": message.text, "blocks": list(message.blocks)}
        if thread:
            arguments["thread_ts"] = thread
        await self._web.call(
            self._web.client.chat_postEphemeral, channel=channel, user=user, **arguments
        )

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message."""
        await self._web.call(self._web.client.chat_delete, channel=channel, ts=ts)

    async def _once(self, job: JobRecord, channel: str, thread: str, message: Rendered) -> Place:
        """Post a job's message; where one may be there already, take that one instead."""
        marker = _marker(job.id)
        if job.created < self._began or job.id in self._doubtful:
            found = await self._finder.find(marker, job.created - LEEWAY, channel, thread)
            if found is not None:
                return await self.update(job, found, message)
        return await self._marked(job.id, marker, channel, thread, message)

    async def _marked(
        self, key: str, marker: Marker, channel: str, thread: str, message: Rendered
    ) -> Place:
        """Post a message that can be found again, and note where it is unsure that it came."""
        try:
            return await self._send(channel, thread, message.as_message() | {"metadata": marker})
        except FAULTS as error:
            if may_have_arrived(error):
                remember(self._doubtful, key)
            raise

    async def _send(self, channel: str, thread: str, arguments: Mapping[str, Any]) -> Place:
        post = self._web.client.chat_postMessage
        where = {"channel": channel, "thread_ts": thread} if thread else {"channel": channel}
        try:
            answer = await self._web.call(post, **where, **arguments)
        except FAULTS as error:
            if not thread or reason(error) not in NO_THREAD:
                raise
            answer = await self._web.call(post, channel=channel, **arguments)
        if channel.startswith(PERSON):
            self._directs[channel] = answer["channel"]
        return answer["channel"], answer["ts"]

    async def _say_why(self, job: JobRecord, why: str) -> None:
        """Tell somebody once why the answer comes elsewhere, and what helps."""
        if job.id in self._told:
            return
        remember(self._told, job.id)
        may_help = why in NOT_IN and not is_direct(job.reply_to.channel)
        said = texts.slack_not_here(job.id, self._bot) if may_help else texts.slack_shut(job.id)
        note, ticket = render(Reply(lines=(said,), private=True)), job.reply_to.ticket
        try:
            if ticket is not None and ticket.token and utc_now() < ticket.expires:
                await self.respond(ticket.token, note)
            else:
                await self.send(await self.direct(asker_of(job)), "", note)
        except FAULTS as error:
            log.info("job %s: its asker cannot be told why: %s", job.id, error)

    async def respond(
        self, url: str, message: Rendered, *, thread: str = "", public: bool = False
    ) -> None:
        """Answer through a response_url, for the asker alone or for all."""
        body: dict[str, Any] = dict(message.as_message())
        body |= {"response_type": "in_channel" if public else "ephemeral"}
        body |= {"replace_original": False}
        if thread:
            body["thread_ts"] = thread
        await self._web.respond(url, body)

    async def turn(self, url: str, message: Rendered) -> None:
        """Put another message in the place of the one that was pressed, which one person sees."""
        body = message.as_message() | {"response_type": "ephemeral", "replace_original": True}
        await self._web.respond(url, body)

    async def change(self, channel: str, ts: str, message: Rendered) -> None:
        """Put another message in the place of one that shows no job's life."""
        blocks = list(message.blocks)
        await self._web.call(
            self._web.client.chat_update, channel=channel, ts=ts, text=message.text, blocks=blocks
        )

    async def take_back(self, url: str) -> None:
        """Delete the message that was pressed, which only its asker sees."""
        await self._web.respond(url, {"delete_original": True})


def asker_of(job: JobRecord) -> str:
    """Return Slack's id of who asked for a job."""
    return job.actor.rpartition(":")[2]


def remember(keys: OrderedDict[str, None], key: str, most: int = REMEMBERED) -> None:
    """Remember a key, in place of the oldest where there are too many."""
    keys[key] = None
    while len(keys) > most:
        keys.popitem(last=False)


def _marker(job: str) -> Marker:
    return {"event_type": MARKER, "event_payload": {"job": job}}

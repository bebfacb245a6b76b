"""Posts and updates messages: in a channel, in a thread, in the direct messages with somebody."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from bot import texts
from bot.adapters.slack.rendering import Rendered, render
from bot.adapters.slack.web import FAULTS, Web, is_passing, may_have_arrived, reason
from bot.reply import Reply
from storage.records import JobRecord, utc_now

log = logging.getLogger(__name__)

MARKER: Final = "reroll_job"
HISTORY_MOST: Final = 200
"""Messages that are looked through for one of a job's."""
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

Place = tuple[str, str]
"""A channel and a message in it."""


class Poster:
    """Writes messages; ``bot`` is the handle that people know the bot by.

    Every call raises one of ``FAULTS`` when it does not go well.
    """

    def __init__(self, web: Web, bot: str) -> None:
        self._web = web
        self._bot = bot
        self._began = utc_now()
        self._directs: dict[str, str] = {}
        self._doubtful: set[str] = set()
        self._told: set[str] = set()

    async def direct(self, user: str) -> str:
        """Return the channel of the direct messages with somebody."""
        if user not in self._directs:
            try:
                answer = await self._web.call(self._web.client.conversations_open, users=[user])
            except FAULTS as error:
                if is_passing(error):
                    raise
                # Without the right to open them, Slack takes the person in the channel's place.
                log.info("no direct messages with %s: %s", user, reason(error))
                return user
            self._directs[user] = answer["channel"]["id"]
        return self._directs[user]

    async def post(self, job: JobRecord, message: Rendered) -> Place:
        """Post a job's message where it belongs, unless an earlier try has brought it there."""
        if job.private and not job.reply_to.channel.startswith("D"):
            return await self.tell(job, message)
        channel, thread = job.reply_to.channel, job.reply_to.thread
        try:
            return await self._once(job, channel or asker_of(job), thread, message)
        except FAULTS as error:
            if reason(error) not in CLOSED:
                raise
            await self._say_why(job)
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
        if job.created < self._began or job.id in self._doubtful:
            found = await self._earlier(job, channel, thread)
            if found is not None:
                return await self.update(job, found, message)
        arguments = message.as_message() | {"metadata": _marker(job.id)}
        try:
            return await self._send(channel, thread, arguments)
        except FAULTS as error:
            if may_have_arrived(error):
                self._doubtful.add(job.id)
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
        return answer["channel"], answer["ts"]

    async def _earlier(self, job: JobRecord, channel: str, thread: str) -> Place | None:
        """Look for a job's message in its channel or thread, as far as the bot may read there."""
        client = self._web.client
        since = str(job.created.timestamp() - 60)
        arguments = {"channel": channel, "oldest": since, "include_all_metadata": True}
        arguments["limit"] = HISTORY_MOST
        try:
            if thread:
                answer = await self._web.call(client.conversations_replies, ts=thread, **arguments)
            else:
                answer = await self._web.call(client.conversations_history, **arguments)
        except FAULTS as error:
            if is_passing(error):
                raise
            log.info("%s cannot be read back: %s", channel, reason(error))
            return None
        marker = _marker(job.id)
        for message in answer.get("messages", ()):
            if message.get("metadata") == marker:
                return channel, message["ts"]
        return None

    async def _say_why(self, job: JobRecord) -> None:
        """Tell somebody once why the answer comes elsewhere, and what helps."""
        ticket = job.reply_to.ticket
        if job.id in self._told or ticket is None or utc_now() > ticket.expires:
            return
        self._told.add(job.id)
        if ticket.token:
            note = render(Reply(lines=(texts.slack_not_here(job.id, self._bot),), private=True))
            try:
                await self.respond(ticket.token, note)
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

    async def take_back(self, url: str) -> None:
        """Delete the message that was pressed, which only its asker sees."""
        await self._web.respond(url, {"delete_original": True})


def asker_of(job: JobRecord) -> str:
    """Return Slack's id of who asked for a job."""
    return job.actor.rpartition(":")[2]


def _marker(job: str) -> dict[str, Any]:
    return {"event_type": MARKER, "event_payload": {"job": job}}

"""Who asked for a job: Slack shows a command to nobody, so its message has to say."""

from __future__ import annotations

from dataclasses import replace

from bot import texts
from bot.adapters.slack.payloads import is_direct
from bot.reply import Reply
from storage.actors import Actors
from storage.records import JobRecord


class Askers:
    """Names those who asked."""

    def __init__(self, actors: Actors) -> None:
        self._actors = actors

    async def named(self, job: JobRecord, reply: Reply) -> Reply:
        """Return a state of a job that says whose it is, where others can see it.

        By the name alone: a mention would call them at every update.
        """
        if job.private or is_direct(job.reply_to.channel):
            return reply
        name = await self._actors.name(job.actor)
        return replace(reply, lines=(*reply.lines, texts.asked_by(name))) if name else reply

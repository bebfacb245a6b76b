"""Who asked for a job: Slack shows a command to nobody, so its message has to say."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from bot import texts
from bot.adapters.slack.payloads import is_direct
from bot.reply import Reply
from storage.actors import Actors
from storage.records import JobRecord

REMEMBERED: Final = 1_000


class Askers:
    """Knows the names of those who asked, and remembers some of them."""

    def __init__(self, actors: Actors) -> None:
        self._actors = actors
        self._names: OrderedDict[str, str] = OrderedDict()

    async def named(self, job: JobRecord, reply: Reply) -> Reply:
        """Return a state of a job that says whose it is, where others can see it.

        By the name alone: a mention would call them at every update.
        """
        if job.private or is_direct(job.reply_to.channel):
            return reply
        name = await self._name(job.actor)
        return replace(reply, lines=(*reply.lines, texts.asked_by(name))) if name else reply

    async def _name(self, actor: str) -> str:
        if actor not in self._names:
            known = await self._actors.get(actor)
            if known is None or not known.name:
                return ""
            self._names[actor] = known.name
            if len(self._names) > REMEMBERED:
                self._names.popitem(last=False)
        return self._names[actor]

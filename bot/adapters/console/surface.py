"""The console as the service sees it: states of jobs go to whoever follows them here."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from typing import Final

from bot.reply import Reply
from bot.service.surface import Capabilities
from storage.records import JobRecord, Post

REMEMBERED: Final = 256
"""So many jobs' last states are kept for followers that come late."""


class ConsoleSurface:
    """Hands the states of jobs to their followers in this process."""

    platform = "console"
    capabilities = Capabilities(edit_seconds=0.0, own=True)

    def __init__(self) -> None:
        self._latest: OrderedDict[str, Reply] = OrderedDict()
        self._news: dict[str, asyncio.Event] = {}

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Take the newest state of a job; its pictures are on this machine already."""
        self._latest[job.id] = reply
        self._latest.move_to_end(job.id)
        while len(self._latest) > REMEMBERED:
            self._latest.popitem(last=False)
        if news := self._news.get(job.id):
            news.set()

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Do nothing: what a terminal showed was no message that could be deleted."""

    async def follow(self, job_id: str) -> AsyncIterator[Reply]:
        """Yield the states of a job, the newest each time, until the final one."""
        news = self._news.setdefault(job_id, asyncio.Event())
        try:
            while True:
                reply = self._latest.get(job_id)
                if reply is not None:
                    yield reply
                    if reply.final:
                        return
                await news.wait()
                news.clear()
        finally:
            self._news.pop(job_id, None)

"""Takes the messages of deleted jobs down, on every platform, while nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Coroutine, Iterable
from typing import Any

from bot.service.announcer import Announcer
from storage.posts import Posts
from storage.records import Post

log = logging.getLogger(__name__)


class Withdrawals:
    """What is on its way down. What cannot go now stays known and is tried at the next start."""

    def __init__(self, posts: Posts, announcer: Announcer) -> None:
        self._posts = posts
        self._announcer = announcer
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, job_id: str) -> None:
        """Take down all messages that show a job. Returns at once."""
        self._start(self._of_job(job_id))

    def resume(self) -> None:
        """Take down what earlier processes could not. Returns at once."""
        self._start(self._left_behind())

    async def close(self) -> None:
        """Stop; the next process goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("messages of deleted jobs stay for now")

    async def _of_job(self, job_id: str) -> None:
        # A message that is just being posted is known only afterwards.
        await self._announcer.quiet(job_id)
        await self._take_down(await self._posts.of_job(job_id))

    async def _left_behind(self) -> None:
        await self._take_down(await self._posts.of_deleted())

    async def _take_down(self, posts: Iterable[Post]) -> None:
        by_message: defaultdict[tuple[str, str], list[Post]] = defaultdict(list)
        for post in posts:
            by_message[post.platform, post.job].append(post)
        for (platform, job), mine in by_message.items():
            try:
                if not await self._announcer.withdraw(platform, mine):
                    continue
            except Exception:
                log.exception("job %s: %s did not delete its messages", job, platform)
                continue
            for post in mine:
                await self._posts.remove(post.platform, post.channel, post.message)

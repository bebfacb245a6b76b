"""Takes the messages of deleted jobs down, on every platform, while nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from bot.log_context import working_on
from bot.service.delivering.announcer import Announcer
from storage.posts import Posts
from storage.records import Post

log = logging.getLogger(__name__)

Item = TypeVar("Item")

PAUSES: Final = (0.0, 1.0, 5.0, 30.0, 120.0)
"""Seconds before each try; what is left after the last is tried at the next start."""

AT_ONCE: Final = 16
"""Of many jobs, those whose messages are on their way down together, on each platform."""


class Withdrawals:
    """What is on its way down. What cannot go now stays known and is tried at the next start."""

    def __init__(self, posts: Posts, announcer: Announcer) -> None:
        self._posts = posts
        self._announcer = announcer
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, job_id: str) -> None:
        """Take down all messages that show a job. Returns at once."""
        with working_on(job_id, ""):
            self._start(self._of_job(job_id))

    def begin_all(self, job_ids: Iterable[str]) -> None:
        """Take down all messages that show some jobs, a few jobs at a time. Returns at once."""
        self._start(self._of_jobs(job_ids))

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

    async def _of_jobs(self, job_ids: Iterable[str]) -> None:
        await _few_at_a_time(self._of_job, job_ids)

    async def _left_behind(self) -> None:
        await self._take_down(await self._posts.of_deleted())

    async def _take_down(self, posts: Iterable[Post]) -> None:
        of: defaultdict[str, defaultdict[str, list[Post]]] = defaultdict(lambda: defaultdict(list))
        for post in posts:
            of[post.platform][post.job].append(post)
        # Each platform for itself: one that is down holds up no other.
        await asyncio.gather(
            *(
                _few_at_a_time(partial(self._take_down_of, platform), of_jobs.values())
                for platform, of_jobs in of.items()
            )
        )

    async def _take_down_of(self, platform: str, posts: Sequence[Post]) -> None:
        """Take down what one platform has of a job, again after a while where it has a fault."""
        for pause in PAUSES:
            await asyncio.sleep(pause)
            try:
                if not await self._announcer.withdraw(platform, posts):
                    return
            except Exception as error:  # noqa: BLE001 - whatever the platform's library raises
                log.warning("job %s: %s keeps its messages: %s", posts[0].job, platform, error)
                continue
            for post in posts:
                await self._posts.remove(post.platform, post.channel, post.message)
            return


async def _few_at_a_time(work: Callable[[Item], Awaitable[None]], items: Iterable[Item]) -> None:
    """Do something with each item; there are no more tasks than work, however many wait."""
    left = iter(items)

    async def go_on() -> None:
        for item in left:
            await work(item)

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))

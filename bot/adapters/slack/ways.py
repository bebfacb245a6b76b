"""The ways to the one message of each job: it is known, to be posted, or to be told in private."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bot.adapters.slack.finding import Place
from bot.adapters.slack.payloads import PLATFORM
from bot.adapters.slack.posting import CLOSED, Poster
from bot.adapters.slack.rendering import Rendered
from bot.adapters.slack.web import FAULTS, details, reason
from generation.errors import UserError
from storage.posts import Posts
from storage.records import JobRecord, Post

log = logging.getLogger(__name__)

LOST: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""Why a message cannot be updated any more."""

Way = Callable[[Rendered], Awaitable[Place]]


class Ways:
    """Finds jobs' messages, and remembers where each is."""

    def __init__(self, poster: Poster, posts: Posts) -> None:
        self._poster = poster
        self._posts = posts
        self._known: dict[str, Place] = {}

    def is_known(self, job_id: str) -> bool:
        """Whether a job's message is known to be there."""
        return job_id in self._known

    def forget(self, job_id: str) -> None:
        """Let go what is remembered of a job that is over."""
        self._known.pop(job_id, None)

    async def go(self, job: JobRecord, message: Rendered, *, final: bool) -> bool:
        """Go the ways to a job's message until one leads there; other faults are raised."""
        for way in await self._ways(job, final=final):
            try:
                found = await way(message)
            except FAULTS as error:
                if reason(error) not in CLOSED | LOST:
                    log.debug("job %s: %s", job.id, details(error))
                    raise
                log.info("job %s: one way is closed: %s", job.id, reason(error))
            else:
                await self._remember(job.id, found)
                return True
        return False

    async def _ways(self, job: JobRecord, *, final: bool) -> list[Way]:
        """Return how the message may be reached, the best way first.

        One that is gone is posted again only with what it was all about.
        """
        known = await self._place(job.id)
        ways: list[Way] = []
        if known:
            ways.append(lambda message: self._poster.update(job, known, message))
        if not known or (final and job.status != "cancelled"):
            ways.append(lambda message: self._poster.post(job, message))
            ways.append(lambda message: self._poster.tell(job, message))
        return ways

    async def _place(self, job_id: str) -> Place | None:
        if job_id not in self._known:
            posts = await self._posts.of_job(job_id)
            mine = [post for post in posts if post.platform == PLATFORM and post.kind == "job"]
            if mine:
                self._known[job_id] = (mine[-1].channel, mine[-1].message)
        return self._known.get(job_id)

    async def _remember(self, job_id: str, place: Place) -> None:
        if self._known.get(job_id) == place:
            return
        self._known[job_id] = place
        try:
            await self._posts.add(Post(job_id, PLATFORM, *place, "job"))
        except UserError as error:
            log.warning("job %s: its message cannot be noted: %s", job_id, error)

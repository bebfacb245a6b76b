"""The one message of each job, through its whole life, and by whatever way it can be reached.

It is posted where the job was asked for, updated as the job goes on, and at last gets the pictures.
A private job's message lives in the direct messages with its asker; so does that of a job from a
channel that the bot may not write to.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.slack.askers import Askers
from bot.adapters.slack.payloads import PLATFORM
from bot.adapters.slack.posting import CLOSED, Place, Poster
from bot.adapters.slack.previews import Previews
from bot.adapters.slack.rendering import Rendered, render
from bot.adapters.slack.uploading import Uploads
from bot.adapters.slack.web import (
    FAULTS,
    details,
    is_passing,
    is_unready_file,
    pause_asked,
    reason,
)
from bot.reply import Reply
from bot.service.surface import Capabilities
from generation.errors import UserError
from storage.records import JobRecord, Post
from storage.store import Store

log = logging.getLogger(__name__)

EDIT_SECONDS: Final = 1.5
"""Between two states of a message: Slack takes about fifty updates a minute."""
REMEMBERED: Final = 10_000
"""Jobs of which is known that a state was shown."""
PAUSE_MOST: Final = 60.0
TRIES: Final = 40
"""Tries to bring a final state, with pauses that grow to a minute: more than half an hour."""
UNREADY_PAUSE: Final = 0.25
UNREADY_TRIES: Final = 9
"""Tries, over half a minute, after which pictures are brought again that Slack does not show."""
FIRST_PAUSES: Final = (0.0, 2.0, 10.0, 30.0)
"""Seconds before each try to show the state that a job was accepted in."""
LOST: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""Why a message cannot be updated any more."""

Way = Callable[[Rendered], Awaitable[Place]]


class Messages:
    """Slack as the service sees it."""

    platform = PLATFORM
    capabilities = Capabilities(edit_seconds=EDIT_SECONDS)

    def __init__(self, calm: Calm) -> None:
        self._calm = calm
        self._ready = asyncio.Event()
        self._life: JobMessages | None = None

    def begin(self, poster: Poster, uploads: Uploads, store: Store) -> None:
        """Let the messages go: the bot is signed in."""
        self._life = JobMessages(poster, uploads, store, self._calm)
        self._ready.set()

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Bring a job's message to this state; a final one has arrived when this returns."""
        await (await self._begun()).show(job, reply)

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Delete messages and files; what only its asker sees can only be deleted by a click."""
        await (await self._begun()).withdraw(posts)

    async def accepted(self, job: str, reply: Reply) -> None:
        """Show the state that a job was accepted in, unless a later one has been shown."""
        await (await self._begun()).accepted(job, reply)

    async def _begun(self) -> JobMessages:
        await self._ready.wait()
        if self._life is None:
            raise RuntimeError("the messages have not begun")
        return self._life


class JobMessages:
    """The messages of jobs in a workspace that the bot is signed in to."""

    def __init__(self, poster: Poster, uploads: Uploads, store: Store, calm: Calm) -> None:
        self._poster = poster
        self._uploads = uploads
        self._previews = Previews(uploads, store.posts)
        self._askers = Askers(store.actors)
        self._store = store
        self._calm = calm
        self._known: dict[str, Place] = {}
        self._shown: OrderedDict[str, None] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    async def accepted(self, job_id: str, reply: Reply) -> None:
        """Show the state that a job was accepted in; tried again when it fails."""
        for pause in FIRST_PAUSES:
            await asyncio.sleep(pause)
            async with self._calm.turn():
                job = await self._store.jobs.get(job_id)
                if job is None or job.deleted:
                    return
                state = await self._askers.named(job, reply)
                async with self._lock(job_id):
                    if job_id in self._shown or await self._passing(job, state):
                        return

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Bring a job's message to this state."""
        if job.deleted:
            return
        reply = await self._askers.named(job, reply)
        if reply.final:
            async with self._lock(job.id):
                await self._deliver(job, reply)
            self._locks.pop(job.id, None)
            self._known.pop(job.id, None)
            return
        async with self._calm.turn(), self._lock(job.id):
            await self._passing(job, reply)

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Delete messages and files. Raises a fault that may pass."""
        for post in posts:
            if post.kind in ("file", "preview"):
                await self._uploads.delete(post.message)
                continue
            try:
                await self._poster.delete(post.channel, post.message)
            except FAULTS as error:
                if is_passing(error):
                    raise
                log.info("message %s cannot be deleted: %s", post.message, reason(error))

    def _lock(self, job_id: str) -> asyncio.Lock:
        return self._locks.setdefault(job_id, asyncio.Lock())

    async def _passing(self, job: JobRecord, reply: Reply) -> bool:
        """Show a state that others will follow, and return whether it can be seen."""
        self._mark(job.id)
        preview = await self._previews.of(job.id, reply.progress)
        with_preview = render(reply, preview=preview)
        for message in (with_preview, render(reply)) if preview else (with_preview,):
            try:
                return await self._go(job, message, final=False)
            except FAULTS as error:
                log.debug("job %s: a state was not shown: %s", job.id, error)
                if not is_unready_file(error):
                    break
        if job.id not in self._known:
            self._shown.pop(job.id, None)
        return False

    def _mark(self, job_id: str) -> None:
        self._shown[job_id] = None
        while len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)

    async def _deliver(self, job: JobRecord, reply: Reply) -> None:
        """Bring a final state, with patience; raise when Slack does not take it."""
        self._mark(job.id)
        unready = 0
        for attempt in range(TRIES):
            try:
                files = await self._uploads.pictures(reply.pictures)
                if not await self._go(job, render(reply, files), final=True):
                    log.warning("job %s: Slack lets nothing reach its asker", job.id)
                break
            except FAULTS as error:
                if is_unready_file(error):
                    unready += 1
                    await self._wait_for_files(reply, unready)
                    continue
                if not is_passing(error):
                    await self._say_at_least(job, reply)
                    raise
                level = logging.DEBUG if attempt else logging.WARNING
                log.log(level, "job %s: its message did not arrive: %s", job.id, error)
                # Where Slack asks for a pause, the next call keeps it.
                asked = pause_asked(error) is not None
                await asyncio.sleep(0.0 if asked else min(PAUSE_MOST, 2.0**attempt / 4))
        else:
            raise TimeoutError(f"job {job.id}: Slack did not take the result")
        await self._previews.end(job.id)

    async def _wait_for_files(self, reply: Reply, unready: int) -> None:
        """Give Slack time to look at pictures; those that it never shows are brought again."""
        if unready % UNREADY_TRIES == 0:
            await self._uploads.forget(picture.id for picture in reply.pictures)
            return
        await asyncio.sleep(min(PAUSE_MOST, UNREADY_PAUSE * 2.0 ** (unready % UNREADY_TRIES - 1)))

    async def _say_at_least(self, job: JobRecord, reply: Reply) -> None:
        """Where Slack refuses a message for what is in it, say where the result can be had."""
        short = Reply(lines=(texts.not_taken(job.id),), job=job.id, buttons=reply.buttons)
        with suppress(*FAULTS):
            await self._go(job, render(short), final=True)

    async def _go(self, job: JobRecord, message: Rendered, *, final: bool) -> bool:
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
            posts = await self._store.posts.of_job(job_id)
            mine = [post for post in posts if post.platform == PLATFORM and post.kind == "job"]
            if mine:
                self._known[job_id] = (mine[-1].channel, mine[-1].message)
        return self._known.get(job_id)

    async def _remember(self, job_id: str, place: Place) -> None:
        if self._known.get(job_id) == place:
            return
        self._known[job_id] = place
        try:
            await self._store.posts.add(Post(job_id, PLATFORM, *place, "job"))
        except UserError as error:
            log.warning("job %s: its message cannot be noted: %s", job_id, error)

"""The one message of each job, through its whole life, and by whatever way it can be reached.

It is posted where the job was asked for, updated as the job goes on, and at last gets the pictures.
A private job's message lives in the direct messages with its asker; so does that of a job from a
channel that the bot may not write to.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NoReturn
from weakref import WeakValueDictionary

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.patience import FIRST_PAUSES, REMEMBERED
from bot.adapters.slack.askers import Askers
from bot.adapters.slack.payloads import PLATFORM
from bot.adapters.slack.posting import Poster, remember
from bot.adapters.slack.previews import Previews
from bot.adapters.slack.rendering import render
from bot.adapters.slack.starting import BAD_TOKEN
from bot.adapters.slack.uploading import Uploads
from bot.adapters.slack.ways import Ways
from bot.adapters.slack.web import (
    FAULTS,
    details,
    is_passing,
    is_unready_file,
    pause_asked,
    reason,
)
from bot.reply import Reply
from bot.service.surface import Capabilities, NotTaken
from storage.records import FILES, JobRecord, Post
from storage.store import Store

log = logging.getLogger(__name__)

EDIT_SECONDS: Final = 1.5
"""Between two states of a message: Slack takes about fifty updates a minute."""
PAUSES_KEPT: Final = 10
"""Pauses that Slack may ask for in a row before a result has to wait its turn again."""
UNREADY_PAUSE: Final = 0.25
UNREADY_LONGEST: Final = 60.0
UNREADY_TRIES: Final = 9
"""Tries, over half a minute, after which pictures are brought again that Slack does not show."""
UNREADY_MOST: Final = 2 * UNREADY_TRIES
"""Tries after which a result is brought without its pictures."""
GONE: Final = frozenset({"user_disabled", "user_not_found", "cannot_dm_bot"})
"""Why nobody can be told anything any more."""
MENDED: Final = BAD_TOKEN | {"missing_scope"}
"""What only the owner can mend: results wait for that as for Slack itself."""


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
        """Bring a job's message to this state; a final one has arrived when this returns.

        Raises ``NotTaken`` where that one has not.
        """
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
        self._ways = Ways(poster, store.posts)
        self._shown: OrderedDict[str, None] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Each lives as long as somebody holds it, or waits for it."""

    async def accepted(self, job_id: str, reply: Reply) -> None:
        """Show the state that a job was accepted in; tried again when it fails."""
        for pause in FIRST_PAUSES:
            await asyncio.sleep(pause)
            await self._calm.passed()
            job = await self._store.jobs.get(job_id)
            if job is None or job.deleted or job_id in self._shown:
                return
            state = await self._askers.named(job, reply)
            async with self._lock(job_id):
                if job_id in self._shown or await self._passing(job, state):
                    return

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Bring a job's message to this state."""
        if job.deleted:
            self._forget(job.id)
            return
        reply = await self._askers.named(job, reply)
        if not reply.final:
            await self._calm.passed()
            async with self._lock(job.id):
                await self._passing(job, reply)
            return
        try:
            async with self._lock(job.id):
                await self._deliver(job, reply)
        finally:
            self._forget(job.id)

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Delete messages and files, as many as can be. Raises a fault that may pass."""
        fault: Exception | None = None
        for post in posts:
            try:
                if post.kind in FILES:
                    await self._uploads.delete(post.message)
                else:
                    await self._poster.delete(post.channel, post.message)
            except FAULTS as error:
                if is_passing(error):
                    fault = error
                else:
                    log.info("message %s cannot be deleted: %s", post.message, reason(error))
        if fault is not None:
            raise fault

    def _forget(self, job_id: str) -> None:
        """Let go what is remembered of a job that is over."""
        self._ways.forget(job_id)
        self._previews.forget(job_id)

    def _lock(self, job_id: str) -> asyncio.Lock:
        return self._locks.setdefault(job_id, asyncio.Lock())

    async def _passing(self, job: JobRecord, reply: Reply) -> bool:
        """Show a state that others will follow, and return whether it can be seen."""
        remember(self._shown, job.id, REMEMBERED)
        preview = await self._previews.of(job.id, reply.progress)
        with_preview = render(reply, preview=preview)
        for message in (with_preview, render(reply)) if preview else (with_preview,):
            try:
                return await self._ways.go(job, message, final=False)
            except FAULTS as error:
                log.debug("job %s: a state was not shown: %s", job.id, error)
                if not is_unready_file(error):
                    break
        if not self._ways.is_known(job.id):
            self._shown.pop(job.id, None)
        return False

    async def _deliver(self, job: JobRecord, reply: Reply) -> None:
        """Bring a final state, with the pauses that Slack asks for and needs for the pictures."""
        remember(self._shown, job.id, REMEMBERED)
        paused = unready = 0
        while True:
            try:
                await self._bring(job, reply, pictures=unready < UNREADY_MOST)
            except FAULTS as error:
                if is_unready_file(error):
                    unready += 1
                    await self._wait_for_files(reply, unready)
                elif pause_asked(error) is not None and paused < PAUSES_KEPT:
                    # The next call keeps the pause.
                    paused += 1
                else:
                    await self._explain(job, reply, error)
            else:
                await self._previews.end(job.id)
                return

    async def _bring(self, job: JobRecord, reply: Reply, *, pictures: bool) -> None:
        """Bring a final state; of a stopped job nobody misses the message.

        Without ``pictures``, which Slack has not shown for long, it says where they can be had.
        """
        files = await self._uploads.pictures(reply.pictures) if pictures else {}
        closed = "nothing reaches its asker"
        try:
            if await self._ways.go(job, render(reply, files), final=True):
                return
        except FAULTS as error:
            if reason(error) not in GONE:
                raise
            closed = reason(error)
        if job.status != "cancelled":
            raise NotTaken("closed", closed)

    async def _explain(self, job: JobRecord, reply: Reply, error: Exception) -> NoReturn:
        """Raise what a fault means; where a message is refused, its asker hears of the result."""
        if is_passing(error) or reason(error) in MENDED:
            raise NotTaken("down", details(error)) from error
        await self._say_at_least(job, reply)
        raise NotTaken("refused", details(error)) from error

    async def _wait_for_files(self, reply: Reply, unready: int) -> None:
        """Give Slack time to look at pictures; those that it never shows are brought again."""
        if unready % UNREADY_TRIES == 0:
            await self._uploads.forget(reply.pictures)
            return
        await asyncio.sleep(
            min(UNREADY_LONGEST, UNREADY_PAUSE * 2.0 ** (unready % UNREADY_TRIES - 1))
        )

    async def _say_at_least(self, job: JobRecord, reply: Reply) -> None:
        """Where Slack refuses a message for what is in it, say where the result can be had."""
        short = Reply(lines=(texts.not_taken(job.id),), job=job.id, buttons=reply.buttons)
        with suppress(*FAULTS):
            await self._ways.go(job, render(short), final=True)

"""Writes down what became of results."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final

from bot.chat_errors import NotDelivered
from bot.service.running.chronicle import Chronicle
from storage.files import PictureFiles
from storage.records import CHECKS, JobRecord
from storage.store import Store

DIFFERENCES_KEPT: Final = 32
"""Checks at the machine whose pictures of differences are kept at the same time."""


class Deliveries:
    """The outbox's ledger in the store. A check is forgotten once its asker has been told.

    Where he is at the machine (``own`` are such platforms) he was told where the picture of a
    difference lies, so that it stays for a while.
    """

    def __init__(
        self, store: Store, files: PictureFiles, chronicle: Chronicle, own: frozenset[str]
    ) -> None:
        self._jobs = store.jobs
        self._posts = store.posts
        self._files = files
        self._own = own
        self._kept: deque[str] = deque()
        self._chronicle = chronicle

    async def is_owed(self, job: JobRecord) -> bool:
        """Return whether the asker still waits for the result."""
        return await self._jobs.is_owed(job.id)

    async def delivered(self, job: JobRecord) -> None:
        """Note that the asker has the result."""
        if await self._jobs.deliver(job.id):
            self._chronicle.delivered(job)
        await self._forget_check(job)

    async def undelivered(self, job: JobRecord, error: NotDelivered) -> None:
        """Note that the result is brought no more: a job that went well has failed by that."""
        if await self._jobs.undelivered(job.id, error) and job.status == "rendered":
            self._chronicle.stopped(replace(job, status="failed", error=error))
        await self._forget_check(job)

    async def _forget_check(self, job: JobRecord) -> None:
        if job.command not in CHECKS:
            return
        if job.reply_to.platform in self._own:
            self._kept.append(job.id)
            if len(self._kept) > DIFFERENCES_KEPT:
                await asyncio.to_thread(self._files.drop_differences, self._kept.popleft())
        else:
            dropped = await asyncio.to_thread(self._files.drop_differences, job.id)
            if dropped:
                await self._hand_over(job)
        await self._jobs.delete(job.id)

    async def _hand_over(self, check: JobRecord) -> None:
        """Let the message that shows a difference go when the job does whose picture is in it."""
        for post in await self._posts.of_job(check.id):
            if post.kind != "preview" and check.parent:
                kind = "shown" if post.kind == "job" else post.kind
                await self._posts.add(replace(post, job=check.parent, kind=kind))

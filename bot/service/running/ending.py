"""How jobs end: their askers are told, and whoever waits for it goes on."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Final

from bot.reply import Reply
from bot.service.delivering.announcer import Announcer
from bot.service.running.chronicle import Chronicle
from bot.service.showing.changes import since_parent, with_changes
from bot.service.showing.checking import Checks
from bot.service.showing.ended import Showing
from bot.service.showing.views import Views
from generation.errors import InternalFault, UserError
from storage.records import OPEN, JobRecord
from storage.store import Store

log = logging.getLogger(__name__)

REMADE: Final = ("reroll", "vary")
"""Commands whose pictures have the same recipe as others, but for what was asked to be changed."""


class Endings:
    """Reports the ends of jobs. Never raises: who waits for a job is told, whatever goes wrong."""

    def __init__(
        self,
        store: Store,
        announcer: Announcer,
        views: Views,
        showing: Showing,
        checks: Checks,
        chronicle: Chronicle,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._views = views
        self._showing = showing
        self._checks = checks
        self._chronicle = chronicle
        self._awaited: dict[str, asyncio.Event] = {}

    def expect(self, job_id: str) -> None:
        """Let others wait for a job's end from now on."""
        self._awaited[job_id] = asyncio.Event()

    async def wait_for(self, job_id: str) -> None:
        """Wait until a job has ended; not at all for one that is not expected."""
        if job_id in self._awaited:
            await self._awaited[job_id].wait()

    async def idle(self) -> None:
        """Wait until every job that is expected to end has ended."""
        while self._awaited:
            await next(iter(self._awaited.values())).wait()

    async def tell(self, job: JobRecord) -> None:
        """Report how a job ended just now, and let go whoever waits for it.

        What the store has of it counts, but where not even a failure could be stored.
        """
        try:
            stored = await self._store.jobs.get(job.id)
            if stored is not None:
                await self._tell(job if _is_unstored(job, stored) else stored)
        except Exception as error:
            log.exception("job %s: its end cannot be told", job.id)
            self._excuse(job, error)
        finally:
            if event := self._awaited.pop(job.id, None):
                event.set()

    async def tell_again(self, job: JobRecord) -> None:
        """Report how a job ended in an earlier process."""
        try:
            self._announcer.report(job, await self._over(job))
        except Exception as error:
            log.exception("job %s: its end cannot be told", job.id)
            self._excuse(job, error)

    async def _tell(self, ended: JobRecord) -> None:
        if ended.status in ("failed", "cancelled"):
            self._chronicle.stopped(ended)
        if ended.command == "verify" and ended.status == "rendered":
            reply = self._checks.reply(ended)
        else:
            await self._checks.forget(ended)
            reply = await self._over(ended)
        self._announcer.report(ended, reply)

    async def _over(self, job: JobRecord) -> Reply:
        """Return the last state of a job; of one that was made anew also what has changed since."""
        pictures = await self._store.pictures.of_job(job.id)
        reply = await self._showing.over(job, pictures)
        if job.command not in REMADE:
            return reply
        return with_changes(reply, await since_parent(self._store, job, pictures))

    def _excuse(self, job: JobRecord, error: Exception) -> None:
        """Say in place of an end that it cannot be told; what is stored can be had by its id."""
        fault = error if isinstance(error, UserError) else InternalFault(job.id)
        failed = replace(job, status="failed", error=fault)
        self._announcer.report(failed, self._views.over(failed, ()))


def _is_unstored(job: JobRecord, stored: JobRecord) -> bool:
    return stored.status in OPEN and job.status == "failed"

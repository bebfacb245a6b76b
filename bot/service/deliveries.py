"""Writes down what became of results."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import NotDelivered
from bot.service.chronicle import Chronicle
from storage.jobs import Jobs
from storage.records import CHECKS, JobRecord


class Deliveries:
    """The outbox's ledger in the store. A check is forgotten once its asker has been told."""

    def __init__(self, jobs: Jobs, chronicle: Chronicle) -> None:
        self._jobs = jobs
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
        if job.command in CHECKS:
            await self._jobs.delete(job.id)

"""Going on where an earlier process, or an earlier try, was stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from bot.errors import InputGone
from bot.service.running.ending import Endings
from generation.engine import Order
from storage.files import PictureFiles
from storage.records import CHECKS, JobRecord
from storage.store import Store

LOOKED_AFTER: Final = 100
"""So many of the jobs that were deleted last are looked after at a start: more than one person may
have open, and forget."""


async def take_up(store: Store, files: PictureFiles, endings: Endings) -> None:
    """Bring what an earlier process left into order: before any job is taken.

    Jobs that ran wait again, and ends that their askers were not told of are told.
    """
    for job_id in await store.jobs.deleted_last(LOOKED_AFTER):
        # Of one that was made while it was deleted, a picture may have come after that.
        await asyncio.to_thread(files.prune, job_id, ())
    for job in await store.jobs.unfinished():
        there = await store.pictures.of_job(job.id)
        known = [picture.path for picture in there if picture.is_there]
        await asyncio.to_thread(files.prune, job.id, known)
        if job.status == "running":
            await store.jobs.requeue(job.id, failed_attempt=False)
        elif job.status == "rendered" and job.command in CHECKS:
            await store.jobs.check_again(job.id)
        elif job.status != "queued":
            await endings.tell_again(job)


async def order_for(store: Store, files: PictureFiles, job: JobRecord) -> Order:
    """Ask for the pictures of a job that are not there yet: an earlier try may have made some.

    Raises ``InputGone`` where a picture that it starts from is not stored any more.
    """
    there = {picture.index for picture in await store.pictures.of_job(job.id)}
    hashes = job.recipe.inputs
    found = await store.inputs.find(hashes)
    for sha256 in hashes:
        if sha256 not in found:
            raise InputGone(sha256[:12])
    inputs: dict[str, Path] = {sha: files.path(kept.path) for sha, kept in found.items()}
    missing = tuple(index for index in range(1, job.count + 1) if index not in there)
    # The start that is just made is counted, too.
    return Order(
        job.id, job.recipe, missing, inputs, attempts=max(0, job.attempts - 1), plan=job.plan
    )

"""Takes finished pictures over: judged first, then kept with their file or without."""

from __future__ import annotations

import asyncio

from bot.service.showing.safety import Safety
from generation.engine import PictureReady
from storage.files import PictureFiles
from storage.records import AuditEntry, JobRecord, NewPicture, utc_now
from storage.store import Store


class Keeping:
    """Keeps what the engine has made."""

    def __init__(self, store: Store, files: PictureFiles, safety: Safety) -> None:
        self._store = store
        self._files = files
        self._safety = safety

    async def keep(self, job: JobRecord, ready: PictureReady) -> bool:
        """Store a picture of a running job, and return whether that was done.

        Of one that is withheld the file goes at once; when the job runs no more, any goes.
        """
        if self._safety.verdict(ready.flagged, job.reply_to) == "withheld":
            await asyncio.to_thread(ready.path.unlink, missing_ok=True)
            return await self._withhold(job, ready)
        path = await asyncio.to_thread(self._files.adopt, ready.path, f"{job.id}.{ready.index}")
        try:
            size = await asyncio.to_thread(lambda: self._files.path(path).stat().st_size)
            kept = await self._store.jobs.picture_done(_new(job, ready, path, size))
        except Exception:
            # Whoever is cut off here cannot tell whether it is stored: the next start looks.
            await asyncio.to_thread(self._files.delete, [path])
            raise
        if kept is None:
            await asyncio.to_thread(self._files.delete, [path])
        return kept is not None

    async def _withhold(self, job: JobRecord, ready: PictureReady) -> bool:
        noted = AuditEntry(
            moment=utc_now(),
            actor=job.actor,
            action="withheld",
            subject=f"{job.id}.{ready.index}",
            place=job.place,
            detail=f"{ready.flagged:.2f}",
        )
        return await self._store.jobs.picture_done(_new(job, ready, "", 0), noted) is not None


def _new(job: JobRecord, ready: PictureReady, path: str, size: int) -> NewPicture:
    return NewPicture(
        job=job.id,
        index=ready.index,
        recipe=ready.recipe,
        path=path,
        width=ready.width,
        height=ready.height,
        bytes=size,
        pixels_sha256=ready.pixels_sha256,
        seconds=ready.seconds,
        environment=ready.environment,
        warnings=ready.warnings,
        flagged=ready.flagged,
        absent="" if path else "withheld",
    )

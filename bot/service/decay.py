"""What goes by itself: pictures whose time is over, and what was left to be deleted later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from generation.errors import UserError
from storage.files import PictureFiles
from storage.records import utc_now
from storage.store import Store

log = logging.getLogger(__name__)

EVERY: Final = 3600.0
"""Seconds between two rounds."""
BATCH: Final = 100
"""Pictures of one transaction; commands come in between."""
PAUSE: Final = 0.05
"""Seconds between two batches."""
UNUSED_STAYS: Final = timedelta(days=1)
"""An input picture that no job starts from may be wanted still: a form can stay open for hours."""


async def delete_files(store: Store, files: PictureFiles, paths: Collection[str]) -> None:
    """Delete doomed files, and note that they are gone."""
    await asyncio.to_thread(files.delete, paths)
    await store.pictures.unlinked(paths)


async def delete_doomed(store: Store, files: PictureFiles, paths: Collection[str]) -> None:
    """Delete those of some files that are doomed still: an input may have been sent again."""
    async with store.inputs.steady:
        doomed = frozenset(await store.pictures.doomed())
        await delete_files(store, files, doomed.intersection(paths))


class Decay:
    """Deletes files of pictures ``keep_days`` after they were made, 0: never.

    Favourites of anybody stay. An input picture goes when it is as old, and neither a favourite
    nor a job of these days starts from it; one that no job at all starts from goes after a day, and
    so does a sheet that nobody asks for.
    """

    def __init__(
        self,
        store: Store,
        files: PictureFiles,
        keep_days: int,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._files = files
        self._keep_days = keep_days
        self._clock = clock

    async def run(self) -> None:
        """Go round at once and then every hour, until cancelled."""
        while True:
            try:
                await self.round()
            except UserError as error:
                log.warning("nothing old can be deleted for now: %s", error)
            except Exception:
                log.exception("nothing old can be deleted for now")
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """Delete whatever has had its time. Raises ``DiskFull`` and the like."""
        await self._store.forgetting.drop_pictures()
        await self._leftovers()
        await asyncio.to_thread(self._files.sheets.sweep)
        if self._keep_days:
            before = self._clock() - timedelta(days=self._keep_days)
            await self._pictures(before)
            await self._inputs(before, used_since=before)
            await self._store.audit.expire(before)
        await self._inputs(self._clock() - UNUSED_STAYS)
        await self._store.forgetting.drop_rows()
        await self._store.traces.clear()

    async def _leftovers(self) -> None:
        """Delete files that could not be deleted when they were to go."""
        async with self._store.inputs.steady:
            doomed = await self._store.pictures.doomed()
            await delete_files(self._store, self._files, doomed)

    async def _pictures(self, before: datetime) -> None:
        gone = 0
        while paths := await self._store.pictures.expire(before, BATCH):
            await delete_files(self._store, self._files, paths)
            gone += len(paths)
            await asyncio.sleep(PAUSE)
        if gone:
            log.info("%d pictures have had their time: their files are deleted.", gone)

    async def _inputs(self, before: datetime, used_since: datetime | None = None) -> None:
        inputs = self._store.inputs
        async with inputs.steady:
            paths = await inputs.doom_unused(before, used_since=used_since)
            await delete_files(self._store, self._files, paths)

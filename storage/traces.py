"""What deleting rows leaves in the file: words in the index, old copies in pages, the journal."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select, text

from storage import fulltext, schema, sqlite
from storage.database import Database
from storage.faults import database_faults, file_faults

log = logging.getLogger(__name__)
jobs = schema.jobs

AT_ONCE: Final = 64_000_000
"""Bytes of a database that is written anew while the bot runs: it takes about half a second, on a
busy machine two, in which nothing can be stored. A larger one waits for the next start."""
_TAKEN_OUT: Final = 100
_MERGED_PAGES: Final = 200
"""Pages of the index that one transaction merges, in some hundredths of a second."""
_NOTES: Final = 2**29
"""How many different notes there are: twice as large a number still has its place."""
_CHECKPOINTS: Final = 50
_PAUSE: Final = 0.1


class Traces:
    """Clears the traces of deleted rows, once ``leave`` has noted that there are any.

    The note is in the head of the database, its ``user_version``, which each transaction keeps
    with the rest; so what a kill interrupts is done at the next start. It is another odd number
    each time, so that nobody takes the traces for cleared that were left meanwhile; the even one
    below says that the index is clear, 0 that all is.
    """

    def __init__(self, database: Database, at_once: int = AT_ONCE) -> None:
        self._database = database
        self._at_once = at_once
        self._clearing = asyncio.Lock()

    async def are_there(self) -> bool:
        """Whether there are traces that must not stay."""
        return bool(await self._database.read(_left))

    async def clear(self, *, at_start: bool = False) -> bool:
        """Clear the traces, and return whether none is left.

        The index is merged in small steps, between which others write. A large database is
        written anew only ``at_start``, while nobody waits for it. Raises ``DiskFull`` and the
        other errors of ``storage.faults``; what is left then stays noted.
        """
        async with self._clearing:
            left = await self._database.read(_left)
            if left % 2:
                await self._merge_index()
                await self._replace(left, left - 1)
                left -= 1
            if not left:
                return True
            path = self._database.path
            await asyncio.to_thread(_delete_backups, path)
            large = not at_start and path.stat().st_size > self._at_once
            if not await asyncio.to_thread(_write_anew, path, large):
                return False
            cleared = await self._replace(left, 0)
        log.info("The traces of those who were forgotten are cleared.")
        return cleared

    async def _replace(self, left: int, now: int) -> bool:
        """Note what is left now, unless more was left meanwhile; return whether that is noted."""

        def work(connection: Connection) -> bool:
            if _left(connection) != left:
                return False
            _note(connection, now)
            return True

        return await self._database.write(work)

    async def _merge_index(self) -> None:
        """Take forgotten jobs out of the index, and merge all its segments into one without them.

        That takes far longer than the rest of a deletion, so others write in between.
        """
        while await self._database.write(_take_out):
            pass
        await self._database.write(lambda connection: fulltext.merge(connection, -_MERGED_PAGES))
        while await self._database.write(_merge_more):
            pass


def leave(connection: Connection) -> None:
    """Note, with the transaction that deletes the rows, that their traces must not stay."""
    _note(connection, 2 * secrets.randbelow(_NOTES) + 3)


def _take_out(connection: Connection) -> bool:
    """Take some of the forgotten jobs out of the index, and return whether there were any."""
    forgotten = jobs.c.deleted.is_not(None), jobs.c.actor == "", fulltext.indexed(jobs.c.number)
    numbers = list(connection.scalars(select(jobs.c.number).where(*forgotten).limit(_TAKEN_OUT)))
    fulltext.remove_all(connection, numbers)
    return bool(numbers)


def _merge_more(connection: Connection) -> bool:
    return fulltext.merge(connection, _MERGED_PAGES)


def _note(connection: Connection, left: int) -> None:
    connection.exec_driver_sql(f"PRAGMA user_version = {left}")


def _left(connection: Connection) -> int:
    return int(connection.scalar(text("PRAGMA user_version")))


def _delete_backups(path: Path) -> None:
    """Delete the copies from before migrations, which hold what was deleted since."""
    with file_faults(path.parent):
        for backup in sqlite.backups(path):
            backup.unlink(missing_ok=True)


def _write_anew(path: Path, large: bool) -> bool:
    """Write the database without its free space, if it is not large, and empty the journal.

    SQLite overwrites what it deletes, but not the copies of it that were left in unused parts of
    pages when rows moved between them. Returns whether all was done.
    """
    with (
        database_faults(path),
        closing(sqlite3.connect(path, timeout=sqlite.BUSY_MS / 1000)) as raw,
    ):
        raw.isolation_level = None
        for pragma in sqlite.THOROUGH:
            raw.execute(f"PRAGMA {pragma}")
        if not large:
            raw.execute("VACUUM")
        for _ in range(_CHECKPOINTS):
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return not large
            time.sleep(_PAUSE)
    return False

"""Answers that chat services were told to wait for, before there was a job to store."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select

from storage import schema
from storage.database import Database
from storage.records import Promise
from storage.rows import ticket_from, ticket_values

promises = schema.promises

# Made once, as many a job keeps one.
_KEEP: Final = delete(promises).where(
    promises.c.platform == bindparam("the_platform"), promises.c.id == bindparam("the_ticket")
)
_REPLACE: Final = (
    "INSERT OR REPLACE INTO promises (platform, id, channel, ticket, request)"
    " VALUES (?, ?, ?, ?, ?)"
)


class Promises:
    """Keeps what was promised, so that a restart can give it, or say that nothing came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[Promise] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, promise: Promise) -> None:
        """Note a promise, in place of an earlier one; it is on the disk when this returns.

        Those that come at the same time are written together: a storm of commands has to be
        promised an answer faster than each of them could be written alone.
        """
        self._waiting.append(promise)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(self._writing)

    async def _write(self) -> None:
        # One turn of the loop, in which others come.
        await asyncio.sleep(0)
        self._writing, together, self._waiting = None, self._waiting, []
        newest = {(each.platform, each.ticket.id): each for each in together}
        rows = [_row(promise) for promise in newest.values()]

        def work(connection: Connection) -> None:
            # Past the layers that take longer than the writing itself, of which a storm has many.
            connection.exec_driver_sql(_REPLACE, rows)

        await self._database.write(work)

    async def kept(self, platform: str, ticket: str) -> None:
        """Forget a promise that was kept."""
        await self._database.write(lambda connection: keep(connection, platform, ticket))

    async def broken(self, platform: str) -> tuple[Promise, ...]:
        """Return what an earlier process promised and did not give."""
        query = select(promises).where(promises.c.platform == platform)
        rows = await self._database.read(
            lambda connection: connection.execute(query).mappings().all()
        )
        return tuple(
            Promise(platform, row["channel"], ticket, row["request"])
            for row in rows
            if (ticket := ticket_from(row["ticket"])) is not None
        )


def _row(promise: Promise) -> tuple[str | None, ...]:
    """Return a promise as the columns of ``_REPLACE`` hold it."""
    request = None if promise.request is None else json.dumps(promise.request)
    ticket = json.dumps(ticket_values(promise.ticket))
    return promise.platform, promise.ticket.id, promise.channel, ticket, request


def keep(connection: Connection, platform: str, ticket: str) -> None:
    """Forget a promise that is kept, if there was one."""
    connection.execute(_KEEP, {"the_platform": platform, "the_ticket": ticket})

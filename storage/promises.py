"""Answers that chat services were told to wait for, before there was a job to store."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from storage import schema
from storage.database import Database
from storage.records import Promise
from storage.rows import ticket_from, ticket_values

promises = schema.promises

# Made once, as many a job keeps one.
_KEEP: Final = delete(promises).where(
    promises.c.platform == bindparam("the_platform"), promises.c.id == bindparam("the_ticket")
)


class Promises:
    """Keeps what was promised, so that a restart can at least say that nothing came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, promise: Promise) -> None:
        """Note a promise; it is on the disk when this returns."""
        values = {
            "platform": promise.platform,
            "id": promise.ticket.id,
            "channel": promise.channel,
            "ticket": ticket_values(promise.ticket),
        }
        await self._database.write(
            lambda connection: connection.execute(insert(promises).values(values))
        )

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
            Promise(platform, row["channel"], ticket)
            for row in rows
            if (ticket := ticket_from(row["ticket"])) is not None
        )


def keep(connection: Connection, platform: str, ticket: str) -> None:
    """Forget a promise that is kept, if there was one."""
    connection.execute(_KEEP, {"the_platform": platform, "the_ticket": ticket})

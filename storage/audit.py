"""The audit trail: who did what with which job, for the owner, without a word of any prompt."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, or_, select

from generation.errors import UserError
from storage import schema
from storage.database import Database
from storage.records import AuditEntry, Page

log = logging.getLogger(__name__)

audit = schema.audit
_INSERT: Final = insert(audit)
WITHIN: Final = timedelta(minutes=1)
REMEMBERED: Final = 1000
"""So many notes are remembered, so that a flood of refusals is no flood of rows."""
EXPIRED_AT_ONCE: Final = 5_000
"""Old entries that one transaction deletes, in some hundredths of a second."""


class Audit:
    """Keeps the trail. What changes jobs is written along with the change, see ``write``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[AuditEntry] = []
        self._writing: asyncio.Task[None] | None = None
        self._noted: OrderedDict[tuple[str, ...], datetime] = OrderedDict()

    async def add(self, entry: AuditEntry) -> None:
        """Note something; it is on the disk when this returns."""
        await self._database.write(lambda connection: write(connection, (entry,)))

    def note(self, entry: AuditEntry) -> None:
        """Note something a little later, with others; returns at once.

        A kill may lose it. The same of the same person counts once within ``WITHIN``.
        """
        key = entry.actor, entry.action, entry.place, entry.detail
        noted = self._noted.get(key)
        # A clock that was set back is no reason to be silent for as long.
        if noted is not None and abs(entry.moment - noted) < WITHIN:
            return
        self._noted[key] = entry.moment
        self._noted.move_to_end(key)
        if len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)
        self._waiting.append(entry)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def flush(self) -> None:
        """Write what waits."""
        while self._writing is not None:
            await asyncio.shield(self._writing)

    async def of(
        self, actor: str = "", *, cursor: int | None = None, limit: int = 50
    ) -> Page[AuditEntry]:
        """Return what somebody did, or what was done to their jobs, newest first; empty: all."""
        query = select(audit).order_by(audit.c.number.desc()).limit(limit + 1)
        if actor:
            query = query.where(or_(audit.c.actor == actor, audit.c.detail == actor))
        if cursor is not None:
            query = query.where(audit.c.number < cursor)

        def look_up(connection: Connection) -> list[AuditEntry]:
            return [AuditEntry(**row) for row in connection.execute(query).mappings()]

        found = await self._database.search(look_up)
        return Page(tuple(found[:limit]), found[limit - 1].number if len(found) > limit else None)

    async def expire(self, before: datetime) -> int:
        """Delete what is older, and return how many entries that were; others write in between."""
        old = select(audit.c.number).where(audit.c.moment < before).limit(EXPIRED_AT_ONCE)
        query = delete(audit).where(audit.c.number.in_(old))
        gone = 0
        while some := await self._database.write(lambda each: each.execute(query).rowcount):
            gone += some
        return gone

    async def _write(self) -> None:
        # One turn of the loop, in which others come.
        await asyncio.sleep(0)
        try:
            while together := self._waiting:
                self._waiting = []
                await self._database.write(partial(write, entries=together))
        except UserError as error:
            log.warning("some of the audit trail is lost: %s", error)
        finally:
            self._writing = None


def write(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Note things in the transaction that they belong to."""
    connection.execute(_INSERT, [_row(entry) for entry in entries])


def forget(connection: Connection, actor: str) -> None:
    """Delete what somebody did and what names them, for a transaction that forgets them."""
    named = audit.c.actor == actor, audit.c.subject == actor, audit.c.detail == actor
    connection.execute(delete(audit).where(or_(*named)))


def _row(entry: AuditEntry) -> dict[str, Any]:
    names = ("moment", "actor", "action", "subject", "place", "detail")
    return {name: getattr(entry, name) for name in names}

"""Who used the bot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from storage import schema
from storage.database import Database
from storage.records import ActorRecord, utc_now

actors = schema.actors

WITHIN: Final = timedelta(minutes=1)
"""Somebody who was noted under the same name so shortly before is not noted again."""
REMEMBERED: Final = 10_000
"""So many actors' last notes are kept in memory."""
NAMES: Final = 1_000
"""So many names that somebody asked for are kept in memory."""

# Made once: to put a statement together takes longer than to carry it out.
_FIRST: Final = insert(actors)
_AGAIN: Final = (
    update(actors)
    .where(actors.c.actor == bindparam("actor_"))
    .values(
        name=func.coalesce(func.nullif(bindparam("name"), ""), actors.c.name),
        last_seen=bindparam("last_seen"),
    )
)


class Actors:
    """Keeps the names by which actors were last seen."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._noted: OrderedDict[str, tuple[str, datetime]] = OrderedDict()
        self._names: OrderedDict[str, str] = OrderedDict()

    async def seen(self, actor: str, name: str) -> None:
        """Note that somebody was there just now, under a display name; empty: as before.

        The time is kept to the minute only, so that a flood of commands is no flood of writes.
        """
        now = self._clock()
        if self._is_known(actor, name, now):
            return
        values = {"actor": actor, "name": name, "first_seen": now, "last_seen": now}
        again = {"actor_": actor, "name": name, "last_seen": now}

        def work(connection: Connection) -> None:
            if connection.execute(_AGAIN, again).rowcount == 0:
                connection.execute(_FIRST, values)

        await self._database.write(work)
        self._noted[actor] = name, now
        self._noted.move_to_end(actor)
        if len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)

    def forget(self, actor: str) -> None:
        """Let go of what is in memory of an actor whose row was deleted."""
        self._noted.pop(actor, None)
        self._names.pop(actor, None)

    def _is_known(self, actor: str, name: str, now: datetime) -> bool:
        """Whether what is to be noted was noted just before."""
        noted = self._noted.get(actor)
        return noted is not None and name in (noted[0], "") and now - noted[1] < WITHIN

    async def name(self, actor: str) -> str:
        """Return the name of an actor, empty where none is known; it is remembered for a while."""
        if actor not in self._names:
            known = await self.get(actor)
            if known is None or not known.name:
                return ""
            self._names[actor] = known.name
            if len(self._names) > NAMES:
                self._names.popitem(last=False)
        return self._names[actor]

    async def get(self, actor: str) -> ActorRecord | None:
        """Return what is known of an actor."""
        query = select(actors).where(actors.c.actor == actor)

        def look_up(connection: Connection) -> ActorRecord | None:
            row = connection.execute(query).mappings().first()
            return None if row is None else ActorRecord(**row)

        return await self._database.read(look_up)

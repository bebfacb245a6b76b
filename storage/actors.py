"""Who used the bot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from storage import schema
from storage.database import Database
from storage.records import ActorRecord, utc_now

actors = schema.actors


class Actors:
    """Keeps the names by which actors were last seen."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def seen(self, actor: str, name: str) -> None:
        """Note that somebody was there just now, under a display name."""
        now = self._clock()
        again = update(actors).where(actors.c.actor == actor).values(name=name, last_seen=now)
        first = insert(actors).values(actor=actor, name=name, first_seen=now, last_seen=now)

        def work(connection: Connection) -> None:
            if connection.execute(again).rowcount == 0:
                connection.execute(first)

        await self._database.write(work)

    async def get(self, actor: str) -> ActorRecord | None:
        """Return what is known of an actor."""
        query = select(actors).where(actors.c.actor == actor)

        def look_up(connection: Connection) -> ActorRecord | None:
            row = connection.execute(query).mappings().first()
            return None if row is None else ActorRecord(**row)

        return await self._database.read(look_up)

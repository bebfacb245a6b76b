"""Which pictures somebody likes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from storage import schema
from storage.database import Database
from storage.ids import parse_id
from storage.records import Page, PictureRecord, utc_now
from storage.rows import picture_from

favorites = schema.favorites


class Favorites:
    """Keeps favourites by actor; they go with their picture when that is deleted."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def add(self, actor: str, picture: str) -> bool:
        """Add a picture; ``False`` when it is one already, or when there is no such picture."""
        found, now = str(parse_id(picture)), self._clock()

        def work(connection: Connection) -> bool:
            there = select(schema.pictures.c.id).where(schema.pictures.c.id == found)
            already = select(favorites.c.number).where(
                favorites.c.actor == actor, favorites.c.picture == found
            )
            if connection.scalar(there) is None or connection.scalar(already) is not None:
                return False
            values = {"actor": actor, "picture": found, "created": now}
            connection.execute(insert(favorites).values(values))
            return True

        return await self._database.write(work)

    async def remove(self, actor: str, picture: str) -> bool:
        """Take a picture out and return whether it was one."""
        query = delete(favorites).where(
            favorites.c.actor == actor, favorites.c.picture == str(parse_id(picture))
        )
        return await self._database.write(
            lambda connection: connection.execute(query).rowcount == 1
        )

    async def among(self, actor: str, pictures: Collection[str]) -> frozenset[str]:
        """Return which of these pictures are favourites of the actor."""
        query = select(favorites.c.picture).where(
            favorites.c.actor == actor, favorites.c.picture.in_(pictures)
        )
        return await self._database.read(lambda connection: frozenset(connection.scalars(query)))

    async def page(
        self, actor: str, *, cursor: int | None = None, limit: int = 10
    ) -> Page[PictureRecord]:
        """Return favourites, the last added first."""
        query = (
            select(favorites.c.number, schema.pictures)
            .join(schema.pictures, schema.pictures.c.id == favorites.c.picture)
            .where(favorites.c.actor == actor)
            .order_by(favorites.c.number.desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            query = query.where(favorites.c.number < cursor)

        def look_up(connection: Connection) -> Page[PictureRecord]:
            rows = connection.execute(query).mappings().all()
            items = tuple(picture_from(row) for row in rows[:limit])
            return Page(items, rows[limit - 1]["number"] if len(rows) > limit else None)

        return await self._database.search(look_up)

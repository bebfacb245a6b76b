"""Which pictures somebody likes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, delete, insert, select

from storage import schema
from storage.database import Database
from storage.ids import parse_id
from storage.paging import paged
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
        self,
        actor: str,
        *,
        cursor: int | None = None,
        newer: int | None = None,
        limit: int = 10,
    ) -> Page[PictureRecord]:
        """Return favourites, the last added first; pages are as in ``History.search``."""

        def look_up(connection: Connection) -> Page[PictureRecord]:
            turned = paged(partial(_numbers, connection, actor), cursor, newer, limit)
            query = (
                select(schema.pictures)
                .join(favorites, schema.pictures.c.id == favorites.c.picture)
                .where(favorites.c.number.in_(turned.items))
                .order_by(favorites.c.number.desc())
            )
            items = tuple(picture_from(row) for row in connection.execute(query).mappings())
            return Page(items, turned.cursor, turned.newer)

        return await self._database.search(look_up)


def _numbers(
    connection: Connection, actor: str, than: int, most: int, *, upwards: bool
) -> list[int]:
    number = favorites.c.number
    query = (
        select(number)
        .where(favorites.c.actor == actor, number > than if upwards else number < than)
        .order_by(number.asc() if upwards else number.desc())
        .limit(most)
    )
    return list(connection.scalars(query))

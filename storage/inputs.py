"""The pictures that people sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from storage import schema, sqlite
from storage.database import Database
from storage.pictures import doom_files
from storage.records import OPEN, StoredInput, utc_now

inputs, jobs = schema.inputs, schema.jobs
_FIELDS = tuple(field.name for field in fields(StoredInput))
_SENT_AGAIN: Final = update(inputs).where(inputs.c.sha256 == bindparam("the_hash"))
_STARTS: Final = '"image":{'
"""What the canonical JSON of a recipe that starts from a picture has in it."""
_STAYS: Final = delete(schema.doomed_files).where(
    schema.doomed_files.c.path == bindparam("the_path")
)


class Inputs:
    """Keeps what is known of input pictures, by the SHA-256 of their bytes.

    Whoever stores a file and notes it here, or deletes one, holds ``steady`` meanwhile: else a
    picture that is sent again could lose its file to the deletion of before.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self.steady = asyncio.Lock()

    async def expect(self, path: str) -> None:
        """Note that the file of an input picture is about to be stored there.

        Unless it is known already it counts as doomed until ``add``: a kill leaves no orphan. The
        caller holds ``steady``.
        """

        def work(connection: Connection) -> None:
            if connection.scalar(select(inputs.c.sha256).where(inputs.c.path == path)) is None:
                doom_files(connection, (path,))

        await self._database.write(work)

    async def add(self, stored: StoredInput) -> None:
        """Note an input picture whose file is stored, or that it was sent again."""
        now = self._clock()
        values = {name: getattr(stored, name) for name in _FIELDS} | {"created": now}

        def work(connection: Connection) -> None:
            again = _SENT_AGAIN.values(created=now)
            if connection.execute(again, {"the_hash": stored.sha256}).rowcount == 0:
                connection.execute(insert(inputs).values(values))
            connection.execute(_STAYS, {"the_path": stored.path})

        await self._database.write(work)

    async def get(self, sha256: str) -> StoredInput | None:
        """Return the input picture of that hash."""
        return (await self.find((sha256,))).get(sha256)

    async def find(self, hashes: Collection[str]) -> Mapping[str, StoredInput]:
        """Return those of the input pictures that are known, by their hashes."""
        query = select(*(inputs.c[name] for name in _FIELDS)).where(inputs.c.sha256.in_(hashes))

        def look_up(connection: Connection) -> dict[str, StoredInput]:
            rows = connection.execute(query).mappings()
            return {row["sha256"]: StoredInput(**row) for row in rows}

        return await self._database.read(look_up)

    async def doom_unused(
        self,
        before: datetime,
        *,
        used_since: datetime | None = None,
        among: Collection[str] = (),
    ) -> tuple[str, ...]:
        """Forget the input pictures that nobody needs, and return their files to be deleted.

        It takes those that came before a time, and those ``among`` some whenever they came, which
        neither an open job nor a favourite starts from, nor a job asked for ``used_since``; none:
        nor any job that was not deleted. The caller holds ``steady``.
        """
        live: ColumnElement[bool] = jobs.c.deleted.is_(None)
        if used_since is not None:
            live &= or_(jobs.c.created >= used_since, jobs.c.status.in_(OPEN))

        def look_up(connection: Connection) -> tuple[int, frozenset[str]]:
            old = select(inputs.c.sha256).where(inputs.c.created < before)
            some = frozenset(among).union(connection.scalars(old))
            newest = connection.scalar(select(func.max(jobs.c.number))) or 0
            if some:
                some -= hashes_of(connection, live) | _favored(connection)
            return newest, some

        # All jobs are looked through where nobody waits, and only the newest of them again.
        newest, unused = await self._database.search(look_up)
        if not unused:
            return ()

        def work(connection: Connection) -> tuple[str, ...]:
            left = unused - hashes_of(connection, live & (jobs.c.number > newest))
            paths: list[str] = []
            for part in sqlite.parts(list(left)):
                gone = inputs.c.sha256.in_(part)
                paths += connection.scalars(select(inputs.c.path).where(gone))
                connection.execute(delete(inputs).where(gone))
            doom_files(connection, paths)
            return tuple(paths)

        return await self._database.write(work)


def hashes_of(connection: Connection, condition: ColumnElement[bool]) -> frozenset[str]:
    """Return the hashes of the pictures and masks that some jobs start from."""
    return _hashes(connection, jobs.c.recipe, condition)


def _favored(connection: Connection) -> frozenset[str]:
    pictures = schema.pictures
    liked = pictures.c.id.in_(select(schema.favorites.c.picture))
    return _hashes(connection, pictures.c.recipe, liked)


def _hashes(connection: Connection, recipe: Any, condition: ColumnElement[bool]) -> frozenset[str]:
    image, mask = (func.json_extract(recipe, f"$.image.{name}") for name in ("sha256", "mask"))
    # To look for the words first spares the reading of all recipes that start from nothing.
    condition &= func.instr(recipe, _STARTS) > 0
    rows = connection.execute(select(image, mask).where(condition, image.is_not(None)).distinct())
    return frozenset(digest for row in rows for digest in row if digest)

"""The pictures that people sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, insert, select

from storage import schema
from storage.database import Database
from storage.records import StoredInput, utc_now

inputs = schema.inputs
_FIELDS = tuple(field.name for field in fields(StoredInput))


class Inputs:
    """Keeps what is known of input pictures, by the SHA-256 of their bytes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def add(self, stored: StoredInput) -> None:
        """Note an input picture whose file is stored; one that is known already stays."""
        values = {name: getattr(stored, name) for name in _FIELDS} | {"created": self._clock()}
        known = select(inputs.c.sha256).where(inputs.c.sha256 == stored.sha256)

        def work(connection: Connection) -> None:
            if connection.scalar(known) is None:
                connection.execute(insert(inputs).values(values))

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

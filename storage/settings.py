"""Defaults that people set for themselves or for a place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from storage import schema
from storage.database import Database
from storage.records import Options

settings = schema.settings


class Settings:
    """Keeps options by scope, which is an actor or a place.

    Every command looks here, few people ever set anything, and one process alone writes: so all
    of it is kept in memory, too, from the first look on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, Options] | None = None
        self._reading = asyncio.Lock()

    async def get(self, scope: str) -> Options:
        """Return the options set for a scope."""
        return dict((await self._all()).get(scope, {}))

    async def over(self, scopes: Sequence[str]) -> Options:
        """Return the options of several scopes as one, those of a later scope over the others."""
        kept = await self._all()
        return {name: value for scope in scopes for name, value in kept.get(scope, {}).items()}

    async def set(self, scope: str, name: str, value: Any) -> Options:
        """Set one option to a value that JSON can hold, and return all of the scope."""
        return await self._change(scope, lambda old: old | {name: value})

    async def unset(self, scope: str, name: str | None = None) -> Options:
        """Take one option back, or all, and return what is left."""
        if name is None:
            return await self._change(scope, lambda _old: {})
        return await self._change(
            scope, lambda old: {key: value for key, value in old.items() if key != name}
        )

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Hold up all changes while somebody else deletes settings, and read them anew after."""
        async with self._reading:
            try:
                yield
            finally:
                self._kept = None

    async def _change(self, scope: str, change: Callable[[Options], Options]) -> Options:
        def work(connection: Connection) -> Options:
            return _replace(connection, scope, change(_options(connection, scope)))

        # To its end, whoever leaves: what is on the disk has to come to the memory, too.
        return dict(await asyncio.shield(self._write(scope, work)))

    async def _write(self, scope: str, work: Callable[[Connection], Options]) -> Options:
        # One change after the other, and none while everything is read: memory and disk agree.
        async with self._reading:
            left = await self._database.write(work)
            if self._kept is not None:
                self._kept[scope] = left
        return left

    async def _all(self) -> dict[str, Options]:
        if self._kept is not None:
            return self._kept
        async with self._reading:
            kept = self._kept
            if kept is None:
                kept = await self._database.read(_everything)
                if not self._database.read_only:
                    self._kept = kept
        return kept


def _everything(connection: Connection) -> dict[str, Options]:
    query = select(settings.c.scope, settings.c.options)
    return {row.scope: dict(row.options) for row in connection.execute(query)}


def _options(connection: Connection, scope: str) -> Options:
    found = connection.scalar(select(settings.c.options).where(settings.c.scope == scope))
    return dict(found or {})


def _replace(connection: Connection, scope: str, options: Options) -> Options:
    connection.execute(delete(settings).where(settings.c.scope == scope))
    if options:
        connection.execute(insert(settings).values(scope=scope, options=options))
    return options

"""Defaults that people set for themselves or for a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from storage import schema
from storage.database import Database
from storage.records import Options

settings = schema.settings


class Settings:
    """Keeps options by scope, which is an actor or a place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, scope: str) -> Options:
        """Return the options set for a scope."""
        return await self._database.read(lambda connection: _options(connection, scope))

    async def over(self, scopes: Sequence[str]) -> Options:
        """Return the options of several scopes as one, those of a later scope over the others."""
        query = select(settings.c.scope, settings.c.options).where(settings.c.scope.in_(scopes))

        def look_up(connection: Connection) -> Options:
            found = {row.scope: row.options for row in connection.execute(query)}
            return {name: value for scope in scopes for name, value in found.get(scope, {}).items()}

        return await self._database.read(look_up)

    async def set(self, scope: str, name: str, value: Any) -> Options:
        """Set one option to a value that JSON can hold, and return all of the scope."""

        def work(connection: Connection) -> Options:
            return _replace(connection, scope, _options(connection, scope) | {name: value})

        return await self._database.write(work)

    async def unset(self, scope: str, name: str | None = None) -> Options:
        """Take one option back, or all, and return what is left."""

        def work(connection: Connection) -> Options:
            old = {} if name is None else _options(connection, scope)
            left = {key: value for key, value in old.items() if key != name}
            return _replace(connection, scope, left)

        return await self._database.write(work)


def _options(connection: Connection, scope: str) -> Options:
    found = connection.scalar(select(settings.c.options).where(settings.c.scope == scope))
    return dict(found or {})


def _replace(connection: Connection, scope: str, options: Options) -> Options:
    connection.execute(delete(settings).where(settings.c.scope == scope))
    if options:
        connection.execute(insert(settings).values(scope=scope, options=options))
    return options

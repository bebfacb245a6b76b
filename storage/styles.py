"""Styles that people saved for themselves."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from storage import schema
from storage.database import Database
from storage.records import SavedStyle

styles = schema.styles
_Kept = dict[str, dict[str, SavedStyle]]


class Styles:
    """Keeps styles by actor and name.

    They are suggested while somebody types, and one process alone writes: so all of them are kept
    in memory, too, from the first look on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: _Kept | None = None
        self._changing = asyncio.Lock()

    async def of(self, actor: str) -> tuple[SavedStyle, ...]:
        """Return the styles of somebody, by name."""
        if self._kept is None:
            async with self._changing:
                self._kept = await self._database.read(_everything)
        return self.known(actor)

    def known(self, actor: str) -> tuple[SavedStyle, ...]:
        """Return the styles of somebody as far as they are in memory."""
        mine = (self._kept or {}).get(actor, {})
        return tuple(mine[name] for name in sorted(mine))

    async def save(self, style: SavedStyle, most: int) -> bool:
        """Keep a style in place of one of its name; ``False`` for one more than there may be."""
        # To its end, whoever leaves: what is on the disk has to come to the memory, too.
        return await asyncio.shield(self._save(style, most))

    async def remove(self, actor: str, name: str) -> bool:
        """Delete a style and return whether there was one."""
        return await asyncio.shield(self._remove(actor, name))

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Hold up all changes while somebody else deletes styles, and read them anew after."""
        async with self._changing:
            try:
                yield
            finally:
                self._kept = await self._database.read(_everything)

    async def _save(self, style: SavedStyle, most: int) -> bool:
        async with self._changing:
            saved = await self._database.write(_saving(style, most))
            if saved and self._kept is not None:
                self._kept.setdefault(style.actor, {})[style.name] = style
        return saved

    async def _remove(self, actor: str, name: str) -> bool:
        query = delete(styles).where(styles.c.actor == actor, styles.c.name == name)
        async with self._changing:
            removed = await self._database.write(
                lambda connection: connection.execute(query).rowcount == 1
            )
            if self._kept is not None:
                self._kept.get(actor, {}).pop(name, None)
        return removed


def _everything(connection: Connection) -> _Kept:
    kept: defaultdict[str, dict[str, SavedStyle]] = defaultdict(dict)
    for row in connection.execute(select(styles)).mappings():
        kept[row["actor"]][row["name"]] = SavedStyle(**row)
    return dict(kept)


def _saving(style: SavedStyle, most: int) -> Callable[[Connection], bool]:
    mine = styles.c.actor == style.actor
    values: dict[str, Any] = asdict(style)

    def work(connection: Connection) -> bool:
        others = select(func.count()).select_from(styles).where(mine, styles.c.name != style.name)
        if (connection.scalar(others) or 0) >= most:
            return False
        connection.execute(delete(styles).where(mine, styles.c.name == style.name))
        connection.execute(insert(styles).values(values))
        return True

    return work

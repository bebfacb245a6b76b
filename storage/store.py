"""The store: everything that outlives the process, by its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from storage import migration
from storage.actors import Actors
from storage.audit import Audit
from storage.database import Database
from storage.families import Families
from storage.favorites import Favorites
from storage.forgetting import Forgetting
from storage.history import History
from storage.inputs import Inputs
from storage.jobs import Jobs
from storage.pictures import Pictures
from storage.posts import Posts
from storage.promises import Promises
from storage.records import utc_now
from storage.settings import Settings
from storage.sqlite import database_path
from storage.styles import Styles
from storage.traces import Traces


class Store:
    """The database of one installation.

    ``url`` is as in ``storage.database`` of the configuration; a relative one lies in ``folder``.
    With ``read_only`` it is read beside the process that owns it: nothing is migrated, and any
    write is a fault of ours.
    """

    def __init__(
        self,
        url: str,
        *,
        folder: Path = Path(),
        read_only: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.path = database_path(url, folder)
        self._read_only = read_only
        self._clock = clock
        self._database = Database(self.path, read_only=read_only)
        self.jobs = Jobs(self._database, clock)
        self.pictures = Pictures(self._database)
        self.history = History(self._database)
        self.families = Families(self._database)
        self.favorites = Favorites(self._database, clock)
        self.settings = Settings(self._database)
        self.styles = Styles(self._database)
        self.posts = Posts(self._database)
        self.promises = Promises(self._database)
        self.actors = Actors(self._database, clock)
        self.inputs = Inputs(self._database, clock)
        self.forgetting = Forgetting(
            self._database, self.actors, self.settings, self.styles, self.inputs, clock
        )
        self.traces = Traces(self._database)
        self.audit = Audit(self._database)

    async def open(self) -> None:
        """Bring the schema up to date, after a backup, and start.

        Raises ``DatabaseNewer``, ``DatabaseBroken``, ``DatabaseBusy``, ``DiskFull`` and
        ``CannotWrite``.
        """
        if self._read_only:
            await asyncio.to_thread(migration.check, self.path)
        else:
            await asyncio.to_thread(migration.migrate, self.path, self._clock())
        self._database.start()

    async def close(self) -> None:
        """Finish what is being stored, and close the database."""
        await self.audit.flush()
        await self._database.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

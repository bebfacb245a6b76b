"""Which jobs came from which."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, exists, false, func, select, true

from storage import schema
from storage.database import Database
from storage.ids import job_id
from storage.records import UNLISTED, JobRecord, Viewer
from storage.rows import job_from

jobs = schema.jobs


@dataclass(frozen=True, slots=True)
class Children:
    """The newest jobs that came from one, newest first, and how many there are in all."""

    jobs: tuple[JobRecord, ...]
    count: int


class Families:
    """Finds where jobs came from, and what came from them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ancestors(self, job: JobRecord, most: int) -> tuple[JobRecord, ...]:
        """Return the job that one came from, the one that that came from, and so on.

        At most so many; deleted ones are among them, and who may see each is not looked at.
        """

        def look_up(connection: Connection) -> tuple[JobRecord, ...]:
            found: list[JobRecord] = []
            parent = job.parent
            while parent is not None and len(found) < most:
                query = select(jobs).where(jobs.c.id == job_id(parent))
                row = connection.execute(query).mappings().first()
                if row is None:
                    break
                found.append(job_from(row))
                parent = found[-1].parent
            return tuple(found)

        return await self._database.read(look_up)

    async def children(self, of: Collection[str], viewer: Viewer, most: int) -> Children:
        """Return the jobs with pictures that came from any of some jobs or pictures, by their ids.

        They are those that the history shows to the viewer.
        """
        here = (jobs.c.place == viewer.place) & (jobs.c.private == false())
        seen = true() if viewer.is_admin else here | (jobs.c.actor == viewer.actor)
        picture = exists().where(schema.pictures.c.job == jobs.c.id)
        came = (
            jobs.c.parent.in_(of),
            jobs.c.deleted.is_(None),
            jobs.c.command.not_in(UNLISTED),
            seen,
            picture,
        )
        newest = select(jobs).where(*came).order_by(jobs.c.number.desc()).limit(most)

        def look_up(connection: Connection) -> Children:
            rows = connection.execute(newest).mappings().all()
            count = len(rows)
            if count == most:
                count = connection.scalar(select(func.count()).where(*came)) or count
            return Children(tuple(map(job_from, rows)), count)

        return await self._database.read(look_up)

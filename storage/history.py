"""The history: what was asked for, as far as the one who looks may see it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, or_, select

from storage import fulltext, schema
from storage.database import Database
from storage.records import UNLISTED, JobRecord, JobSummary, Page, Viewer
from storage.rows import job_from

jobs = schema.jobs
_NEWEST: Final = 2**62
"""Above every number."""
SUMMARY_CHARS: Final = 300


class History:
    """Finds jobs, newest first.

    Seen are: by an admin all jobs, by others their own from everywhere and those of the place
    that are not private. Deleted ones are never seen.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(
        self,
        words: str,
        viewer: Viewer,
        *,
        own_only: bool = False,
        cursor: int | None = None,
        limit: int = 10,
    ) -> Page[JobRecord]:
        """Return the jobs whose prompt or negative prompt has all words, the last as a beginning.

        Case, accents and whatever is neither letter nor digit do not count; without a word, all
        jobs are returned. A cursor stays right when jobs are added or deleted in between.
        """
        looked_for = fulltext.terms(words)
        before = _NEWEST if cursor is None else cursor

        def look_up(connection: Connection) -> list[JobRecord]:
            if looked_for:
                query = fulltext.match_query(looked_for, _scopes(viewer, own_only))
                numbers = fulltext.newest(connection, query, before, limit + 1)
            else:
                numbers = _newest(connection, _seen(viewer, own_only), before, limit + 1)
            rows = connection.execute(
                select(jobs)
                .where(jobs.c.number.in_(numbers), or_(*_seen(viewer, own_only)))
                .order_by(jobs.c.number.desc())
            )
            return [job_from(row) for row in rows.mappings()]

        found = await self._database.search(look_up)
        more = len(found) > limit
        return Page(tuple(found[:limit]), found[limit - 1].number if more else None)

    async def recent(self, most: int) -> tuple[JobSummary, ...]:
        """Return the newest jobs of everybody, newest first; it is not for everybody to see."""
        prompt = func.substr(func.json_extract(jobs.c.recipe, "$.prompt"), 1, SUMMARY_CHARS)
        query = (
            select(jobs.c.id, jobs.c.actor, jobs.c.place, jobs.c.private, jobs.c.count, prompt)
            .where(jobs.c.deleted.is_(None), jobs.c.command.not_in(UNLISTED))
            .order_by(jobs.c.number.desc())
            .limit(most)
        )
        return await self._database.search(
            lambda connection: tuple(JobSummary(*row) for row in connection.execute(query))
        )


def _scopes(viewer: Viewer, own_only: bool) -> list[str]:
    """Return the tokens of which a found row must hold one; none: it need not."""
    if viewer.is_admin and not own_only:
        return []
    scopes = [fulltext.scope("actor", viewer.actor)]
    if not own_only:
        scopes.append(fulltext.scope("place", viewer.place))
    return scopes


def _seen(viewer: Viewer, own_only: bool) -> list[ColumnElement[bool]]:
    """Return conditions, each with an index of its own, of which a seen job meets one."""
    live = jobs.c.deleted.is_(None) & jobs.c.command.not_in(UNLISTED)
    if own_only:
        return [live & (jobs.c.actor == viewer.actor)]
    if viewer.is_admin:
        return [live]
    return [
        live & (jobs.c.actor == viewer.actor),
        live & (jobs.c.place == viewer.place) & (jobs.c.private == _PUBLIC),
    ]


_PUBLIC: Final[Any] = False


def _newest(
    connection: Connection, conditions: list[ColumnElement[bool]], before: int, limit: int
) -> list[int]:
    """Return the newest numbers that meet any of the conditions, each read along its index."""
    numbers: set[int] = set()
    for condition in conditions:
        query = (
            select(jobs.c.number)
            .where(condition, jobs.c.number < before)
            .order_by(jobs.c.number.desc())
            .limit(limit)
        )
        numbers.update(connection.scalars(query))
    return sorted(numbers, reverse=True)[:limit]

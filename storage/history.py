"""The history: what was asked for, as far as the one who looks may see it."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, or_, select

from storage import fulltext, schema
from storage.database import Database
from storage.paging import paged
from storage.records import UNLISTED, JobRecord, JobSummary, Page, Viewer
from storage.rows import job_from

jobs = schema.jobs
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
        newer: int | None = None,
        limit: int = 10,
    ) -> Page[JobRecord]:
        """Return the jobs whose prompt or negative prompt has all words, the last as a beginning.

        Case, accents and whatever is neither letter nor digit do not count; without a word, all
        jobs are returned. A cursor stays right when jobs are added or deleted in between; with
        ``newer``, the page is the one before that, and the first where there are too few for one.
        """
        found = _Search(fulltext.terms(words), viewer, own_only)

        def look_up(connection: Connection) -> Page[JobRecord]:
            turned = paged(partial(found.numbers, connection), cursor, newer, limit)
            rows = connection.execute(
                select(jobs)
                .where(jobs.c.number.in_(turned.items), or_(*found.conditions))
                .order_by(jobs.c.number.desc())
            )
            items = tuple(job_from(row) for row in rows.mappings())
            return Page(items, turned.cursor, turned.newer)

        return await self._database.search(look_up)

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


class _Search:
    """The jobs that somebody may see and that have some words, by their numbers."""

    def __init__(self, words: tuple[str, ...], viewer: Viewer, own_only: bool) -> None:
        self.conditions = _seen(viewer, own_only)
        self._query = fulltext.match_query(words, _scopes(viewer, own_only)) if words else ""

    def numbers(self, connection: Connection, than: int, most: int, *, upwards: bool) -> list[int]:
        """Return the numbers next to one, from there on."""
        if self._query:
            find = fulltext.oldest if upwards else fulltext.newest
            return find(connection, self._query, than, most)
        return _along(connection, self.conditions, than, most, upwards=upwards)


def _along(
    connection: Connection,
    conditions: list[ColumnElement[bool]],
    than: int,
    most: int,
    *,
    upwards: bool,
) -> list[int]:
    """Return the numbers that meet any of the conditions, each read along its index."""
    number = jobs.c.number
    beyond = number > than if upwards else number < than
    order = number.asc() if upwards else number.desc()
    numbers: set[int] = set()
    for condition in conditions:
        query = select(number).where(condition, beyond).order_by(order).limit(most)
        numbers.update(connection.scalars(query))
    return sorted(numbers, reverse=not upwards)[:most]

"""Forgetting a person: every row, every file, every word."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)

from generation.recipe import Recipe
from storage import audit, fulltext, schema, sqlite, traces
from storage.actors import Actors
from storage.database import Database
from storage.inputs import Inputs, hashes_of
from storage.pictures import doom
from storage.records import CHECKS, OPEN, UNLISTED, JobRecord, utc_now
from storage.rows import job_from
from storage.settings import Settings
from storage.styles import Styles

log = logging.getLogger(__name__)

jobs, pictures, posts = schema.jobs, schema.pictures, schema.posts

BLANK: Final = Recipe(
    prompt="-", seed=0, width=64, height=64, steps=1, guidance=0.0, model="forgotten"
)
"""What stands in a job's row until its messages are taken down."""
ROW_STAYS: Final = timedelta(hours=1)
"""A message that was on its way while its job was forgotten needs the row, to be noted and taken
down. Nothing is on its way for so long."""
GRACE: Final = timedelta(hours=1)
"""An input picture that no job uses may be that of somebody who is still filling in a form."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What there was of a person, in numbers.

    ``stopped`` are the jobs that were open, as they were; ``checks`` the ids of those that made
    nothing new; ``posted`` the ids of jobs whose messages have to be taken down; ``files`` those
    to delete, which count as doomed until ``Pictures.unlinked`` is told of them.
    """

    jobs: int
    pictures: int
    favorites: int
    settings: int
    styles: int
    stopped: tuple[JobRecord, ...]
    checks: tuple[str, ...]
    posted: tuple[str, ...]
    files: tuple[str, ...] = ()


class Forgetting:
    """Forgets people. What they leave in the index and the file is then for ``Traces.clear``.

    That nobody finds their jobs any more does not wait for that.
    """

    def __init__(
        self,
        database: Database,
        actors: Actors,
        settings: Settings,
        styles: Styles,
        inputs: Inputs,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._actors = actors
        self._settings = settings
        self._styles = styles
        self._inputs = inputs
        self._clock = clock

    async def forget(self, actor: str, but_promise: str = "") -> Forgotten:
        """Delete all rows of a person, and return what there was.

        One transaction leaves nothing of them to be found; the rows of the pictures, which may be
        very many, go after it in steps between which others write, and what a fault keeps of them
        by ``drop_pictures``. Open jobs count as cancelled. Ids stay taken, and others' jobs that
        came from theirs stay.
        ``but_promise`` is the ticket of the command that asked for it, whose answer is still owed.
        """
        now = self._clock()
        used = await self._database.search(lambda connection: _inputs_of(connection, actor))
        async with self._settings.changing(), self._styles.changing():
            found, ids = await self._database.write(
                lambda connection: _forget(connection, actor, but_promise, now)
            )
        self._actors.forget(actor)
        files: list[str] = []
        try:
            files += await self._drop_pictures(ids)
            async with self._inputs.steady:
                files += await self._inputs.doom_unused(now - GRACE, among=used)
        except Exception:
            log.exception("pictures of somebody who was forgotten go later")
        return replace(found, files=tuple(files))

    async def drop_pictures(self) -> None:
        """Go on with the pictures of forgotten jobs, where a kill or a fault came in between.

        Their files count as doomed then.
        """
        there = exists().where(pictures.c.job == jobs.c.id)
        left = select(jobs.c.id).where(jobs.c.deleted.is_not(None), jobs.c.actor == "", there)
        await self._drop_pictures(
            await self._database.search(lambda connection: connection.scalars(left).all())
        )

    async def _drop_pictures(self, ids: Sequence[str]) -> list[str]:
        """Delete the pictures of jobs, a few jobs at a time, and return their files."""
        files: list[str] = []
        for part in sqlite.parts(ids):
            files += await self._database.write(partial(_drop_some, jobs=part))
        return files

    async def drop_rows(self) -> int:
        """Delete the rows of forgotten jobs whose messages are all down; returns how many."""
        silent = ~exists().where(posts.c.job == jobs.c.id)
        done = select(jobs.c.number).where(
            jobs.c.deleted.is_not(None),
            jobs.c.deleted < self._clock() - ROW_STAYS,
            jobs.c.actor == "",
            silent,
            ~fulltext.indexed(jobs.c.number),
        )
        numbers = await self._database.search(lambda each: each.scalars(done).all())
        for part in sqlite.parts(numbers):
            gone = jobs.c.number.in_(part) & silent
            await self._database.write(partial(_delete, table=jobs, condition=gone))
        return len(numbers)


def _of(actor: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return two conditions, each with an index of its own, for all jobs of a person."""
    mine = jobs.c.actor == actor
    return mine & jobs.c.deleted.is_(None), mine & jobs.c.deleted.is_not(None)


def _inputs_of(connection: Connection, actor: str) -> frozenset[str]:
    return frozenset[str]().union(*(hashes_of(connection, mine) for mine in _of(actor)))


def _forget(
    connection: Connection, actor: str, but_promise: str, now: datetime
) -> tuple[Forgotten, list[str]]:
    """Forget a person but for their pictures; returns what there was, and the ids of all jobs."""
    live, _ = conditions = _of(actor)
    seen = select(func.count()).where(live, jobs.c.command.not_in(UNLISTED))
    open_ = select(jobs).where(live, jobs.c.status.in_(OPEN)).order_by(jobs.c.number)
    count = connection.scalar(seen) or 0
    stopped = tuple(map(job_from, connection.execute(open_).mappings()))
    rows = [
        row
        for condition in conditions
        for row in connection.execute(
            select(jobs.c.number, jobs.c.id, jobs.c.command).where(condition)
        )
    ]
    checks = tuple(row.id for row in rows if row.command in CHECKS)
    ids = {row.number: row.id for row in rows}
    favorites, settings, styles = _forget_person(connection, actor, but_promise)
    made = 0
    posted: list[str] = []
    for numbers in sqlite.parts(list(ids)):
        chunk = [ids[number] for number in numbers]
        shown = select(posts.c.job).where(posts.c.job.in_(chunk)).distinct()
        posted += connection.scalars(shown)
        mine = pictures.c.job.in_(chunk)
        made += connection.scalar(select(func.count()).where(mine)) or 0
        connection.execute(update(jobs).where(jobs.c.number.in_(numbers)).values(_scrubbed(now)))
    traces.leave(connection)
    found = Forgotten(count, made, favorites, settings, styles, stopped, checks, tuple(posted))
    return found, list(ids.values())


def _drop_some(connection: Connection, jobs: Collection[str]) -> tuple[str, ...]:
    # Those of the jobs may be cleared by now.
    traces.leave(connection)
    return doom(connection, pictures.c.job.in_(jobs))


def _forget_person(connection: Connection, actor: str, but_promise: str) -> tuple[int, int, int]:
    """Delete what is not of a job; returns how many favourites, settings, styles there were."""
    favorites, settings = schema.favorites, schema.settings
    _delete(connection, schema.actors, schema.actors.c.actor == actor)
    styles = _delete(connection, schema.styles, schema.styles.c.actor == actor)
    audit.forget(connection, actor)
    _break_promises(connection, actor, but_promise)
    options = connection.scalar(select(settings.c.options).where(settings.c.scope == actor))
    _delete(connection, settings, settings.c.scope == actor)
    liked = _delete(connection, favorites, favorites.c.actor == actor)
    theirs = exists().where(
        pictures.c.id == favorites.c.picture,
        jobs.c.id == pictures.c.job,
        jobs.c.actor == actor,
    )
    _delete(connection, favorites, theirs)
    return liked, len(options or ()), styles


def _scrubbed(now: datetime) -> dict[str, Any]:
    """Return what the row of a forgotten job becomes: its id, its platform, and how it ended."""
    texts = ("actor", "channel", "message", "thread", "place")
    return {
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(("ticket", "parent", "error", "seconds", "plan", "sheet")),
        "recipe": BLANK.to_json(),
        "count": 1,
        "private": True,
        "admin": False,
        # Of a check, what told of it would stay.
        "command": "imagine",
        "explicit": [],
        "status": case((jobs.c.status.in_(OPEN), "cancelled"), else_=jobs.c.status),
        "finished": func.coalesce(jobs.c.finished, literal(now, schema.Moment())),
        "deleted": now,
    }


def _break_promises(connection: Connection, actor: str, but: str) -> None:
    """Delete what somebody asked for and has no answer to, by who they are in the request."""
    promises = schema.promises
    platform = actor.partition(":")[0]
    names = actor, actor.rpartition(":")[2]
    owed = select(promises.c.id, promises.c.request).where(
        promises.c.platform == platform, promises.c.id != but, promises.c.request.is_not(None)
    )
    for row in connection.execute(owed).all():
        if _is_named(row.request, names):
            mine = (promises.c.platform == platform) & (promises.c.id == row.id)
            _delete(connection, promises, mine)


def _is_named(value: Any, names: Collection[str]) -> bool:
    """Whether a text somewhere in JSON is one of these names and nothing else."""
    if isinstance(value, dict):
        return any(_is_named(part, names) for part in value.values())
    if isinstance(value, list):
        return any(_is_named(part, names) for part in value)
    return isinstance(value, str) and value in names


def _delete(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount

"""The jobs, from their acceptance to their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, Update, bindparam, case, func, insert, select, update

from generation.errors import QueueFull, TooManyJobs, UserError
from storage import audit, fulltext, pictures, promises, schema
from storage.database import Database
from storage.faults import error_to_json
from storage.ids import job_id, new_job_id
from storage.records import (
    CHECKS,
    OPEN,
    UNLISTED,
    AuditEntry,
    JobRecord,
    NewJob,
    NewPicture,
    PictureRecord,
    QueueLimits,
    Status,
    utc_now,
)
from storage.rows import job_from, job_values

jobs = schema.jobs

FROM: Final[dict[Status, tuple[Status, ...]]] = {
    "queued": ("running",),
    "running": ("queued",),
    "rendered": ("running",),
    "delivered": ("rendered",),
    "failed": (*OPEN, "rendered"),
    "cancelled": OPEN,
}
"""The states that each state can be reached from. A deleted job reaches none.

Only ``Jobs.undelivered`` leads from rendered to failed: with its pictures there, no job fails by
itself.
"""


# Made once: to put a statement together takes longer than to carry it out.
_TAKE_ID: Final = insert(schema.ids).prefix_with("OR IGNORE")
_ADD: Final = insert(jobs).returning(jobs.c.number)
_COUNTS: Final = select(
    func.count().filter(jobs.c.actor == bindparam("actor")).label("mine"),
    func.count().filter(jobs.c.status == "queued").label("queued"),
).where(jobs.c.status.in_(OPEN), jobs.c.finished.is_(None))
"""That they are not finished is what the index of open jobs goes by."""


_RECENT: Final = 2000
"""How many jobs back the one of a ticket is looked for."""


class Jobs:
    """Stores jobs and moves them from state to state.

    Every move is one transaction that first looks at the state: of two that race, such as a
    cancellation and the end of the drawing, one moves the job and the other is told ``False``.
    Ids may be written in any way that ``storage.ids`` reads, and a picture's id names its job.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def add(self, new: NewJob, limits: QueueLimits | None = None) -> JobRecord:
        """Store a job as queued; it is on the disk when this returns.

        What its asker was promised is kept by it, and forgotten with the same write.
        Raises ``TooManyJobs`` or ``QueueFull`` where it would exceed the limits.
        """
        now = self._clock()

        def work(connection: Connection) -> JobRecord:
            if limits is not None:
                _check(connection, new.actor, limits)
            return _insert(connection, new, now)

        return await self._database.write(work)

    async def get(self, text: str) -> JobRecord | None:
        """Return the job; a deleted one too, whose ``deleted`` says when that was."""
        return await self._one(select(jobs).where(jobs.c.id == job_id(text)))

    async def last_of(self, actor: str, place: str) -> JobRecord | None:
        """Return the newest job that somebody asked for in a place."""
        mine = jobs.c.actor == actor, jobs.c.place == place, jobs.c.deleted.is_(None)
        query = select(jobs).where(*mine, jobs.c.command.not_in(UNLISTED))
        return await self._one(query.order_by(jobs.c.number.desc()).limit(1))

    async def moments_of(self, actor: str, most: int) -> tuple[datetime, ...]:
        """Return when the newest jobs of somebody came, the oldest of them first."""
        mine = jobs.c.actor == actor, jobs.c.deleted.is_(None)
        query = select(jobs.c.created).where(*mine).order_by(jobs.c.number.desc()).limit(most)
        return await self._database.read(lambda connection: tuple(connection.scalars(query))[::-1])

    async def of_ticket(
        self, platform: str, ticket_id: str, within: timedelta = timedelta(hours=1)
    ) -> JobRecord | None:
        """Return the job that this ticket asked for, if it came lately; a deleted one too.

        A chat service that heard nothing sends a command again.
        """
        newest = select(func.max(jobs.c.number)).scalar_subquery()
        query = select(jobs).where(
            jobs.c.number > newest - _RECENT,
            jobs.c.created >= self._clock() - within,
            jobs.c.platform == platform,
            jobs.c.ticket["id"].as_string() == ticket_id,
        )
        return await self._one(query.order_by(jobs.c.number.desc()).limit(1))

    async def waiting(self) -> tuple[JobRecord, ...]:
        """Return the queued jobs in order of arrival."""
        return await self._in_states(("queued",))

    async def unfinished(self) -> tuple[JobRecord, ...]:
        """Return the jobs that still owe their asker an answer, in order of arrival.

        They are open, or have ended in some way that the asker was not told of.
        """
        owed = jobs.c.told.is_(None), jobs.c.deleted.is_(None)
        return await self._many(select(jobs).where(*owed).order_by(jobs.c.number))

    async def deleted_last(self, most: int) -> tuple[str, ...]:
        """Return the ids of the jobs that were deleted last."""
        query = select(jobs.c.id).where(jobs.c.deleted.is_not(None))
        query = query.order_by(jobs.c.deleted.desc(), jobs.c.number.desc()).limit(most)
        return await self._database.search(lambda connection: tuple(connection.scalars(query)))

    async def start(self, text: str) -> JobRecord | None:
        """Mark a queued job as running and count the attempt; none when it is queued no more."""
        values = {"started": self._clock(), "attempts": jobs.c.attempts + 1}
        return await self.get(text) if await self._move(text, "running", values) else None

    async def requeue(self, text: str, *, failed_attempt: bool) -> bool:
        """Put a running job back in its old place in the line.

        Unless it failed by itself, the attempt is not held against it: a kill from outside says
        nothing about the job.
        """
        spent = {} if failed_attempt else {"attempts": jobs.c.attempts - 1}
        return await self._move(text, "queued", spent)

    async def count_attempt(self, text: str) -> bool:
        """Hold one more start against a running job: it failed by itself and is tried again."""
        running = jobs.c.id == job_id(text), jobs.c.status == "running", jobs.c.deleted.is_(None)
        return await self._changed(
            update(jobs).where(*running).values(attempts=jobs.c.attempts + 1)
        )

    async def picture_done(
        self, new: NewPicture, noted: AuditEntry | None = None
    ) -> PictureRecord | None:
        """Store a picture of a running job; none, and nothing stored, when it runs no more.

        Where it is stored, that is ``noted``, too.
        """
        now = self._clock()

        def work(connection: Connection) -> PictureRecord | None:
            state = select(jobs.c.status).where(jobs.c.id == new.job, jobs.c.deleted.is_(None))
            if connection.scalar(state) != "running":
                return None
            if noted is not None:
                audit.write(connection, (noted,))
            return pictures.add(connection, new, now)

        return await self._database.write(work)

    async def finish(self, text: str, seconds: float) -> bool:
        """Mark a running job as rendered: all its pictures are stored."""
        return await self._move(text, "rendered", {"finished": self._clock(), "seconds": seconds})

    async def deliver(self, text: str) -> bool:
        """Note that the asker has the answer, and return whether it was owed.

        A rendered job becomes delivered; one that failed or was cancelled stays what it is.
        """
        ended = jobs.c.status.in_(("rendered", "failed", "cancelled"))
        owed = jobs.c.told.is_(None), jobs.c.deleted.is_(None)
        status = case((jobs.c.status == "rendered", "delivered"), else_=jobs.c.status)
        query = update(jobs).where(jobs.c.id == job_id(text), ended, *owed)
        return await self._changed(query.values(status=status, told=self._clock()))

    async def undelivered(self, text: str, error: UserError) -> bool:
        """Note that the asker will not be told by itself any more; return whether that was owed.

        A rendered job fails with the error and keeps its pictures; one that failed or was cancelled
        stays what it is.
        """
        now, values = self._clock(), {"status": "failed", "error": error_to_json(error)}
        owed = jobs.c.id == job_id(text), jobs.c.told.is_(None), jobs.c.deleted.is_(None)
        rendered = update(jobs).where(*owed, jobs.c.status == "rendered")
        over = update(jobs).where(*owed, jobs.c.status.in_(("failed", "cancelled")))

        def work(connection: Connection) -> bool:
            failed = connection.execute(rendered.values(told=now, **values)).rowcount
            return bool(failed or connection.execute(over.values(told=now)).rowcount)

        return await self._database.write(work)

    async def is_owed(self, text: str) -> bool:
        """Return whether the asker has not been told of the job's end, and is still to be."""
        owed = jobs.c.id == job_id(text), jobs.c.told.is_(None), jobs.c.deleted.is_(None)
        query = select(jobs.c.number).where(*owed)
        return await self._database.read(
            lambda connection: connection.execute(query).first() is not None
        )

    async def check_again(self, text: str) -> bool:
        """Put a rendered check back into the line: what it found is not stored."""
        query = update(jobs).where(
            jobs.c.id == job_id(text),
            jobs.c.status == "rendered",
            jobs.c.command.in_(CHECKS),
            jobs.c.deleted.is_(None),
        )
        return await self._changed(query.values(status="queued", finished=None))

    async def fail(self, text: str, error: UserError) -> bool:
        """End an open job with an error."""
        values = {"finished": self._clock(), "error": error_to_json(error)}
        return await self._move(text, "failed", values, since=OPEN)

    async def cancel(self, text: str, noted: AuditEntry | None = None) -> bool:
        """Cancel a job and return whether it was still open; if it was, that is ``noted``, too."""
        return await self._move(text, "cancelled", {"finished": self._clock()}, noted=noted)

    async def delete(self, text: str, noted: AuditEntry | None = None) -> tuple[str, ...]:
        """Delete a job with its pictures, favourites and search rows; returns files to delete.

        An open job is cancelled by it. The id stays taken; the messages that show the job stay
        known, so that they can be taken down. The files count as doomed until
        ``Pictures.unlinked`` is told of them. Where the job was there, that is ``noted``, too.
        """
        job, now = job_id(text), self._clock()

        def work(connection: Connection) -> tuple[str, ...]:
            number = connection.scalar(
                select(jobs.c.number).where(jobs.c.id == job, jobs.c.deleted.is_(None))
            )
            if number is None:
                return ()
            still_open = jobs.c.id == job, jobs.c.status.in_(OPEN)
            connection.execute(
                update(jobs).where(*still_open).values(status="cancelled", finished=now)
            )
            connection.execute(update(jobs).where(jobs.c.id == job).values(deleted=now))
            fulltext.remove(connection, number)
            if noted is not None:
                audit.write(connection, (noted,))
            return pictures.doom(connection, schema.pictures.c.job == job)

        return await self._database.write(work)

    async def _move(
        self,
        text: str,
        to: Status,
        values: dict[str, Any],
        since: tuple[Status, ...] = (),
        noted: AuditEntry | None = None,
    ) -> bool:
        """Move a job to a state, from any that leads there or only from those named."""
        before = jobs.c.status.in_(since or FROM[to]), jobs.c.deleted.is_(None)
        query = update(jobs).where(jobs.c.id == job_id(text), *before)
        return await self._changed(query.values(status=to, **values), noted)

    async def _changed(self, query: Update, noted: AuditEntry | None = None) -> bool:
        def work(connection: Connection) -> bool:
            changed = connection.execute(query).rowcount == 1
            if changed and noted is not None:
                audit.write(connection, (noted,))
            return changed

        return await self._database.write(work)

    async def _in_states(self, states: tuple[Status, ...]) -> tuple[JobRecord, ...]:
        mine = jobs.c.status.in_(states), jobs.c.deleted.is_(None)
        return await self._many(select(jobs).where(*mine).order_by(jobs.c.number))

    async def _many(self, query: Select[Any]) -> tuple[JobRecord, ...]:
        return await self._database.read(
            lambda connection: tuple(map(job_from, connection.execute(query).mappings()))
        )

    async def _one(self, query: Select[Any]) -> JobRecord | None:
        def look_up(connection: Connection) -> JobRecord | None:
            row = connection.execute(query).mappings().first()
            return None if row is None else job_from(row)

        return await self._database.read(look_up)


def entry(number: int, job: NewJob) -> fulltext.Entry:
    """Return what makes a job findable: by its asker, and in its place unless it is private."""
    scopes = [fulltext.scope("actor", job.actor)]
    if not job.private:
        scopes.append(fulltext.scope("place", job.reply_to.place))
    return fulltext.Entry(number, (job.recipe.prompt, job.recipe.negative), tuple(scopes))


def _insert(connection: Connection, new: NewJob, created: datetime) -> JobRecord:
    values: dict[str, Any] = {"id": _new_id(connection), "status": "queued", "attempts": 0}
    values["created"] = created
    number = connection.execute(_ADD, values | job_values(new)).scalar_one()
    if new.command not in UNLISTED:
        fulltext.add(connection, (entry(number, new),))
    audit.write(connection, (_asked(new, values["id"], created),))
    if new.reply_to.ticket is not None:
        promises.keep(connection, new.reply_to.platform, new.reply_to.ticket.id)
    given = {each.name: getattr(new, each.name) for each in fields(new)}
    return JobRecord(number=number, **values, **given)


def _asked(new: NewJob, job: str, created: datetime) -> AuditEntry:
    return AuditEntry(
        moment=created,
        actor=new.actor,
        action="asked",
        subject=job,
        place=new.reply_to.place,
        detail=new.command,
    )


def _new_id(connection: Connection) -> str:
    while True:
        job = new_job_id()
        if connection.execute(_TAKE_ID, {"id": job}).rowcount == 1:
            return job


def _check(connection: Connection, actor: str, limits: QueueLimits) -> None:
    counts = connection.execute(_COUNTS, {"actor": actor}).one()
    if counts.mine >= limits.per_actor:
        raise TooManyJobs(limits.per_actor)
    if counts.queued >= limits.queue:
        raise QueueFull(limits.queue)

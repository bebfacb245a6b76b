"""Rows of the tables as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from generation.recipe_reading import read_recipe, recipe_from
from storage.faults import error_from_json
from storage.records import JobRecord, NewJob, PictureRecord, ReplyTo, Sheet, Ticket


def job_values(job: NewJob) -> dict[str, Any]:
    """Return the columns of a job that never change."""
    reply = job.reply_to
    return {
        "recipe": job.recipe.to_json(),
        "count": job.count,
        "actor": job.actor,
        "platform": reply.platform,
        "channel": reply.channel,
        "message": reply.message,
        "thread": reply.thread,
        "ticket": ticket_values(reply.ticket),
        "place": reply.place,
        "private": job.private,
        "parent": job.parent,
        "command": job.command,
        "explicit": list(job.explicit),
        "age_restricted": reply.age_restricted,
        "admin": job.admin,
        "plan": [recipe.to_dict() for recipe in job.plan] or None,
        "sheet": None if job.sheet is None else asdict(job.sheet),
    }


def job_from(row: RowMapping) -> JobRecord:
    """Return the job that a row of ``jobs`` holds."""
    same = (
        "id", "number", "count", "actor", "private", "parent", "command", "status", "attempts",
        "created", "started", "finished", "seconds", "deleted", "admin",
    )  # fmt: skip
    return JobRecord(
        recipe=read_recipe(row["recipe"]),
        reply_to=ReplyTo(
            platform=row["platform"],
            channel=row["channel"],
            message=row["message"],
            thread=row["thread"],
            ticket=ticket_from(row["ticket"]),
            age_restricted=row["age_restricted"],
        ),
        explicit=tuple(row["explicit"]),
        error=error_from_json(row["error"], row["id"]),
        plan=tuple(map(recipe_from, row["plan"] or ())),
        sheet=_sheet(row["sheet"]),
        **{name: row[name] for name in same},
    )


def _sheet(values: Mapping[str, Any] | None) -> Sheet | None:
    return None if values is None else Sheet(tuple(values["columns"]), tuple(values["rows"]))


def ticket_values(ticket: Ticket | None) -> dict[str, Any] | None:
    """Return a ticket as JSON can hold it."""
    if ticket is None:
        return None
    return {
        "id": ticket.id,
        "token": ticket.token,
        "expires": ticket.expires.isoformat(),
        "upload_limit": ticket.upload_limit,
    }


def ticket_from(values: Mapping[str, Any] | None) -> Ticket | None:
    """Return the ticket that ``ticket_values`` wrote down."""
    if values is None:
        return None
    return Ticket(**{**values, "expires": datetime.fromisoformat(values["expires"])})


def picture_from(row: RowMapping) -> PictureRecord:
    """Return the picture that a row of ``pictures`` holds."""
    values = dict(row)
    values["recipe"] = read_recipe(values["recipe"])
    values["warnings"] = tuple(values["warnings"])
    return PictureRecord(**{name: values[name] for name in PictureRecord.__dataclass_fields__})

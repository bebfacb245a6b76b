"""Rows of the tables as records."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from generation.recipe import read_recipe
from storage.faults import error_from_json
from storage.records import JobRecord, NewJob, PictureRecord, ReplyTo


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
        "place": reply.place,
        "private": job.private,
        "parent": job.parent,
        "command": job.command,
        "explicit": list(job.explicit),
    }


def job_from(row: RowMapping) -> JobRecord:
    """Return the job that a row of ``jobs`` holds."""
    same = (
        "id", "number", "count", "actor", "private", "parent", "command", "status", "attempts",
        "created", "started", "finished", "seconds", "deleted",
    )  # fmt: skip
    return JobRecord(
        recipe=read_recipe(row["recipe"]),
        reply_to=ReplyTo(row["platform"], row["channel"], row["message"], row["thread"]),
        explicit=tuple(row["explicit"]),
        error=error_from_json(row["error"], row["id"]),
        **{name: row[name] for name in same},
    )


def picture_from(row: RowMapping) -> PictureRecord:
    """Return the picture that a row of ``pictures`` holds."""
    values = dict(row)
    values["recipe"] = read_recipe(values["recipe"])
    values["warnings"] = tuple(values["warnings"])
    return PictureRecord(**{name: values[name] for name in PictureRecord.__dataclass_fields__})

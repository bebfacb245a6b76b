"""The pictures of the jobs."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from generation.recipe import Recipe
from storage import schema, sqlite
from storage.database import Database
from storage.ids import parse_id, picture_id
from storage.records import SAMPLES, UNLISTED, NewPicture, PictureRecord
from storage.rows import picture_from

pictures = schema.pictures

_DOOM: Final = insert(schema.doomed_files).prefix_with("OR IGNORE")
_UNLINKED: Final = delete(schema.doomed_files).where(
    schema.doomed_files.c.path == bindparam("the_path")
)


class Pictures:
    """Looks pictures up and deletes them. ``Jobs.picture_done`` adds them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, text: str) -> PictureRecord | None:
        """Return the picture of that id; with a job's id, its first picture that is there."""
        found = parse_id(text)
        of_job = await self.of_job(found.job)
        return next((picture for picture in of_job if found.picture in (None, picture.index)), None)

    async def of_job(self, text: str) -> tuple[PictureRecord, ...]:
        """Return the pictures of a job, named by its own or any of its pictures' ids, in order."""
        job = parse_id(text).job
        return (await self.of_jobs((job,))).get(job, ())

    async def of_jobs(self, jobs: Collection[str]) -> Mapping[str, tuple[PictureRecord, ...]]:
        """Return the pictures of several jobs, by the jobs' ids; none have no entry."""
        query = select(pictures).where(pictures.c.job.in_(jobs)).order_by(pictures.c.index)

        def look_up(connection: Connection) -> list[PictureRecord]:
            return [picture_from(row) for row in connection.execute(query).mappings()]

        found: dict[str, list[PictureRecord]] = defaultdict(list)
        for picture in await self._database.read(look_up):
            found[picture.job].append(picture)
        return {job: tuple(of_job) for job, of_job in found.items()}

    async def newest_of(self, actor: str, most: int) -> tuple[PictureRecord, ...]:
        """Return the pictures of somebody's newest jobs, each job's in order."""
        jobs = schema.jobs
        query = (
            select(pictures)
            .join(jobs, jobs.c.id == pictures.c.job)
            .where(jobs.c.actor == actor, jobs.c.deleted.is_(None), jobs.c.command.not_in(UNLISTED))
            .order_by(jobs.c.number.desc(), pictures.c.index)
            .limit(most)
        )
        return await self._database.search(
            lambda connection: tuple(map(picture_from, connection.execute(query).mappings()))
        )

    async def samples(self, recipes: Collection[Recipe]) -> Mapping[Recipe, PictureRecord]:
        """Return the pictures that show what the bot has, by their recipes, the newest of each.

        One whose time is over does not count: it is to be made again.
        """
        jobs = schema.jobs
        # As the index of these jobs has it: a bound value would not be looked up in it.
        ours = or_(*(jobs.c.command == literal_column(f"'{name}'") for name in SAMPLES))
        query = (
            select(pictures)
            .join(jobs, jobs.c.id == pictures.c.job)
            .where(ours, jobs.c.deleted.is_(None), pictures.c.absent != "expired")
            .where(pictures.c.recipe.in_([recipe.to_json() for recipe in recipes]))
            .order_by(jobs.c.number, pictures.c.index)
        )
        found = await self._database.search(
            lambda connection: tuple(map(picture_from, connection.execute(query).mappings()))
        )
        return {picture.recipe: picture for picture in found}

    async def environment(self, sha256: str) -> str | None:
        """Return the canonical JSON of the environment that has this hash."""
        table = schema.environments
        query = select(table.c.json).where(table.c.hash == sha256)
        return await self._database.read(lambda connection: connection.scalar(query))

    async def delete(self, text: str) -> tuple[str, ...]:
        """Delete one picture and return the files to delete; none when it is not there.

        The files count as doomed until ``unlinked`` is told of them. A job's id names no picture.
        """
        condition = pictures.c.id == str(parse_id(text))
        return await self._database.write(lambda connection: doom(connection, condition))

    async def expire(self, before: datetime, most: int) -> tuple[str, ...]:
        """Take the files of the oldest pictures out, and return them to be deleted.

        It takes pictures made before a time that nobody has among their favourites, ``most`` of
        them at once. Their rows stay, with recipe and hash. What has not been brought to its asker
        yet, whose service may be down, stays as well.
        """
        liked = exists().where(schema.favorites.c.picture == pictures.c.id)
        jobs = schema.jobs
        owed = exists().where(
            jobs.c.id == pictures.c.job, jobs.c.told.is_(None), jobs.c.deleted.is_(None)
        )
        query = (
            select(pictures.c.id, pictures.c.path)
            .where(pictures.c.absent == "", pictures.c.created < before, ~liked, ~owed)
            .order_by(pictures.c.created)
            .limit(most)
        )

        def work(connection: Connection) -> tuple[str, ...]:
            old = connection.execute(query).all()
            gone = pictures.c.id.in_([row.id for row in old])
            connection.execute(update(pictures).where(gone).values(absent="expired", path=""))
            paths = tuple(row.path for row in old)
            doom_files(connection, paths)
            return paths

        return await self._database.write(work)

    async def doomed(self) -> tuple[str, ...]:
        """Return the files that were to be deleted when a process ended."""
        query = select(schema.doomed_files.c.path)
        return await self._database.read(lambda connection: tuple(connection.scalars(query)))

    async def unlinked(self, paths: Iterable[str]) -> None:
        """Note that these files are deleted."""
        rows = [{"the_path": path} for path in paths]
        for part in sqlite.parts(rows):
            await self._database.write(partial(_forget_doomed, part))


def _forget_doomed(rows: Sequence[Mapping[str, str]], connection: Connection) -> None:
    connection.execute(_UNLINKED, rows)


def add(connection: Connection, new: NewPicture, now: datetime) -> PictureRecord:
    """Store a picture, in place of one that an earlier try of its job left."""
    environment = hashlib.sha256(new.environment.encode()).hexdigest()
    table = schema.environments
    if connection.scalar(select(table.c.hash).where(table.c.hash == environment)) is None:
        connection.execute(insert(table).values(hash=environment, json=new.environment))
    values = {field.name: getattr(new, field.name) for field in fields(new)}
    values |= {
        "id": picture_id(new.job, new.index),
        "recipe": new.recipe.to_json(),
        "created": now,
        "environment": environment,
        "warnings": list(new.warnings),
    }
    # The file of an earlier try had the same name and is replaced already: nothing is doomed.
    connection.execute(delete(pictures).where(pictures.c.id == values["id"]))
    connection.execute(insert(pictures).values(values))
    return PictureRecord(**values | {"recipe": new.recipe, "warnings": new.warnings})


def doom(connection: Connection, condition: ColumnElement[bool]) -> tuple[str, ...]:
    """Delete the rows of pictures and note their files as doomed; returns the files."""
    there = select(pictures.c.path).where(condition, pictures.c.absent == "")
    paths = tuple(connection.scalars(there))
    connection.execute(delete(pictures).where(condition))
    doom_files(connection, paths)
    return paths


def doom_files(connection: Connection, paths: Collection[str]) -> None:
    """Note files as doomed: they are deleted once this is committed, after a kill as well."""
    if paths:
        connection.execute(_DOOM, [{"path": path} for path in paths])

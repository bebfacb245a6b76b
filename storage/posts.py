"""Which chat messages show which job, and which files hold its pictures there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from storage import schema
from storage.database import Database
from storage.ids import job_id, parse_id
from storage.records import CHECKS, FILES, Post

posts = schema.posts

# Made once, as every command's message is noted.
_INSERT: Final = insert(posts)
_DELETE: Final = delete(posts).where(
    posts.c.platform == bindparam("the_platform"),
    posts.c.channel == bindparam("the_channel"),
    posts.c.message == bindparam("the_message"),
)
_GONE: Final = select(schema.jobs.c.id).where(
    schema.jobs.c.id == bindparam("the_job"),
    schema.jobs.c.deleted.is_not(None),
    schema.jobs.c.command.not_in(CHECKS),
)


class Posts:
    """Keeps messages and files by job and jobs by message; those of deleted jobs too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, post: Post) -> bool:
        """Note a message or a file, in place of what was known of the same one.

        Returns whether its job is still there: messages of one that was deleted meanwhile have
        been taken down without this one.
        """
        values = {field.name: getattr(post, field.name) for field in fields(post)}
        job = job_id(post.job)

        def work(connection: Connection) -> bool:
            connection.execute(_DELETE, _key(post.platform, post.channel, post.message))
            connection.execute(_INSERT, values | {"job": job})
            return connection.execute(_GONE, {"the_job": job}).first() is None

        return await self._database.write(work)

    async def of_job(self, text: str) -> tuple[Post, ...]:
        """Return the messages that show a job and the files of it, the oldest first."""
        query = select(posts).where(posts.c.job == job_id(text)).order_by(posts.c.created)
        return await self._database.read(
            lambda connection: tuple(Post(**row) for row in connection.execute(query).mappings())
        )

    async def of_deleted(self) -> tuple[Post, ...]:
        """Return the messages that show jobs which somebody deleted, and so are to go.

        So are the files of all jobs that are deleted. Of a check, what told of it stays.
        """
        jobs = schema.jobs
        gone = select(jobs.c.id).where(jobs.c.deleted.is_not(None))
        # As lists, for which SQLite goes from the deleted jobs to their messages along indexes.
        query = select(posts).where(
            posts.c.job.in_(gone),
            or_(
                posts.c.kind.in_(FILES),
                posts.c.job.in_(gone.where(jobs.c.command.not_in(CHECKS))),
            ),
        )
        return await self._database.search(
            lambda connection: tuple(Post(**row) for row in connection.execute(query).mappings())
        )

    async def find(self, platform: str, channel: str, message: str) -> Post | None:
        """Return what a message shows, if it is one of ours."""
        query = select(posts).filter_by(platform=platform, channel=channel, message=message)
        query = query.where(posts.c.kind.not_in(FILES))

        def look_up(connection: Connection) -> Post | None:
            row = connection.execute(query).mappings().first()
            return None if row is None else Post(**row)

        return await self._database.read(look_up)

    async def files(self, platform: str, pictures: Collection[str]) -> dict[str, str]:
        """Return the newest file of each of these pictures, by their ids; none has no entry."""
        wanted = {str(parse_id(text)) for text in pictures}
        query = (
            select(posts.c.channel, posts.c.message)
            .where(
                posts.c.platform == platform,
                posts.c.channel.in_(wanted),
                posts.c.kind == "file",
            )
            .order_by(posts.c.created)
        )

        def look_up(connection: Connection) -> dict[str, str]:
            # Of several files of one picture, the one that came last stays in the mapping.
            return {row.channel: row.message for row in connection.execute(query)}

        return await self._database.read(look_up)

    async def remove(self, platform: str, channel: str, message: str) -> None:
        """Forget a message or a file, which is gone."""
        key = _key(platform, channel, message)
        await self._database.write(lambda connection: connection.execute(_DELETE, key))


def _key(platform: str, channel: str, message: str) -> dict[str, str]:
    return {"the_platform": platform, "the_channel": channel, "the_message": message}

"""Which chat messages show which job."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from storage import schema
from storage.database import Database
from storage.ids import job_id
from storage.records import CHECKS, Post

posts = schema.posts

# Made once, as every command's message is noted.
_INSERT: Final = insert(posts)
_DELETE: Final = delete(posts).where(
    posts.c.platform == bindparam("the_platform"),
    posts.c.channel == bindparam("the_channel"),
    posts.c.message == bindparam("the_message"),
)


class Posts:
    """Keeps messages by job and jobs by message; those of deleted jobs too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, post: Post) -> None:
        """Note a message, in place of what was known of the same one."""
        values = {field.name: getattr(post, field.name) for field in fields(post)}

        def work(connection: Connection) -> None:
            connection.execute(_DELETE, _key(post.platform, post.channel, post.message))
            connection.execute(_INSERT, values | {"job": job_id(post.job)})

        await self._database.write(work)

    async def of_job(self, text: str) -> tuple[Post, ...]:
        """Return the messages that show a job, the oldest first."""
        query = select(posts).where(posts.c.job == job_id(text)).order_by(posts.c.created)
        return await self._database.read(
            lambda connection: tuple(Post(**row) for row in connection.execute(query).mappings())
        )

    async def of_deleted(self) -> tuple[Post, ...]:
        """Return the messages that show jobs which somebody deleted, and so are to go."""
        jobs = schema.jobs
        gone = jobs.c.deleted.is_not(None), jobs.c.command.not_in(CHECKS)
        # As a list, for which SQLite goes from the deleted jobs to their messages along indexes.
        query = select(posts).where(posts.c.job.in_(select(jobs.c.id).where(*gone)))
        return await self._database.search(
            lambda connection: tuple(Post(**row) for row in connection.execute(query).mappings())
        )

    async def find(self, platform: str, channel: str, message: str) -> Post | None:
        """Return what a message shows, if it is one of ours."""
        query = select(posts).filter_by(platform=platform, channel=channel, message=message)

        def look_up(connection: Connection) -> Post | None:
            row = connection.execute(query).mappings().first()
            return None if row is None else Post(**row)

        return await self._database.read(look_up)

    async def remove(self, platform: str, channel: str, message: str) -> None:
        """Forget a message, which is gone."""
        key = _key(platform, channel, message)
        await self._database.write(lambda connection: connection.execute(_DELETE, key))


def _key(platform: str, channel: str, message: str) -> dict[str, str]:
    return {"the_platform": platform, "the_channel": channel, "the_message": message}

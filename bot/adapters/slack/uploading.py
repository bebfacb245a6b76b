"""Pictures in a workspace: brought once, known by their id there, shown in any message."""

from __future__ import annotations

import asyncio
import io
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import IO, Final
from urllib.parse import quote

from bot import texts
from bot.adapters.characters import cleaned, clipped
from bot.adapters.slack.payloads import PLATFORM
from bot.adapters.slack.web import FAULTS, Web, is_passing, may_have_arrived, reason
from bot.reply import PictureView
from generation.errors import UserError
from storage.posts import Posts
from storage.records import Post

log = logging.getLogger(__name__)

AT_ONCE: Final = 3
"""Uploads at the same time, so that they leave most connections to what is answered at once."""
ALT_MOST: Final = 1000
ADDRESS_MOST: Final = 3000
"""Bytes of a description in an address, where the library puts it; servers refuse long ones."""
PREVIEW_NAME: Final = "{job}.preview.png"
GONE: Final = frozenset({"file_not_found", "file_deleted"})


class Uploads:
    """Brings pictures to Slack, and remembers under which id each lies there."""

    def __init__(self, web: Web, posts: Posts) -> None:
        self._web = web
        self._posts = posts
        self._places = asyncio.Semaphore(AT_ONCE)

    async def pictures(self, pictures: Sequence[PictureView]) -> dict[str, str]:
        """Return the ids of files by those of pictures; what Slack does not want is left out.

        So are sensitive ones, which no message shows. Raises a fault that may pass.
        """
        pictures = [picture for picture in pictures if not picture.sensitive]
        known = await self._posts.files(PLATFORM, [picture.id for picture in pictures])
        for picture in pictures:
            if picture.id not in known and (file := await self._picture(picture)):
                known[picture.id] = file
        return known

    async def preview(self, job: str, png: bytes) -> str:
        """Bring a preview of a job, and return its id. Raises one of ``FAULTS``."""
        name = PREVIEW_NAME.format(job=job)
        file = await self._send(io.BytesIO(png), name, name, texts.PREVIEW_ALT)
        await self._note(Post(job, PLATFORM, "", file, "preview"))
        return file

    async def forget(self, pictures: Iterable[str]) -> None:
        """Take pictures for not brought, as Slack does not show their files; never raises."""
        known = await self._posts.files(PLATFORM, list(pictures))
        jobs = {picture: picture.partition(".")[0] for picture in known}
        await self.drop(
            Post(jobs[picture], PLATFORM, picture, file, "file") for picture, file in known.items()
        )

    async def forget_gone(self, pictures: Iterable[str]) -> None:
        """Take pictures for not brought whose files somebody has deleted; never raises."""
        known = await self._posts.files(PLATFORM, list(pictures))
        for picture, file in known.items():
            try:
                await self._web.call(self._web.client.files_info, file=file)
            except FAULTS as error:
                if reason(error) in GONE:
                    log.info("file %s of %s is no longer in Slack", file, picture)
                    with suppress(UserError):
                        await self._posts.remove(PLATFORM, picture, file)

    async def drop(self, posts: Iterable[Post]) -> None:
        """Delete files and forget them; one that is gone is as good. Never raises."""
        for post in posts:
            try:
                await self.delete(post.message)
                await self._posts.remove(PLATFORM, post.channel, post.message)
            except (*FAULTS, UserError) as error:
                log.info("file %s stays in Slack: %s", post.message, error)

    async def delete(self, file: str) -> None:
        """Delete a file; one that is gone is as good. Raises a fault that may pass."""
        try:
            await self._web.call(self._web.client.files_delete, file=file)
        except FAULTS as error:
            if is_passing(error):
                raise
            log.info("file %s cannot be deleted: %s", file, reason(error))

    async def _picture(self, picture: PictureView) -> str | None:
        """Bring a picture, and return its id; nothing where it is gone or Slack refuses it."""
        alt = _described(picture.alt) or picture.id
        try:
            # To open it takes no time; the library reads it in a thread.
            with picture.path.open("rb") as data:
                file = await self._send(data, f"{picture.id}.png", picture.id, alt)
        except FileNotFoundError:
            return None
        except FAULTS as error:
            if is_passing(error):
                raise
            log.warning("Slack does not take %s: %s", picture.id, reason(error) or error)
            return None
        job = picture.id.partition(".")[0]
        await self._note(Post(job, PLATFORM, picture.id, file, "file"))
        return file

    async def _send(self, data: IO[bytes], name: str, title: str, alt: str) -> str:
        """Take the three steps of an upload."""
        client, length = self._web.client, data.seek(0, os.SEEK_END)
        data.seek(0)
        async with self._places:
            place = await self._web.call(
                client.files_getUploadURLExternal, filename=name, length=length, alt_txt=alt
            )
            await self._web.upload(place["upload_url"], data)
            await self._complete(str(place["file_id"]), title)
        return str(place["file_id"])

    async def _complete(self, file: str, title: str) -> None:
        """Say that a file is all there; where the answer is lost, look whether that was heard."""
        files = [{"id": file, "title": title}]
        try:
            await self._web.call(self._web.client.files_completeUploadExternal, files=files)
        except FAULTS as error:
            if not may_have_arrived(error):
                raise
            log.debug("was file %s completed? %s", file, error)
            try:
                await self._web.call(self._web.client.files_info, file=file)
            except FAULTS as unknown:
                raise error from unknown

    async def _note(self, post: Post) -> None:
        try:
            await self._posts.add(post)
        except UserError as error:
            log.warning("file %s cannot be noted: %s", post.message, error)


def _described(words: str) -> str:
    """Return the words on a picture as far as an address bears them."""
    alt = clipped(cleaned(words).strip(), ALT_MOST)
    while len(quote(alt)) > ADDRESS_MOST:
        alt = clipped(alt, len(alt) * 3 // 4)
    return alt

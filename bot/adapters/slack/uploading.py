"""Pictures in a workspace: brought once, known by their id there, shown in any message."""

from __future__ import annotations

import asyncio
import io
import logging
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Final
from urllib.parse import quote

from bot import texts
from bot.adapters.slack.payloads import PLATFORM
from bot.adapters.slack.web import FAULTS, Web, is_passing, may_have_arrived, reason
from bot.characters import cleaned, clipped
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
SHEETS_KEPT: Final = 1_000
"""Sheets of which is remembered that they were brought; others are brought once more."""
GONE: Final = frozenset({"file_not_found", "file_deleted"})


class Uploads:
    """Brings pictures to Slack, and remembers under which id each lies there."""

    def __init__(self, web: Web, posts: Posts) -> None:
        self._web = web
        self._posts = posts
        self._places = asyncio.Semaphore(AT_ONCE)
        self._sheets: OrderedDict[str, str] = OrderedDict()
        """Files of sheets and drawings by their names, as far as this process brought them."""

    async def pictures(self, pictures: Sequence[PictureView]) -> dict[str, str]:
        """Return the ids of files by those of pictures; what Slack does not want is left out.

        So are sensitive ones, which no message shows. Raises a fault that may pass.
        """
        pictures = [picture for picture in pictures if not picture.sensitive]
        known = await self._known(pictures)
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

    async def forget(self, pictures: Iterable[PictureView]) -> None:
        """Take pictures for not brought, as Slack does not show their files; never raises."""
        pictures = list(pictures)
        known = await self._known(pictures)
        for picture in pictures:
            if file := known.get(picture.id):
                await self.drop(_posts(picture, file))
                self._let_go(file)

    async def forget_gone(self, pictures: Iterable[PictureView]) -> None:
        """Take pictures for not brought whose files somebody has deleted; never raises."""
        pictures = list(pictures)
        known = await self._known(pictures)
        for picture in pictures:
            if picture.id in known and await self._is_gone(known[picture.id]):
                log.info("file %s of %s is no longer in Slack", known[picture.id], picture.id)
                with suppress(UserError):
                    for post in _posts(picture, known[picture.id]):
                        await self._posts.remove(PLATFORM, post.channel, post.message)
                self._let_go(known[picture.id])

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
        self._let_go(file)
        try:
            await self._web.call(self._web.client.files_delete, file=file)
        except FAULTS as error:
            if is_passing(error):
                raise
            log.info("file %s cannot be deleted: %s", file, reason(error))

    async def _known(self, pictures: Iterable[PictureView]) -> dict[str, str]:
        """Return the files of those pictures and sheets that Slack has."""
        pictures = list(pictures)
        sheets = {each.id: self._sheets[each.id] for each in pictures if each.id in self._sheets}
        named = [picture.id for picture in pictures if not picture.title]
        return sheets | await self._posts.files(PLATFORM, named)

    async def _is_gone(self, file: str) -> bool:
        try:
            await self._web.call(self._web.client.files_info, file=file)
        except FAULTS as error:
            return reason(error) in GONE
        return False

    def _let_go(self, file: str) -> None:
        """Forget of which sheet a file was; the next time, that is brought again."""
        for sheet in [name for name, known in self._sheets.items() if known == file]:
            del self._sheets[sheet]

    async def _picture(self, picture: PictureView) -> str | None:
        """Bring a picture, and return its id; nothing where it is gone or Slack refuses it."""
        alt = _described(picture.alt) or picture.title or picture.id
        try:
            # To open it takes no time; the library reads it in a thread.
            with picture.path.open("rb") as data:
                name = f"{picture.id}{picture.path.suffix}"
                file = await self._send(data, name, picture.title or picture.id, alt)
        except FileNotFoundError:
            return None
        except FAULTS as error:
            if is_passing(error):
                raise
            log.warning("Slack does not take %s: %s", picture.id, reason(error) or error)
            return None
        for post in _posts(picture, file):
            await self._note(post)
        if picture.title:
            self._sheets[picture.id] = file
            while len(self._sheets) > SHEETS_KEPT:
                self._sheets.popitem(last=False)
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


def _posts(picture: PictureView, file: str) -> Iterator[Post]:
    """Yield what is to be noted of a file: a sheet goes with any job that is on it."""
    if picture.title:
        yield from (Post(job, PLATFORM, job, file, "sheet") for job in picture.jobs)
    else:
        yield Post(picture.id.partition(".")[0], PLATFORM, picture.id, file, "file")


def _described(words: str) -> str:
    """Return the words on a picture as far as an address bears them."""
    alt = clipped(cleaned(words).strip(), ALT_MOST)
    while len(quote(alt)) > ADDRESS_MOST:
        alt = clipped(alt, len(alt) * 3 // 4)
    return alt

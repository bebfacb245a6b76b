"""First glimpses of pictures: each is a file in the workspace, and only the newest stays there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from bot.adapters.slack.payloads import PLATFORM
from bot.adapters.slack.uploading import Uploads
from bot.adapters.slack.web import FAULTS
from bot.reply import ProgressView
from storage.posts import Posts

log = logging.getLogger(__name__)

PAUSE: Final = 6.0
"""Seconds between two previews of a job: each takes four calls, of which Slack bears few."""


@dataclass(slots=True)
class _Shown:
    """The newest preview of a job: its file, its bytes, and when it was brought."""

    file: str
    png: bytes
    at: float


class Previews:
    """Brings previews of jobs, and takes them away again."""

    def __init__(self, uploads: Uploads, posts: Posts) -> None:
        self._uploads = uploads
        self._posts = posts
        self._shown: dict[str, _Shown] = {}

    async def of(self, job: str, progress: ProgressView | None) -> str:
        """Return the file to show with a state, empty for none. Never raises."""
        shown = self._shown.get(job)
        png = progress.preview if progress else None
        now = asyncio.get_running_loop().time()
        if not png:
            return shown.file if shown and progress else ""
        if shown and (shown.png == png or now - shown.at < PAUSE):
            return shown.file
        try:
            file = await self._uploads.preview(job, png)
        except FAULTS as error:
            log.debug("job %s: no preview: %s", job, error)
            return shown.file if shown else ""
        self._shown[job] = _Shown(file, png, now)
        # The one before is seen until the message has been updated.
        await self._drop(job, but={file, shown.file if shown else ""})
        return file

    def forget(self, job: str) -> None:
        """Let go what is remembered of a job that is over."""
        self._shown.pop(job, None)

    async def end(self, job: str) -> None:
        """Delete all previews of a job, also those of an earlier process."""
        self.forget(job)
        await self._drop(job, but=frozenset())

    async def _drop(self, job: str, but: AbstractSet[str]) -> None:
        posts = await self._posts.of_job(job)
        mine = (post for post in posts if post.platform == PLATFORM and post.kind == "preview")
        await self._uploads.drop(post for post in mine if post.message not in but)

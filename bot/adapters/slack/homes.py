"""Everybody's home tab: shown when it is opened, and again after what is done there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final
from weakref import WeakValueDictionary

from bot.adapters.slack.home import home_view, pictures_of
from bot.adapters.slack.payloads import PLATFORM, Asked
from bot.adapters.slack.uploading import Uploads
from bot.adapters.slack.web import FAULTS, Web, details, is_unready_file
from bot.reply import PictureView
from bot.service.answers.home import Part
from bot.service.service import Service

log = logging.getLogger(__name__)

UNREADY_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to show pictures that are not processed yet."""


class Homes:
    """Publishes home tabs."""

    def __init__(self, service: Service, web: Web, uploads: Uploads) -> None:
        self._service = service
        self._web = web
        self._uploads = uploads
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def show(self, asked: Asked) -> None:
        """Publish the asker's home: at once with what Slack has, then with all. Never raises."""
        # One after the other, so that the newest is seen last.
        line = self._lines.setdefault(asked.user, asyncio.Lock())
        async with line:
            await self._show(asked)

    async def _show(self, asked: Asked) -> None:
        parts = await self._service.home(asked.invocation("help", {}))
        pictures = pictures_of(parts)
        posts = self._service.desk.store.posts
        known = await posts.files(PLATFORM, [picture.id for picture in pictures])
        try:
            is_shown = await self._publish(asked.user, parts, known)
            if not is_shown or len(known) < len(pictures):
                await self._complete(asked.user, parts, pictures)
        except FAULTS as error:
            log.warning("a home was not shown: %s", details(error))

    async def _complete(
        self, user: str, parts: Sequence[Part], pictures: Sequence[PictureView]
    ) -> None:
        """Publish a home with all its pictures; without them where Slack never shows them."""
        for pause in UNREADY_PAUSES:
            if await self._publish(user, parts, await self._uploads.pictures(pictures)):
                return
            await self._uploads.forget_gone(pictures)
            await asyncio.sleep(pause)
        await self._publish(user, parts, {})

    async def _publish(self, user: str, parts: Sequence[Part], files: Mapping[str, str]) -> bool:
        """Publish a home, and return whether Slack can show its pictures."""
        view = home_view(parts, files)
        try:
            await self._web.call(self._web.client.views_publish, user_id=user, view=view)
        except FAULTS as error:
            if not is_unready_file(error):
                raise
            return False
        return True

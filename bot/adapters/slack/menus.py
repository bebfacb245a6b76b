"""The entries that the bot adds to the menu of every message."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any

from bot.adapters.slack.fetching import Fetcher, sent
from bot.adapters.slack.payloads import PLATFORM, Asked, Body
from bot.errors import NotOurMessage
from bot.reply import Reply
from bot.service.service import Service


class Menus:
    """Answers for messages, whoever wrote them."""

    def __init__(self, service: Service, fetcher: Fetcher) -> None:
        self._service = service
        self._fetcher = fetcher

    async def chosen(self, asked: Asked, action: str, body: Body) -> Reply:
        """Answer for a message: for the job that it shows, else for its first picture."""
        store = self._service.desk.store
        post = await store.posts.find(PLATFORM, asked.channel, asked.message)
        if post is not None:
            return await self._service.click(asked.click(action, post.job))
        self._service.let_in(asked.invocation("show", {}))
        files = [f for f in body["message"].get("files") or () if _is_picture(f)]
        if not files or action not in ("recipe", "use"):
            raise NotOurMessage(action)
        async with self._fetcher.here(asked, {}, {"file": sent(files)[0]}) as given:
            invocation = asked.invocation("show", given)
            if action == "use":
                return await self._service.keep_picture(invocation)
            return await self._service.answer(invocation)


def _is_picture(file: Mapping[str, Any]) -> bool:
    # Of a file that Slack has not looked at yet, only the name is known.
    kind = str(file.get("mimetype") or "") or mimetypes.guess_type(str(file.get("name")))[0] or ""
    return kind.startswith("image/")

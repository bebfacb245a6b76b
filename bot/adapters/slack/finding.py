"""Looks whether a message has arrived: Slack has nothing that keeps it from taking one twice."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.adapters.slack.web import FAULTS, Call, Web, is_passing, reason

log = logging.getLogger(__name__)

HISTORY_MOST: Final = 200
PAGES_MOST: Final = 10
"""Pages, of so many messages, that are looked through for one."""
PERSON: Final = ("U", "W")
"""What the ids of people begin with."""

Place = tuple[str, str]
"""A channel and a message in it."""
Marker = dict[str, Any]
"""The metadata of a message."""


class Finder:
    """Reads back what was written."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def find(
        self, marker: Marker, since: datetime, channel: str, thread: str
    ) -> Place | None:
        """Look for a message in its channel or thread, as far as the bot may read there."""
        if channel.startswith(PERSON):
            return None
        cursor = ""
        for _ in range(PAGES_MOST):
            answer = await self._read(channel, thread, since, cursor)
            for message in answer.get("messages", ()):
                if message.get("metadata") == marker:
                    return channel, message["ts"]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    async def _read(
        self, channel: str, thread: str, since: datetime, cursor: str
    ) -> Mapping[str, Any]:
        """Return a page of what was written; nothing where the bot may not read it.

        Slack lets it write to public channels without being in them, but not read those.
        """
        client = self._web.client
        arguments: dict[str, Any] = {"channel": channel, "oldest": str(since.timestamp())}
        arguments |= {"include_all_metadata": True, "limit": HISTORY_MOST}
        arguments |= {"cursor": cursor} if cursor else {}
        read: Call = client.conversations_replies if thread else client.conversations_history
        arguments |= {"ts": thread} if thread else {}
        try:
            try:
                return await self._web.call(read, **arguments)
            except FAULTS as error:
                if reason(error) != "not_in_channel":
                    raise
            await self._web.call(client.conversations_join, channel=channel)
            return await self._web.call(read, **arguments)
        except FAULTS as error:
            if is_passing(error):
                raise
            log.info("%s cannot be read back: %s", channel, reason(error))
            return {}

"""Tells those who are next in the line of their new places, now and then."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from bot.service.delivering.announcer import Announcer
from bot.service.running.line import Line, Place
from bot.service.showing.views import Views

NEXT: Final = 5
"""So many of those who wait are told: who is far behind has no use for each step forward."""
PAUSE: Final = 5.0
"""Seconds between two rounds, however fast the line moves."""


class PlaceNews:
    """Keeps the messages of the next few waiting jobs up to date, without a flood of edits."""

    def __init__(
        self, line: Line, announcer: Announcer, views: Views, pause: float = PAUSE
    ) -> None:
        self._line = line
        self._announcer = announcer
        self._views = views
        self._pause = pause
        self._told: dict[str, int] = {}
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, *, tell_all: bool = False) -> None:
        """Begin to tell; the next few who wait from before are told at once, or all of them."""
        if tell_all:
            self._report(most=None)
        self._moved.set()
        self._task = asyncio.create_task(self._tell())

    def know(self, place: Place) -> None:
        """Take note of what somebody was told already."""
        self._told[place.job.id] = place.ahead

    def moved(self) -> None:
        """Say that somebody left the line, or came before others. Returns at once."""
        self._moved.set()

    def left(self, job_id: str) -> None:
        """Say that a job left the line, of which nobody is told any more. Returns at once."""
        self._told.pop(job_id, None)
        self._moved.set()

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _tell(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._report():
                await asyncio.sleep(self._pause)

    def _report(self, most: int | None = NEXT) -> bool:
        """Tell the next few what is new to them, and return whether anything was.

        Whoever was told to be among them is told as well where others came in between.
        """
        waiting = [place for place in self._line.places() if place.job.status == "queued"]
        few = max((place.ahead for place in waiting[:most]), default=0)
        news = [place for place in waiting if self._is_news(place, few)]
        for place in news:
            self.know(place)
            self._announcer.report(place.job, self._views.queued(place))
        self._told = {name: told for name, told in self._told.items() if name in self._line}
        return bool(news)

    def _is_news(self, place: Place, few: int) -> bool:
        told = self._told.get(place.job.id)
        return told != place.ahead and (place.ahead <= few or (told is not None and told <= few))

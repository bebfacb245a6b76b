"""A job's right to the worker."""

from __future__ import annotations

import asyncio

from generation.engine import Event, Preparing


class Turn:
    """Held while a job is made: given up while its model is on the way, and at its end."""

    def __init__(self, busy: asyncio.Semaphore) -> None:
        self._busy = busy
        self._held = True

    async def follow(self, event: Event) -> None:
        """Give the turn up for a download, and take it again after it."""
        if isinstance(event, Preparing) and event.phase == "downloading":
            self.give_up()
        elif not self._held:
            await self._busy.acquire()
            self._held = True

    def give_up(self) -> None:
        """Let the next job go; nothing where that was done."""
        if self._held:
            self._held = False
            self._busy.release()

"""What can wait, waits while people wait for their first answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

AT_ONCE: Final = 8
"""So many things that can wait are done at the same time."""
SETTLED_SECONDS: Final = 0.025
"""Without anybody to answer for so long, no storm of commands is on its way."""
STORM: Final = 4
"""More first answers than this are owed at the same time in a storm only."""
PATIENCE: Final = 1.0
"""Seconds after which a thing is done even in a storm."""


class Calm:
    """Knows whether first answers are owed, for each of which the platforms give three seconds."""

    def __init__(self, acknowledged: Callable[[float], None] = lambda _seconds: None) -> None:
        """``acknowledged`` is told the seconds that each first answer took."""
        self._acknowledged = acknowledged
        self._owed = 0
        self._since = 0.0
        self._calm = asyncio.Event()
        self._calm.set()
        self._places = asyncio.Semaphore(AT_ONCE)

    @property
    def is_storm(self) -> bool:
        """Whether so many wait for their first answer that each has to be short."""
        return self._owed > STORM

    @contextmanager
    def owing(self) -> Iterator[None]:
        """Owe somebody a first answer until the block ends."""
        came = asyncio.get_running_loop().time()
        self._owed += 1
        self._calm.clear()
        try:
            yield
            self._acknowledged(asyncio.get_running_loop().time() - came)
        finally:
            self._owed -= 1
            if not self._owed:
                self._since = asyncio.get_running_loop().time()
                self._calm.set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Do in the block what can wait, once nobody is owed a first answer."""
        async with self._places:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled(), PATIENCE)
            yield

    async def passed(self) -> None:
        """Wait until nobody is owed a first answer, no longer than for a turn.

        For what then waits for others: a place is not held meanwhile.
        """
        async with self.turn():
            pass

    async def _settled(self) -> None:
        loop = asyncio.get_running_loop()
        await self._calm.wait()
        while (left := self._since + SETTLED_SECONDS - loop.time()) > 0 or self._owed:
            await asyncio.sleep(max(left, 0.0))
            await self._calm.wait()

"""Waiting for something to become true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds until a test gives up."""
GLANCE = 0.05
"""Seconds between two looks at what nobody tells us of, like the state of the bot itself."""


class Changes:
    """Wakes those who wait whenever something has happened."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        """Something has happened: let everyone look again."""
        for future in list(self._waiting):
            if not future.done():
                future.set_result(None)

    async def until(self, condition: Callable[[], T | None], patience: float, what: str) -> T:
        """The condition's first true value; ``TimeoutError`` after so many seconds."""
        end = time.monotonic() + patience
        while not (value := condition()):
            if time.monotonic() > end:
                raise TimeoutError(f"{what} not within {patience} s")
            await self._next()
        return value

    async def _next(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait([future], timeout=GLANCE)
        finally:
            self._waiting.discard(future)

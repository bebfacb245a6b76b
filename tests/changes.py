"""Waiting for something to become true, also for hundreds at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds until a test gives up."""
GLANCE = 0.05
"""Seconds between two looks at what nobody tells us of, like the state of the bot itself."""
SOON = 0.005
"""Seconds in which whatever happens is looked at together."""


class Waiter:
    """One who waits for a condition."""

    def __init__(self, condition: Callable[[], Any]) -> None:
        self._condition = condition
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def look(self) -> None:
        """Ask the condition; what it raises is raised where it is waited for."""
        if self.future.done():
            return
        try:
            value = self._condition()
        except Exception as error:  # noqa: BLE001 - it is the waiting test's own
            self.future.set_exception(error)
            return
        if value:
            self.future.set_result(value)


class Changes:
    """Looks for all who wait whenever something has happened.

    All conditions are asked by one timer: waking hundreds of tasks at every change would take the
    time of the bot that is being watched.
    """

    def __init__(self) -> None:
        self._waiting: set[Waiter] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_told = False

    def tell(self) -> None:
        """Something has happened: let everyone look again."""
        if self._waiting and not self._is_told:
            self._is_told = True
            self._look_in(SOON)

    async def until(self, condition: Callable[[], T | None], patience: float, what: str) -> T:
        """The condition's first true value; ``TimeoutError`` after so many seconds."""
        if value := condition():
            return value
        waiter = Waiter(condition)
        self._waiting.add(waiter)
        if self._timer is None:
            self._look_in(GLANCE)
        try:
            await asyncio.wait([waiter.future], timeout=patience)
            if not waiter.future.done():
                raise TimeoutError(f"{what} not within {patience} s")
            found: T = waiter.future.result()
            return found
        finally:
            waiter.future.cancel()
            self._waiting.discard(waiter)

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        self._is_told, self._timer = False, None
        for waiter in list(self._waiting):
            waiter.look()
        if self._waiting:
            self._look_in(GLANCE)

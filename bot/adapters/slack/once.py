"""Each delivery is handled once, however often Slack sends it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

REMEMBERED: Final = 5_000
"""Deliveries whose answers are kept; Slack sends one again within some minutes, if at all."""

Answer = dict[str, Any] | None
"""What a delivery is acknowledged with."""


class Once:
    """Remembers what was answered, and gives the same answer again."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, asyncio.Future[Answer]] = OrderedDict()

    async def answer(self, key: str, handle: Callable[[], Awaitable[Answer]]) -> Answer:
        """Handle a delivery, or wait for the answer to the same one. A failure is not kept."""
        while known := self._answers.get(key):
            try:
                return await asyncio.shield(known)
            except asyncio.CancelledError:
                # Where only the first was given up, this one takes its place.
                if not known.cancelled() or _is_given_up():
                    raise
        answer = self._answers[key] = asyncio.get_running_loop().create_future()
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        try:
            found = await handle()
        except asyncio.CancelledError:
            del self._answers[key]
            answer.cancel()
            raise
        except Exception as error:
            del self._answers[key]
            answer.set_exception(error)
            # Mostly nobody else waits for it.
            answer.exception()
            raise
        answer.set_result(found)
        return found


def _is_given_up() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

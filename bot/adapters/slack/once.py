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
        self._answers: OrderedDict[str, asyncio.Task[Answer]] = OrderedDict()

    async def answer(self, key: str, handle: Callable[[], Awaitable[Answer]]) -> Answer:
        """Handle a delivery, or wait for the answer to the same one. A failure is not kept."""
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = asyncio.ensure_future(_awaited(handle))
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        try:
            return await asyncio.shield(known)
        except BaseException:
            if known.done() and (known.cancelled() or known.exception()):
                self._answers.pop(key, None)
            raise


async def _awaited(handle: Callable[[], Awaitable[Answer]]) -> Answer:
    return await handle()

"""How long chat services are waited for, and what is done with what takes longer."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from bot.reply import Reply
from bot.service.service import fault, refusal
from generation.errors import UserError

log = logging.getLogger(__name__)

FIRST_PAUSES: Final = (0.0, 2.0, 10.0, 30.0)
"""Seconds before each try to show the state that a job was accepted in."""
SETTLE_SECONDS: Final = 3.0
"""At the end, for answers that are on their way."""
REMEMBERED: Final = 10_000
"""Jobs of which is known that a state was shown."""


async def guarded(answer: Callable[[], Awaitable[Reply]]) -> Reply:
    """Make every error on the way to the service a reply; it does so with its own."""
    try:
        return await answer()
    except UserError as error:
        return refusal(error)
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("fault %s before the service was asked", reference)
        return fault(reference)


async def settled(tasks: Collection[asyncio.Task[Any]], seconds: float = SETTLE_SECONDS) -> None:
    """Wait a little for what is on its way, and give up what takes longer."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

"""How a running bot is, as plain numbers read at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.wiring import App
from generation.engine import EngineStatus
from storage.records import utc_now


@dataclass(frozen=True, slots=True)
class Vitals:
    """A look at a bot. ``owed`` results wait for their chat, the oldest for so many seconds.

    ``connected`` says of each adapter whether it is.
    """

    queued: int
    running: int
    owed: int
    oldest_owed: float
    engine: EngineStatus
    connected: Mapping[str, bool]


async def look_at(app: App) -> Vitals:
    """Return how a bot is. It waits for nothing, and has to be asked in the bot's event loop."""
    owed = app.outbox.waiting
    return Vitals(
        queued=len(app.runner.line.waiting()),
        running=app.runner.running,
        owed=owed.count,
        oldest_owed=max(0.0, (utc_now() - owed.since).total_seconds()) if owed.since else 0.0,
        engine=app.engine.status(),
        connected={each.name: each.state == "connected" for each in app.adapters},
    )

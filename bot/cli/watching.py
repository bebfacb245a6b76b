"""Whether and where the owner can read the running bot's numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot.config import Config
from bot.service.running.meter import UNMETERED, Meter
from bot.wiring import App

Watched = Callable[[App], AbstractAsyncContextManager[str]]
"""Lets the numbers of an app be read in the block, which gets the address; empty where none is."""


@asynccontextmanager
async def unwatched(_app: App) -> AsyncIterator[str]:
    """Let nobody read anything."""
    yield ""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is told of the bot's work, and how that can be read."""

    meter: Meter = UNMETERED
    watched: Watched = unwatched


def watch(config: Config) -> Watch:
    """Return what the configuration asks for."""
    section = config.settings.metrics
    if not section.port:
        return Watch()
    # Not before they are needed: most commands count nothing.
    from bot.metrics import Metrics
    from bot.vitals import look_at

    metrics = Metrics()

    @asynccontextmanager
    async def watched(app: App) -> AsyncIterator[str]:
        folders = {"data": config.data, "pictures": config.pictures}
        async with metrics.served(section, partial(look_at, app), folders) as port:
            host = f"[{section.host}]" if ":" in section.host else section.host
            yield f"http://{host}:{port}/metrics"

    return Watch(metrics, watched)

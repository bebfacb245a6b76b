"""The ways to the service from a terminal: to the process that runs it, or in one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.adapters.console.session import Session
from bot.config import Config
from bot.control.client import RemoteSession
from bot.control.wire import Status
from bot.wiring import open_app
from generation.errors import AlreadyRunning
from storage.ownership import find_owner
from storage.store import Store

OWNER_PATIENCE: Final = 10.0
"""Seconds to wait for an owner that has just started to open its door."""


@asynccontextmanager
async def open_session(config: Config, *, resume: bool, work: bool) -> AsyncIterator[Session]:
    """Reach the service: in the process that owns the data folder, or in this one.

    A process that serves others keeps serving them before it leaves.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + OWNER_PATIENCE
    while True:
        owner = await asyncio.to_thread(find_owner, config.data)
        if owner is not None and owner.listens:
            yield RemoteSession(owner)
            return
        try:
            async with open_app(config, resume=resume, work=work) as app:
                yield app.session()
                await app.control.drain()
                return
        except AlreadyRunning:
            if loop.time() > until:
                raise
            await asyncio.sleep(0.1)


async def look_from_outside(config: Config) -> Status:
    """Return the status of a bot that does not run: what waits for it."""
    store = Store(config.database_url, folder=config.folder, read_only=True)
    if not store.path.exists():
        return Status()
    async with store:
        return Status(queue=len(await store.jobs.waiting()))

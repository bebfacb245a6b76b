"""The other side of the door: a terminal beside the process that owns the data folder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from bot.control.server import HOST
from bot.control.wire import LINE_MOST, Ask, Status, Told
from bot.errors import OwnerLeft
from bot.invocation import Invocation
from bot.reply import Reply
from storage.ownership import Owner


class RemoteSession:
    """The service in another process."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    async def ask(self, invocation: Invocation) -> AsyncIterator[Reply]:
        """Hand a command over and yield the states of its answer."""
        ask = Ask(token=self._owner.token, wants="answer", invocation=invocation)
        async with contextlib.aclosing(self._tell(ask)) as told:
            async for message in told:
                if message.reply is not None:
                    yield message.reply

    async def status(self) -> Status:
        """Ask how the bot is."""
        ask = Ask(token=self._owner.token, wants="status")
        async with contextlib.aclosing(self._tell(ask)) as told:
            async for message in told:
                if message.status is not None:
                    return message.status
        raise OwnerLeft(self._owner.pid)

    async def _tell(self, ask: Ask) -> AsyncGenerator[Told]:
        try:
            reader, writer = await asyncio.open_connection(HOST, self._owner.port, limit=LINE_MOST)
        except OSError:
            raise OwnerLeft(self._owner.pid) from None
        try:
            writer.write(ask.to_line())
            while True:
                line = await reader.readline()
                if not line:
                    raise OwnerLeft(self._owner.pid)
                told = Told.model_validate_json(line)
                yield told
                if told.last:
                    return
        except ConnectionError:
            raise OwnerLeft(self._owner.pid) from None
        finally:
            writer.close()

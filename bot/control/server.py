"""The owner's side of the door: a socket on the loopback interface, with a token."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import ValidationError

from bot.adapters.console.session import Session
from bot.control.wire import LINE_MOST, Ask, Status, Told

log = logging.getLogger(__name__)
HOST: Final = "127.0.0.1"


class ControlServer:
    """Answers other processes of the same user."""

    def __init__(self, session: Session, status: Callable[[], Awaitable[Status]]) -> None:
        self._session = session
        self._status = status
        self._token = secrets.token_hex(32)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self) -> tuple[int, str]:
        """Open the door and return its port and token."""
        self._server = await asyncio.start_server(self._talk, HOST, 0, limit=LINE_MOST)
        return self._server.sockets[0].getsockname()[1], self._token

    async def drain(self) -> None:
        """Wait until nobody is being answered any more."""
        while self._talks:
            await asyncio.wait(self._talks)

    async def close(self) -> None:
        """Shut the door; whoever is being answered is cut off."""
        if self._server is None:
            return
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
            log.debug("a client went away: %s", error)
        except asyncio.CancelledError:
            # The loop's own stream code logs a handler that ends as cancelled.
            log.debug("a client was cut off")
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            if task is not None:
                self._talks.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        try:
            ask = Ask.model_validate_json(line)
        except ValidationError:
            return
        if not hmac.compare_digest(ask.token, self._token):
            return
        if ask.wants == "status":
            writer.write(Told(status=await self._status(), last=True).to_line())
        elif ask.invocation is not None:
            async for reply in self._session.ask(ask.invocation):
                writer.write(Told(reply=reply, last=reply.final).to_line())
                await writer.drain()
        await writer.drain()

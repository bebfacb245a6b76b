"""One WebSocket to Slack, from its opening to its end."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from time import time
from typing import Any, Final

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.adapters.slack.shapes import is_readable

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 5.0
"""Of silence, after which Slack is pinged; half of it later a connection without a pong is dead."""
CLOSE_SECONDS: Final = 0.3
"""For Slack's half of a goodbye."""
SETTLE_SECONDS: Final = 0.5
"""For answers that are on their way when the bot stops."""

Send = Callable[[str], Awaitable[None]]


class WebSocket(AsyncBaseSocketModeClient):
    """Hands each envelope to the app, beside all others, and sends back what it is answered with.

    The library's own client reconnects by itself, a ping later and with a used address; here that
    is left to ``SocketConnection``. ``elsewhere`` sends answers once this one is closed.
    """

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse[bool], app: AsyncApp, elsewhere: Send
    ) -> None:
        self.logger = log
        self.over = asyncio.Event()
        self.replaced = asyncio.Event()
        self.hello: Mapping[str, Any] = {}
        self.reason = ""
        self._socket = socket
        self._app = app
        self._elsewhere = elsewhere
        self._greeted = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read())

    @property
    def is_open(self) -> bool:
        """Whether envelopes can come and answers go."""
        return not self._socket.closed and not self._reading.done()

    async def greeted(self) -> bool:
        """Wait for Slack's first words, and return whether they are a welcome."""
        await self._greeted.wait()
        return bool(self.hello)

    async def send(self, message: str) -> bool:
        """Send over this connection, and return whether that could be."""
        if self._socket.closed:
            return False
        try:
            await self._socket.send_str(message)
        except ConnectionError:
            return False
        return True

    async def send_message(self, message: str) -> None:
        """Send an answer, here or over the connection that comes after this one."""
        if not await self.send(message):
            await self._elsewhere(message)

    async def linger(self, seconds: float) -> None:
        """Go on for so long, or until Slack ends it; close then, and see all answers out."""
        await asyncio.wait({self._reading}, timeout=seconds)
        await self._socket.close()
        if self._answering:
            await asyncio.wait(self._answering)

    async def stop(self, settle: float = SETTLE_SECONDS) -> None:
        """Take nothing more, let answers go out for so long, and close."""
        self._reading.cancel()
        if self._answering:
            await asyncio.wait(self._answering, timeout=settle)
        left = [self._reading, *self._answering]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._socket.close()

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(frame.data)
        finally:
            self._end()

    def _take(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            log.warning("Slack sent something that is no message")
        elif message.get("type") == "hello":
            self.hello = message
            self._greeted.set()
        elif message.get("type") == "disconnect":
            self.reason = str(message.get("reason") or "")
            self._end()
        else:
            task = asyncio.create_task(self._answer(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def _end(self) -> None:
        self._greeted.set()
        self.over.set()

    async def _answer(self, message: dict[str, Any]) -> None:
        try:
            known = is_readable(message.get("payload"))
            # The library bears no payload of any other kind.
            request = SocketModeRequest.from_dict(message if known else message | {"payload": {}})
            if request is None:
                return
            if known:
                answer = await run_async_bolt_app(self._app, request)
            else:
                log.warning("Slack sent something that is not looked at: it is of no known form")
                answer = BoltResponse(status=200)
            await send_async_response(self, request, answer, time())
        except (aiohttp.ClientError, OSError):
            log.warning("an answer did not reach Slack, as the connection was lost meanwhile")
        except Exception:
            log.exception("a message of Slack could not be answered")

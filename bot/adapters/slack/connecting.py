"""The way in from Slack: a socket that is kept open, or signed requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import texts
from bot.adapters.slack.serving import HttpConnection
from bot.adapters.slack.starting import (
    APP_TOKEN,
    PLATFORM,
    SIGNING_SECRET,
    address_of_socket,
    start_faults,
)
from bot.adapters.slack.web import FAULTS, pause_asked
from bot.adapters.slack.websocket import (
    CLOSE_SECONDS,
    HEARTBEAT_SECONDS,
    SETTLE_SECONDS,
    WebSocket,
)
from bot.chat_errors import (
    ScopesMissing,
    ServiceRefuses,
    SocketModeOff,
    TokenRefused,
    WrongToken,
)
from bot.config_sections import SlackSection
from generation.errors import UserError

log = logging.getLogger(__name__)

OPEN_SECONDS: Final = 10.0
"""From an address to Slack's welcome."""
STEADY_SECONDS: Final = 2.0
"""A connection that lasted for so long was no failure: the next is tried at once."""
PAUSES: Final = (0.25, 0.5, 1.0, 2.0, 5.0)
LONGEST_PAUSE: Final = 10.0
ANSWER_SECONDS: Final = 3.0
"""After that Slack takes no answer any more."""
LINGER_SECONDS: Final = 10.0
"""An old connection may bring something for so long beside the new one."""

ENDINGS: Final = (TokenRefused, WrongToken, ScopesMissing, SocketModeOff)
"""What does not pass by itself."""


class Connection(Protocol):
    """Brings what people do in Slack to the app, and takes the answers back."""

    @property
    def connected(self) -> bool:
        """Whether anything can come in."""
        ...

    async def start(self) -> None:
        """Let things come in. Raises ``UserError`` where that cannot be."""
        ...

    async def wait_ended(self) -> None:
        """Wait until it can never go on, and raise the ``UserError`` that says why."""
        ...

    async def stop(self) -> None:
        """Let nothing more come in. Harmless before the start, and twice."""
        ...


def connection(
    app: AsyncApp, client: AsyncWebClient, section: SlackSection, tokens: Mapping[str, str]
) -> Connection:
    """Return the connection that the configuration asks for; ``tokens`` are by their variables."""
    if section.mode == "http":
        return HttpConnection(app, section, tokens[SIGNING_SECRET])
    return SocketConnection(app, client, section, tokens[APP_TOKEN])


class SocketConnection:
    """A WebSocket that is replaced whenever it is lost, or Slack asks for it."""

    def __init__(
        self, app: AsyncApp, client: AsyncWebClient, section: SlackSection, token: str
    ) -> None:
        self._app = app
        self._client = client
        self._section = section
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self._sockets: list[WebSocket] = []
        self._keeping: asyncio.Task[None] | None = None
        self._lingering: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether anything can come in."""
        return any(socket.is_open for socket in self._sockets)

    async def start(self) -> None:
        """Connect. Raises ``UserError`` where Slack cannot be reached or refuses."""
        self._session = aiohttp.ClientSession()
        try:
            first = await self._open(self._session)
        except BaseException:
            await self.stop()
            raise
        if first.hello.get("num_connections", 1) != 1:
            log.warning("a program beside this one takes a part of what people ask for in Slack")
        self._keeping = asyncio.create_task(self._keep(self._session, first))

    async def wait_ended(self) -> None:
        """Wait until Slack takes the token no more, and raise the error that says so."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})
            if not self._keeping.cancelled():
                self._keeping.result()

    async def stop(self, settle: float = SETTLE_SECONDS) -> None:
        """Let nothing more come in; what came is still answered, within so many seconds."""
        tasks = [*self._lingering, *([self._keeping] if self._keeping else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(socket.stop(settle) for socket in self._sockets))
        self._sockets.clear()
        if self._session is not None:
            await self._session.close()

    async def _keep(self, session: aiohttp.ClientSession, socket: WebSocket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            since = loop.time()
            await socket.over.wait()
            steady = loop.time() - since >= STEADY_SECONDS
            fresh = await self._open_again(session, steady=steady)
            socket.replaced.set()
            # Slack may have sent something over the old one before it heard of the new one.
            task = asyncio.create_task(self._let_go(socket))
            self._lingering.add(task)
            task.add_done_callback(self._lingering.discard)
            socket = fresh

    async def _let_go(self, socket: WebSocket) -> None:
        await socket.linger(LINGER_SECONDS)
        self._sockets.remove(socket)

    async def _open_again(self, session: aiohttp.ClientSession, *, steady: bool) -> WebSocket:
        """Try until there is a new connection; raises what makes it useless to try."""
        told, least = False, 0.0
        for pause in _pauses(steady=steady):
            await asyncio.sleep(max(pause, least))
            try:
                fresh = await self._open(session)
            except ENDINGS:
                raise
            except (UserError, *FAULTS) as error:
                # The answer itself says how long to wait.
                least = pause_asked(error.__context__ or error) or 0.0
                if not told:
                    said = texts.sentence(error) if isinstance(error, UserError) else error
                    log.warning("the connection is lost, and tried again: %s", said)
                told = True
            else:
                log.log(logging.WARNING if told else logging.INFO, "connected to Slack again")
                return fresh
        raise AssertionError("there is always one more try")

    async def _open(self, session: aiohttp.ClientSession) -> WebSocket:
        """Return a connection that Slack has welcomed."""
        address = await address_of_socket(self._client, self._section, self._token)
        with start_faults(self._section, APP_TOKEN):
            async with asyncio.timeout(OPEN_SECONDS):
                raw = await session.ws_connect(
                    address,
                    heartbeat=HEARTBEAT_SECONDS,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                    proxy=self._client.proxy,
                    ssl=True if self._client.ssl is None else self._client.ssl,
                )
                socket = WebSocket(raw, self._app, self._send_later)
                try:
                    if await socket.greeted():
                        self._sockets.append(socket)
                        return socket
                except BaseException:
                    await socket.stop()
                    raise
        await socket.stop()
        if socket.reason == "link_disabled":
            raise SocketModeOff(PLATFORM)
        raise ServiceRefuses(PLATFORM, 101, socket.reason)

    async def _send_later(self, message: str) -> None:
        """Send an answer over the newest connection, or the next one."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while not await (newest := self._sockets[-1]).send(message):
                await newest.replaced.wait()


def _pauses(*, steady: bool) -> Iterator[float]:
    """Yield how long to wait before each try, for ever."""
    if steady:
        yield 0.0
    yield from PAUSES
    while True:
        yield LONGEST_PAUSE

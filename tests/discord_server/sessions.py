"""The bot's gateway sessions: what they are told, and how they are cut."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.changes import PATIENCE
from tests.discord_server.records import GatewayEvent, Payload
from tests.discord_server.state import State

DISPATCH, RECONNECT, INVALID_SESSION = 0, 7, 9
KEPT_EVENTS = 1000


class Socket:
    """One open socket to the bot."""

    def __init__(self, socket: web.WebSocketResponse, compression: str | None) -> None:
        self.socket = socket
        self._compress = _compressor(compression)

    @property
    def is_open(self) -> bool:
        """Whether anything can still be sent."""
        return not self.socket.closed

    async def send(
        self, op: int, data: Any, seq: int | None = None, name: str | None = None
    ) -> None:
        """Send one message; one that no longer gets through is lost."""
        raw = json.dumps({"op": op, "d": data, "s": seq, "t": name}).encode()
        try:
            if self._compress:
                await self.socket.send_bytes(self._compress(raw))
            else:
                await self.socket.send_str(raw.decode())
        except (ConnectionError, RuntimeError):
            return

    async def close(self, code: int, reason: bytes = b"") -> None:
        """Say goodbye."""
        await self.socket.close(code=code, message=reason)

    def abort(self) -> None:
        """Cut the connection without a word."""
        request = self.socket._req
        if request is not None and request.transport is not None:
            request.transport.abort()


def _compressor(compression: str | None) -> Callable[[bytes], bytes] | None:
    if compression == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda raw: deflate.compress(raw) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return None  # a client that knows another compression takes plain text too


@dataclass(eq=False)
class Session:
    """One session, which may outlive its socket."""

    id: str
    intents: int
    socket: Socket | None
    seq: int = 0
    events: deque[tuple[int, str, Payload]] = field(
        default_factory=lambda: deque(maxlen=KEPT_EVENTS)
    )
    """The last events with their numbers and names, for a bot that resumes."""

    @property
    def is_connected(self) -> bool:
        """Whether there is a socket that takes events."""
        return self.socket is not None and self.socket.is_open

    async def tell(self, name: str, payload: Payload) -> None:
        """Send an event, or keep it until the bot resumes."""
        self.seq += 1
        self.events.append((self.seq, name, payload))
        if self.socket is not None and self.socket.is_open:
            await self.socket.send(DISPATCH, payload, self.seq, name)

    async def resume(self, socket: Socket, seq: int) -> None:
        """Send what was missed since an event, then go on with this socket."""
        # Events that come up in the meantime are only kept, so that none overtakes an older one.
        self.socket = None
        while missed := [event for event in self.events if event[0] > seq]:
            for number, name, payload in missed:
                await socket.send(DISPATCH, payload, number, name)
                seq = number
        self.socket = socket


class Sessions(State):
    """All sessions of the bot."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sessions: dict[str, Session] = {}
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether the bot is connected."""
        return any(session.is_connected for session in self.sessions.values())

    async def wait_ready(
        self,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
        commands: bool = True,
    ) -> None:
        """Wait until the bot is connected and, unless told otherwise, its commands are known."""

        def is_ready() -> bool:
            has_commands = bool(self.global_commands or self.guild_commands)
            return self.connected and (has_commands or not commands)

        await self.until(is_ready, timeout, "bot with its commands")

    def broadcast(self, name: str, payload: Payload, intent: int) -> None:
        """Tell an event to all sessions that asked for its kind."""
        for session in self.sessions.values():
            if session.intents & intent:
                task = asyncio.get_running_loop().create_task(session.tell(name, payload))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)

    async def drop_gateway(self, code: int = 4000, abrupt: bool = False) -> None:
        """Close the sockets; the sessions stay, so that the bot may resume them."""
        for session in self._connected():
            assert session.socket is not None
            if abrupt:
                session.socket.abort()
                session.socket = None
            else:
                await session.socket.close(code)

    async def reconnect(self) -> None:
        """Ask the bot to connect again and resume."""
        for session in self._connected():
            assert session.socket is not None
            await session.socket.send(RECONNECT, None)

    async def invalidate_session(self, resumable: bool = False) -> None:
        """Tell the bot that its session has ended; unless it may resume, the session is gone."""
        for session in list(self.sessions.values()):
            if session.socket is not None and session.socket.is_open:
                await session.socket.send(INVALID_SESSION, resumable)
            if not resumable:
                self.sessions.pop(session.id, None)

    def _connected(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.is_connected]

    def _log(self, what: str, detail: Any = None) -> None:
        self.gateway_log.append(GatewayEvent(time.monotonic(), what, detail))

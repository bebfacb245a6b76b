"""A Slack that only knows its own account and opens sockets. It answers as it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.manifest import SLACK_SCOPES

BOT_TOKEN = "xoxb-1-the-secret-part"
APP_TOKEN = "xapp-1-A1-the-secret-part"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ACCOUNT = {
    "ok": True,
    "url": "https://example.slack.com/",
    "team": "Example",
    "user": "reroll",
    "team_id": "T1",
    "user_id": "U1",
    "bot_id": "B1",
}


class SlackApi:
    """``answers`` are status and body by method; ``acks`` is what came back over the sockets."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.scopes: str | None = ",".join(SLACK_SCOPES)
        self.asked: list[tuple[str, str]] = []
        self.tickets: list[str] = []
        self.opened: list[web.WebSocketResponse] = []
        self.open: list[web.WebSocketResponse] = []
        self.acks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.news = asyncio.Condition()
        self.first_words: list[dict[str, Any]] = [{"type": "hello", "num_connections": 1}]
        self.url = ""

    async def method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        standard: dict[str, Any] = {
            "auth.test": ACCOUNT,
            "apps.connections.open": {
                "ok": True,
                "url": f"ws://{request.host}/link/?ticket=the-secret-ticket-{len(self.asked)}",
            },
        }
        status, body = self.answers.get(name, (200, standard.get(name, {"ok": False})))
        await self._change(self.asked.append, (name, request.headers.get("Authorization", "")))
        headers = {} if self.scopes is None else {"X-OAuth-Scopes": self.scopes}
        if status == 429:
            headers["Retry-After"] = "1"
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    async def link(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for words in self.first_words:
            await socket.send_json(words)
        self.tickets.append(request.query["ticket"])
        self.open.append(socket)
        await self._change(self.opened.append, socket)
        try:
            async for frame in socket:
                await self.acks.put(json.loads(frame.data))
        finally:
            await self._change(self.open.remove, socket)
        return socket

    async def _change(self, change: Callable[[Any], None], what: Any) -> None:
        async with self.news:
            change(what)
            self.news.notify_all()

    async def until_asked(self, number: int) -> None:
        """Wait until so many methods were called in all."""
        await self._until(lambda: len(self.asked) >= number)

    async def until_opened(self, number: int) -> web.WebSocketResponse:
        """Wait until so many sockets were opened in all, and return the last of them."""
        await self._until(lambda: len(self.opened) >= number)
        return self.opened[-1]

    async def until_open(self, number: int) -> None:
        """Wait until so many sockets are open."""
        await self._until(lambda: len(self.open) == number)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(120), self.news:
            await self.news.wait_for(condition)

    async def ack(self) -> dict[str, Any]:
        """Wait for the next answer to an envelope."""
        async with asyncio.timeout(120):
            return await self.acks.get()


def slash(number: int, text: str = "") -> dict[str, Any]:
    """Return the envelope of a slash command."""
    payload = {"command": "/art", "text": text, "team_id": "T1", "user_id": "U2"}
    return {
        "type": "slash_commands",
        "envelope_id": f"e{number}",
        "payload": payload,
        "accepts_response_payload": True,
    }


@asynccontextmanager
async def slack_api() -> AsyncIterator[SlackApi]:
    """Serve one on loopback."""
    api = SlackApi()
    application = web.Application()
    application.router.add_post("/api/{method}", api.method)
    application.router.add_get("/link/", api.link)
    async with TestServer(application) as server:
        api.url = str(server.make_url("/api/"))
        yield api

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.changes import PATIENCE
from tests.discord_server import DiscordEmulator, Interaction, Message, Payload

ALL_MODES = [False, True] if os.environ.get("DISCORD_OPENAPI") else [False]
"""Whether the official file is used too."""
INTENTS = (1 << 0) | (1 << 9) | (1 << 12)


class RawBot:
    """A bot that sends what it is told, without a library that would mend it first."""

    def __init__(self, server: DiscordEmulator, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.http = http
        self.token = server.token
        self.seq = 0
        self.session_id = ""

    async def connect(self, **identify: Any) -> aiohttp.ClientWebSocketResponse:
        """Open a socket and identify."""
        socket = await self.open()
        data = {"token": self.token, "intents": INTENTS, "properties": {}, **identify}
        await socket.send_json({"op": 2, "d": data})
        return socket

    async def open(self) -> aiohttp.ClientWebSocketResponse:
        """Open a socket and hear hello."""
        url = self.server.gateway_url + "?v=10&encoding=json"
        socket = await self.http.ws_connect(url)
        hello = await socket.receive_json(timeout=PATIENCE)
        assert hello["op"] == 10
        return socket

    async def next(self, socket: aiohttp.ClientWebSocketResponse, name: str) -> Payload:
        """The data of the next event of this name."""
        while True:
            event = await socket.receive_json(timeout=PATIENCE)
            self.seq = event["s"] or self.seq
            if event["t"] == "READY":
                self.session_id = event["d"]["session_id"]
            if event["t"] == name:
                data: Payload = event["d"]
                return data

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request with the bot's token: status and JSON answer."""
        headers = {"Authorization": f"Bot {self.token}"}
        url = self.server.base_url + path
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    async def upload(
        self, method: str, path: str, body: Any, files: list[tuple[str, bytes]]
    ) -> tuple[int, Any]:
        """A request with files."""
        form = aiohttp.FormData()
        form.add_field("payload_json", json.dumps(body), content_type="application/json")
        for number, (name, data) in enumerate(files):
            form.add_field(f"files[{number}]", data, filename=name, content_type="image/png")
        headers = {"Authorization": f"Bot {self.token}"}
        url = self.server.base_url + path
        async with self.http.request(method, url, data=form, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    async def fetch(self, url: str) -> bytes:
        """The bytes of a file."""
        async with self.http.get(url) as answer:
            return await answer.read()

    async def say(self, body: Payload, channel_id: str | None = None) -> tuple[int, Any]:
        """Post a message."""
        path = f"/channels/{channel_id or self.server.channel_id}/messages"
        return await self.call("POST", path, body)

    async def post(self, body: Payload, channel_id: str | None = None) -> Message:
        """Post a message that is taken."""
        status, answer = await self.say(body, channel_id)
        assert status == 200, answer
        return self.server.messages[answer["id"]]

    async def respond(self, ix: Interaction, kind: int, data: Any = None) -> tuple[int, Any]:
        """The first answer to an interaction."""
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        return await self.call("POST", f"/interactions/{ix.id}/{ix.token}/callback", body)

    async def follow_up(self, ix: Interaction, body: Payload) -> tuple[int, Any]:
        """A further answer."""
        return await self.call("POST", f"/webhooks/{self.server.app_id}/{ix.token}", body)

    async def edit_original(self, ix: Interaction, body: Payload) -> tuple[int, Any]:
        """A change of the first answer."""
        path = f"/webhooks/{self.server.app_id}/{ix.token}/messages/@original"
        return await self.call("PATCH", path, body)

    async def register(self, *commands: Payload) -> tuple[int, Any]:
        """Replace the global commands."""
        return await self.call("PUT", f"/applications/{self.server.app_id}/commands", commands)


def flaws(answer: Payload) -> dict[str, str]:
    """What a refusal says: code by path."""
    found: dict[str, str] = {}

    def walk(node: Payload, path: list[str]) -> None:
        for key, value in node.items():
            if key == "_errors":
                found[".".join(path)] = value[0]["code"]
            else:
                walk(value, [*path, key])

    walk(answer.get("errors", {}), [])
    return found


@pytest.fixture(params=ALL_MODES, ids=lambda checked: "official file" if checked else "own rules")
async def server(request: pytest.FixtureRequest) -> AsyncIterator[DiscordEmulator]:
    server = DiscordEmulator(checked=request.param)
    await server.start()
    yield server
    await server.stop()
    assert not server.self_violations


@pytest.fixture
async def bot(server: DiscordEmulator) -> AsyncIterator[RawBot]:
    """A bot that only asks."""
    async with aiohttp.ClientSession() as http:
        yield RawBot(server, http)


@pytest.fixture
async def connected(bot: RawBot) -> AsyncIterator[RawBot]:
    """A bot with commands and a session."""
    option = {"name": "prompt", "description": "What to draw", "type": 3, "autocomplete": True}
    draw = {"name": "draw", "description": "Draw", "options": [option], "contexts": [0, 1, 2]}
    status, _ = await bot.register(
        {**draw, "integration_types": [0, 1]}, {"name": "Look", "type": 3}
    )
    assert status == 200
    socket = await bot.connect()
    await bot.next(socket, "GUILD_CREATE")
    yield bot
    await socket.close()

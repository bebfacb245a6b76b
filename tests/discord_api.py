"""A Discord that only knows its own account, for starts that fail. It answers as it is told to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "MTIz.abc.the-secret-part"
USER = {"id": "123", "username": "reroll", "discriminator": "0", "avatar": None}
APPLICATION = {
    "id": "123",
    "name": "Reroll",
    "icon": None,
    "description": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "00",
    "flags": 0,
    "owner": USER,
}


@asynccontextmanager
async def api(*, close_code: int = 1000, **answers: tuple[int, Any]) -> AsyncIterator[str]:
    """Serve an API: ``answers`` are status and body by the last part of the path.

    The account itself is ``me``, its application ``application``.
    """

    async def rest(request: web.Request) -> web.StreamResponse:
        name = request.path.rsplit("/", 1)[-1].removeprefix("@")
        if request.path.endswith("/applications/@me"):
            name = "application"
        gateway = {"url": f"ws://{request.host}/socket/"}
        standard = {"me": USER, "application": APPLICATION, "gateway": gateway}
        status, body = answers.get(name, (200, standard.get(name, [])))
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html")
        # The library reads JSON of this very type only, which has no charset in it.
        data = json.dumps(body).encode()
        return web.Response(status=status, body=data, content_type="application/json")

    async def gateway(request: web.Request) -> web.StreamResponse:
        told = web.WebSocketResponse()
        await told.prepare(request)
        await told.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}})
        await told.receive()
        await told.close(code=close_code)
        return told

    application = web.Application()
    application.router.add_get("/socket/", gateway)
    application.router.add_route("*", "/api/v10/{tail:.*}", rest)
    async with TestServer(application) as server:
        yield str(server.make_url("/api/v10"))

"""The server as a whole."""

from __future__ import annotations

import asyncio

from aiohttp import web

from tests.slack_server.driver import Driver
from tests.slack_server.state import MIB
from tests.slack_server.web.front import WebFront
from tests.slack_server.web.outside import Outside

LARGEST_REQUEST = 2048 * MIB
BACKLOG = 1024
"""Connections at once; one more has to wait for a second until it is tried again."""
STOP_SECONDS = 0.2
"""At the end, for requests that are still being answered, or held back."""


class SlackEmulator(WebFront, Outside, Driver):
    """Slack on the loopback interface: Web API, Socket Mode or requests, and files.

    Where ``SLACK_OPENAPI`` names the official OpenAPI file, our answers are checked against it
    (unless ``checked`` is false).
    """

    port = 0
    base_url = ""
    """The Web API, as ``AsyncWebClient`` wants it."""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> SlackEmulator:
        """Listen, on any free port unless one is named."""
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_route("*", "/api/{method}", self.serve_api)
        app.router.add_get("/link/", self.serve_socket)
        app.router.add_post("/upload/v1/{id}", self.serve_upload)
        answers = "/{kind:commands|actions|app}/{team}/{number}/{secret}"
        app.router.add_post(answers, self.serve_response_url)
        app.router.add_get("/files-pri/{id}/{name}", self.serve_file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, backlog=BACKLOG).start()
        self.port = self._runner.addresses[0][1]
        self.root = f"http://{host}:{self.port}"
        self.base_url = f"{self.root}/api/"
        return self

    async def stop(self) -> None:
        """Close every socket and stop listening."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self._sockets):
            await socket.close()
        await self._runner.cleanup()

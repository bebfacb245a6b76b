"""The server as a whole."""

from __future__ import annotations

from aiohttp import web

from tests.discord_server.driver import Driver
from tests.discord_server.rest.front import RestFront

LARGEST_REQUEST = 256 * 1024 * 1024
STOP_SECONDS = 0.2
"""At the end, for requests that are still being answered, and bots that come back."""


class DiscordEmulator(RestFront, Driver):
    """Discord on the loopback interface: REST and gateway, version 10, and files.

    What the official OpenAPI file says is checked against it where ``DISCORD_OPENAPI`` names it
    (unless ``checked`` is false); everything else are rules of our own.
    """

    port = 0
    root = ""
    base_url = ""
    """The API, as ``discord.http.Route.BASE`` wants it."""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> DiscordEmulator:
        """Listen, on any free port unless one is named."""
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_get("/gateway/", self.serve_gateway)
        app.router.add_get("/gateway", self.serve_gateway)
        app.router.add_get("/attachments/{channel}/{id}/{name}", self.serve_file)
        app.router.add_route("*", "/api/{version}/{tail:.*}", self.serve_rest)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = self._runner.addresses[0][1]
        self.root = self.cdn_url = f"http://{host}:{self.port}"
        self.base_url = f"{self.root}/api/v10"
        self.gateway_url = f"ws://{host}:{self.port}/gateway/"
        return self

    async def stop(self) -> None:
        """Close every socket and stop listening."""
        for session in self.sessions.values():
            if session.socket is not None and session.socket.is_open:
                await session.socket.close(1001)
        await self._runner.cleanup()

"""A small server for what Slack sends as signed requests."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Final

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.adapters.slack.shapes import is_readable
from bot.chat_errors import CannotListen
from bot.config_sections import SlackSection

log = logging.getLogger(__name__)

EVENTS: Final = "/slack/events"
HEALTH: Final = "/healthz"
STOP_SECONDS: Final = 0.5
"""For requests that are being answered when the bot stops."""


class HttpConnection:
    """Listens where the configuration says, and believes nothing that Slack has not signed."""

    def __init__(self, app: AsyncApp, section: SlackSection, secret: str) -> None:
        self._app = app
        self._section = section
        self._verifier = SignatureVerifier(secret)
        self._runner: web.AppRunner | None = None
        self._stopped = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether anything can come in."""
        return self._runner is not None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        if self._runner is None:
            raise RuntimeError("nothing listens")
        return int(self._runner.addresses[0][1])

    async def start(self) -> None:
        """Listen. Raises ``CannotListen``."""
        server = web.Application()
        server.router.add_post(EVENTS, self._take)
        server.router.add_get(HEALTH, _health)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=STOP_SECONDS)
        await runner.setup()
        host, _, port = self._section.listen.rpartition(":")
        try:
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            await runner.cleanup()
            # The loop's own words repeat the address; a resolver's numbers are negative.
            number = error.errno or 0
            detail = os.strerror(number) if number > 0 else error.strerror or ""
            raise CannotListen(self._section.listen, "[slack] listen", detail) from None
        self._runner = runner

    async def wait_ended(self) -> None:
        """Wait for the stop: by itself this does not end."""
        await self._stopped.wait()

    async def stop(self) -> None:
        """Let nothing more come in; what came is still answered, within a moment."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        self._stopped.set()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._is_signed(body, request.headers):
            return web.Response(status=401, text="not signed by Slack")
        try:
            asked = AsyncBoltRequest(
                body=body.decode(), query=request.query_string, headers=dict(request.headers)
            )
        except (ValueError, TypeError, AttributeError, LookupError):
            return web.Response(status=400, text="not what Slack sends")
        if not is_readable(asked.body):
            # Signed it is: Slack would send it again.
            log.warning("Slack sent something that is not looked at: it is of no known form")
            return web.Response()
        return await to_aiohttp_response(await self._app.async_dispatch(asked))

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        signed_at = headers.get("X-Slack-Request-Timestamp", "")
        signature = headers.get("X-Slack-Signature", "")
        try:
            return self._verifier.is_valid(body, signed_at, signature)
        except (ValueError, TypeError):  # no time, no text, no characters of a signature
            return False


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="ok")

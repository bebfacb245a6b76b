"""Handing things to the bot: through its sockets, or as requests."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from tests.changes import PATIENCE
from tests.slack_server.acknowledging import EVENT, Acknowledging
from tests.slack_server.records import Delivery, Payload, View
from tests.slack_server.requests import answer_in, request_body, signed

HOST = "applink-emu"
RETRIES = 3
GOODBYE = 0.05
"""Seconds between the word that a socket will close, and its end."""


class Delivering(Acknowledging):
    """Speaks with the bot over its sockets."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._sockets: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._envelopes: dict[str, Delivery] = {}

    @property
    def connected(self) -> bool:
        """Whether the bot is connected."""
        return bool(self._sockets)

    async def wait_connected(
        self,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
    ) -> None:
        """Wait until the bot is connected."""
        await self.until(lambda: self.connected, timeout, "Socket Mode connection")

    async def drop_socket(self) -> None:
        """Cut the connections without a word."""
        for socket in list(self._sockets):
            request = socket._req
            if request is not None and request.transport is not None:
                request.transport.abort()

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell the bot that its connections end, and end them unless it is only a warning."""
        for socket in list(self._sockets):
            words = {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}
            await socket.send_json(words)
            if reason != "warning":
                await asyncio.sleep(GOODBYE)
                await socket.close()

    def new_socket_url(self) -> str:
        """An address at which the bot can connect."""
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        address = self.root.replace("http", "ws", 1)
        return f"{address}/link/?ticket={ticket}&app_id={self.app_id}"

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """One socket, from hello to its end."""
        if request.query.get("ticket") not in self._tickets:
            return web.Response(status=404)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        self._log("open")
        await socket.send_json(self._hello())
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._receive(message.data)
        finally:
            self._sockets.remove(socket)
            self._log("close")
        return socket

    async def resend(self, delivery: Delivery) -> Delivery:
        """Send the same envelope again, as happens when a connection breaks."""
        delivery.attempts += 1
        await self._send(self._envelope(delivery, delivery.envelope_id))
        return delivery

    async def send_again_as_retry(
        self, delivery: Delivery, attempt: int = 1, reason: str = "timeout"
    ) -> Delivery:
        """Send an event again as one that was not acknowledged in time.

        The envelope is a new one; the event's id is the same.
        """
        assert delivery.kind == EVENT, "Slack sends only events again"
        delivery.attempts += 1
        envelope_id = _envelope_id()
        self._envelopes[envelope_id] = delivery
        retry = {"retry_attempt": attempt, "retry_reason": reason}
        if self.request_url:
            names = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
            await self._request(delivery, names)
        else:
            await self._send({**self._envelope(delivery, envelope_id), **retry})
        return delivery

    async def deliver(
        self,
        kind: str,
        payload: Payload,
        channel: str | None,
        user_id: str,
        *,
        accepts_response: bool = False,
        view: View | None = None,
    ) -> Delivery:
        """Hand something to the bot."""
        delivery = Delivery(
            self, kind, payload, _envelope_id(), channel, user_id, accepts_response, view
        )
        self.deliveries.append(delivery)
        self._envelopes[delivery.envelope_id] = delivery
        delivery.created = time.monotonic()
        if self.request_url:
            self._later(self._request(delivery, {}))
        else:
            is_sent = await self._send(self._envelope(delivery, delivery.envelope_id))
            delivery.undelivered = not is_sent
        if kind == EVENT and self.event_retry and not delivery.undelivered:
            self._later(self._retry(delivery))
        return delivery

    def _hello(self) -> Payload:
        return {
            "type": "hello",
            "num_connections": len(self._sockets),
            "debug_info": {
                "host": HOST,
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self.app_id},
        }

    def _envelope(self, delivery: Delivery, envelope_id: str) -> Payload:
        envelope: Payload = {
            "envelope_id": envelope_id,
            "payload": delivery.payload,
            "type": delivery.kind,
            "accepts_response_payload": delivery.accepts_response,
        }
        first = {"retry_attempt": 0, "retry_reason": ""} if delivery.kind == EVENT else {}
        return envelope | first

    async def _send(self, envelope: Payload) -> bool:
        """Send through the newest socket; whether it could be sent."""
        if not self._sockets:
            return False
        try:
            await self._sockets[-1].send_json(envelope)
        except (ConnectionError, RuntimeError):
            return False
        return True

    async def _retry(self, delivery: Delivery) -> None:
        for attempt in range(1, RETRIES + 1):
            await asyncio.sleep(self.ack_deadline)
            if delivery.acked:
                return
            await self.send_again_as_retry(delivery, attempt)

    async def _request(self, delivery: Delivery, more: dict[str, str]) -> None:
        assert self.request_url is not None
        body, kind = request_body(delivery.kind, delivery.payload)
        headers = {**signed(body, kind, self.signing_secret), **more}
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(self.request_url, data=body.encode(), headers=headers) as answer,
            ):
                raw = await answer.text()
        except aiohttp.ClientError:
            delivery.undelivered = True
            return
        if answer.status == 200:
            self.acknowledge(delivery, answer_in(raw))

    def _receive(self, raw: str) -> None:
        try:
            message = json.loads(raw)
            delivery = self._envelopes.get(message.get("envelope_id"))
        except (ValueError, AttributeError):
            self.blame("socket", "not a JSON object", raw)
            return
        if delivery is None:
            self.blame("socket", "ack for an unknown envelope", message)
        else:
            self.acknowledge(delivery, message.get("payload"))

    def _log(self, what: str) -> None:
        self.socket_log.append((time.monotonic(), what))
        self.changes.tell()


def _envelope_id() -> str:
    return f"{secrets.token_hex(8)}-{secrets.token_hex(4)}"

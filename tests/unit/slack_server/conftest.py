from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.changes import PATIENCE
from tests.slack_server import Message, Payload, SlackEmulator

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


class Bot:
    """A bot that does what it is told, through Slack's own library."""

    def __init__(self, server: SlackEmulator) -> None:
        self.server = server
        self.client = AsyncWebClient(
            token=server.bot_token, base_url=server.base_url, retry_handlers=[]
        )
        self.socket = SocketModeClient(server.app_token, web_client=self.client)
        self.inbox: asyncio.Queue[SocketModeRequest] = asyncio.Queue()
        self.socket.socket_mode_request_listeners.append(self._receive)

    async def _receive(self, _: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        await self.inbox.put(request)

    async def connect(self) -> None:
        """Open a socket."""
        await self.socket.connect()  # type: ignore[no-untyped-call]
        await self.server.wait_connected()

    async def next(self) -> SocketModeRequest:
        """The next thing that the bot is told."""
        return await asyncio.wait_for(self.inbox.get(), PATIENCE)

    async def ack(self, payload: Any = None) -> Payload:
        """Acknowledge the next thing that the bot is told, with these words; returns the thing."""
        request = await self.next()
        await self.socket.send_socket_mode_response(
            SocketModeResponse(request.envelope_id, payload)
        )
        return request.payload

    async def say(self, text: str = "x", channel: str | None = None, **more: Any) -> Message:
        """Post a message that is taken."""
        where = channel or self.server.channel_id
        answer = await self.client.chat_postMessage(
            channel=where, text=text, unfurl_links=False, **more
        )
        return self.server.message(answer["channel"], answer["ts"])


async def refused(call: Awaitable[Any]) -> Payload:
    """What a call is refused with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer: Payload = caught.value.response.data
    return answer


def plain(text: str = "x") -> Payload:
    """A text object."""
    return {"type": "plain_text", "text": text}


def marked(text: str = "x") -> Payload:
    """A text object with markup."""
    return {"type": "mrkdwn", "text": text}


def button(action_id: str = "go", **more: Any) -> Payload:
    """A button."""
    return {"type": "button", "action_id": action_id, "text": plain(action_id), **more}


def actions(*elements: Payload) -> list[Payload]:
    """One block of buttons and selects."""
    return [{"type": "actions", "block_id": "row", "elements": list(elements)}]


def option(value: str = "a") -> Payload:
    """An option of a choice."""
    return {"text": plain(value), "value": value}


def entry(kind: str, name: str = "field", *, optional: bool = True, **more: Any) -> Payload:
    """A field of a form."""
    element = {"type": kind, "action_id": name, **more}
    label = plain(name)
    return {
        "type": "input",
        "block_id": name,
        "label": label,
        "element": element,
        "optional": optional,
    }


def modal(*blocks: Payload, **more: Any) -> Payload:
    """A form."""
    return {
        "type": "modal",
        "title": plain("Form"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }


@pytest.fixture
async def server() -> AsyncIterator[SlackEmulator]:
    server = await SlackEmulator().start()
    server.ack_deadline = server.trigger_ttl = PATIENCE  # a slow machine is no late bot
    yield server
    await server.stop()
    assert not server.self_violations


@pytest.fixture
async def bot(server: SlackEmulator) -> AsyncIterator[Bot]:
    """A bot that only calls."""
    bot = Bot(server)
    yield bot
    await bot.socket.close()  # type: ignore[no-untyped-call]


@pytest.fixture
async def connected(bot: Bot) -> Bot:
    """A bot with a socket."""
    await bot.connect()
    return bot

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CoroutineType
from typing import Any

import pytest
from aiohttp import web as server
from slack_bolt.async_app import AsyncApp

from bot import adapters, texts
from bot.adapters.slack.connecting import SocketConnection, connection
from bot.adapters.slack.listening import make_app
from bot.adapters.slack.serving import HttpConnection
from bot.adapters.slack.starting import Account
from bot.adapters.slack.web import Web
from bot.chat_errors import ServiceRefuses, SocketModeOff, TokenRefused
from bot.config_sections import SlackSection
from tests.slack_api import APP_TOKEN, BOT_TOKEN, SECRET, SlackApi, slack_api, slash

ACCOUNT = Account("reroll", "Example", "T0000000001", "U0000000001", "B0000000001")

PATIENCE = 120.0
ADAPTERS = str(Path(adapters.__file__).parent)
REVOKED = (200, {"ok": False, "error": "token_revoked"})


@dataclass
class Rig:
    """A connection to a stand-in, whose commands are answered with their own text.

    ``slow`` commands wait until ``go`` is set; ``begun`` counts them.
    """

    api: SlackApi
    web: Web
    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def __post_init__(self) -> None:
        self.app: AsyncApp = make_app(ACCOUNT)
        self.app.command("/art")(self._art)
        self.connection = SocketConnection(
            self.app, self.web.client, SlackSection(api_url=self.api.url), APP_TOKEN
        )

    async def _art(self, ack: Any, command: dict[str, Any]) -> None:
        if command["text"] == "slow":
            self.begun.release()
            await self.go.wait()
        await ack(text=f"{command['text']}!")

    async def ask(self, socket: server.WebSocketResponse, number: int) -> None:
        """Send a command and see that it is answered."""
        await socket.send_json(slash(number, "a star"))
        assert await self.api.ack() == {
            "envelope_id": f"e{number}",
            "payload": {"text": "a star!"},
        }

    async def until_begun(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE):
            for _ in range(number):
                await self.begun.acquire()


def abort(socket: server.WebSocketResponse) -> None:
    """Break a connection without a goodbye."""
    assert socket._req is not None
    transport = socket._req.transport
    assert transport is not None
    transport.abort()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with slack_api() as api:
        web = Web(SlackSection(api_url=api.url), BOT_TOKEN)
        rig = Rig(api, web)
        yield rig
        rig.go.set()
        await rig.connection.stop()
        await web.close()


async def test_a_command_that_comes_over_the_socket_is_answered_there(rig: Rig) -> None:
    await rig.connection.start()
    assert rig.connection.connected
    socket = await rig.api.until_opened(1)
    await rig.ask(socket, 1)
    for odd in ("no JSON", "[1]", '{"type": "of tomorrow"}', '{"type": "a", "payload": 3}'):
        await socket.send_str(odd)
    await rig.ask(socket, 2)
    assert ("apps.connections.open", f"Bearer {APP_TOKEN}") in rig.api.asked


async def test_commands_do_not_wait_for_each_other(rig: Rig) -> None:
    await rig.connection.start()
    socket = await rig.api.until_opened(1)
    for number in range(200):
        await socket.send_json(slash(number, "slow"))
    await rig.until_begun(200)
    rig.go.set()
    answered = {(await rig.api.ack())["envelope_id"] for _ in range(200)}
    assert answered == {f"e{number}" for number in range(200)}


async def test_after_an_aborted_socket_there_is_another(rig: Rig) -> None:
    await rig.connection.start()
    for number in range(1, 4):
        socket = await rig.api.until_opened(number)
        await rig.ask(socket, number)
        abort(socket)
    await rig.ask(await rig.api.until_opened(4), 4)
    assert rig.connection.connected
    assert len(set(rig.api.tickets)) == 4


async def test_an_answer_whose_connection_is_lost_goes_over_the_next(rig: Rig) -> None:
    await rig.connection.start()
    socket = await rig.api.until_opened(1)
    await socket.send_json(slash(1, "slow"))
    await rig.until_begun(1)
    abort(socket)
    await rig.api.until_opened(2)
    rig.go.set()
    assert (await rig.api.ack())["envelope_id"] == "e1"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_connection_that_slack_wants_renewed_is_so_without_a_gap(
    rig: Rig, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.connection.start()
    old = await rig.api.until_opened(1)
    await old.send_json({"type": "disconnect", "reason": reason})
    new = await rig.api.until_opened(2)
    assert rig.connection.connected
    await rig.ask(old, 1)
    await rig.ask(new, 2)
    await old.close()
    await rig.ask(new, 3)
    await rig.api.until_open(1)
    assert len(rig.api.opened) == 2
    assert caplog.text == ""


async def test_while_slack_is_down_it_is_tried_again_and_told_once(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.connection.start()
    socket = await rig.api.until_opened(1)
    rig.api.answers["apps.connections.open"] = (503, "upstream")
    before = len(rig.api.asked)
    abort(socket)
    await rig.api.until_asked(before + 2)
    assert not rig.connection.connected
    del rig.api.answers["apps.connections.open"]
    await rig.ask(await rig.api.until_opened(2), 1)
    [lost, back] = [record for record in caplog.records if record.name.startswith("bot.")]
    assert "Slack has a fault of its own (status 503" in lost.getMessage()
    assert "connected to Slack again" in back.getMessage()
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_limit_on_connections_is_waited_for(rig: Rig) -> None:
    await rig.connection.start()
    socket = await rig.api.until_opened(1)
    rig.api.answers["apps.connections.open"] = (429, {"ok": False, "error": "ratelimited"})
    before = len(rig.api.asked)
    abort(socket)
    await rig.api.until_asked(before + 1)
    del rig.api.answers["apps.connections.open"]
    await rig.ask(await rig.api.until_opened(2), 1)


async def test_a_revoked_token_ends_the_connection_with_the_sentence(rig: Rig) -> None:
    await rig.connection.start()
    rig.api.answers["apps.connections.open"] = REVOKED
    abort(await rig.api.until_opened(1))
    with pytest.raises(TokenRefused) as refused:
        async with asyncio.timeout(PATIENCE):
            await rig.connection.wait_ended()
    assert "Slack does not take the token in SLACK_APP_TOKEN" in texts.sentence(refused.value)
    assert not rig.connection.connected


async def test_socket_mode_that_is_switched_off_ends_it_too(rig: Rig) -> None:
    await rig.connection.start()
    rig.api.first_words = [{"type": "disconnect", "reason": "link_disabled"}]
    abort(await rig.api.until_opened(1))
    with pytest.raises(SocketModeOff) as off:
        async with asyncio.timeout(PATIENCE):
            await rig.connection.wait_ended()
    assert "switch it on at api.slack.com/apps" in texts.sentence(off.value)


async def test_a_start_without_a_welcome_says_why_and_leaves_nothing(rig: Rig) -> None:
    rig.api.first_words = [{"type": "disconnect", "reason": "too_many_websockets"}]
    with pytest.raises(ServiceRefuses) as refused:
        await rig.connection.start()
    assert "too_many_websockets" in texts.sentence(refused.value)
    await rig.api.until_opened(1)
    await rig.api.until_open(0)
    assert ours() == []


async def test_a_second_program_with_the_token_is_told_of(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.api.first_words = [{"type": "hello", "num_connections": 2}]
    await rig.connection.start()
    assert "takes a part of what people ask" in caplog.text


async def test_a_stop_lets_answers_out_and_leaves_no_task(rig: Rig) -> None:
    await rig.connection.start()
    socket = await rig.api.until_opened(1)
    await socket.send_json(slash(1, "slow"))
    await rig.until_begun(1)
    stopping = asyncio.create_task(rig.connection.stop(PATIENCE))
    await asyncio.sleep(0)
    rig.go.set()
    assert (await rig.api.ack())["envelope_id"] == "e1"
    await stopping
    await rig.api.until_open(0)
    assert not rig.connection.connected
    assert ours() == []
    await rig.connection.stop()
    async with asyncio.timeout(PATIENCE):
        await rig.connection.wait_ended()


async def test_a_stop_does_not_wait_for_what_takes_long(rig: Rig) -> None:
    await rig.connection.start()
    socket = await rig.api.until_opened(1)
    await socket.send_json({"type": "disconnect", "reason": "warning"})
    second = await rig.api.until_opened(2)
    for number, each in enumerate((socket, second)):
        await each.send_json(slash(number, "slow"))
    await rig.until_begun(2)
    async with asyncio.timeout(PATIENCE):
        await rig.connection.stop()
    assert ours() == []


def ours() -> list[str]:
    """Return the unfinished tasks that the adapter has started."""
    found = [task.get_coro() for task in asyncio.all_tasks()]
    return [
        coro.__qualname__
        for coro in found
        if isinstance(coro, CoroutineType) and ADAPTERS in coro.cr_code.co_filename
    ]


async def test_the_configuration_chooses_the_way(rig: Rig) -> None:
    tokens = {"SLACK_APP_TOKEN": APP_TOKEN, "SLACK_SIGNING_SECRET": SECRET}
    socket = connection(rig.app, rig.web.client, SlackSection(), tokens)
    http = connection(rig.app, rig.web.client, SlackSection(mode="http"), tokens)
    assert isinstance(socket, SocketConnection)
    assert isinstance(http, HttpConnection)
    for each in (socket, http):
        assert not each.connected
        await each.stop()

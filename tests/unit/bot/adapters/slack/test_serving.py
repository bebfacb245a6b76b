from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier

from bot import texts
from bot.adapters.slack.listening import make_app
from bot.adapters.slack.serving import HttpConnection
from bot.adapters.slack.starting import Account
from bot.adapters.slack.web import Web
from bot.chat_errors import CannotListen
from bot.config_sections import SlackSection
from tests.slack_api import BOT_TOKEN, SECRET, slack_api

ACCOUNT = Account("reroll", "Example", "T0000000001", "U0000000001", "B0000000001")

FORM = "application/x-www-form-urlencoded"
COMMAND = urlencode({"command": "/art", "text": "a star", "team_id": "T1", "user_id": "U2"})


@dataclass
class Caller:
    """Sends what Slack, or somebody else, would."""

    session: aiohttp.ClientSession
    root: str

    async def post(
        self, body: str | bytes, headers: Mapping[str, str], path: str = "/slack/events"
    ) -> tuple[int, str]:
        sent = {"Content-Type": FORM, **headers}
        async with self.session.post(self.root + path, data=body, headers=sent) as answer:
            return answer.status, await answer.text()

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.root + path) as answer:
            return answer.status, await answer.text()


def signed(body: str, *, secret: str = SECRET, age: float = 0) -> dict[str, str]:
    """Return the headers with which Slack would send that."""
    at = str(int(time.time() - age))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": str(signature)}


def loopback(port: int = 0) -> SlackSection:
    return SlackSection(mode="http", listen=f"127.0.0.1:{port}")


@pytest.fixture
async def connection() -> AsyncIterator[HttpConnection]:
    """A server whose commands are answered with their own text."""
    async with slack_api() as api:
        web = Web(SlackSection(api_url=api.url), BOT_TOKEN)
        app = make_app(ACCOUNT, SECRET)

        async def art(ack: Any, command: dict[str, Any]) -> None:
            await ack(text=f"{command['text']}!")

        app.command("/art")(art)
        connection = HttpConnection(app, loopback(), SECRET)
        await connection.start()
        yield connection
        await connection.stop()
        await web.close()


@pytest.fixture
async def caller(connection: HttpConnection) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(session, f"http://127.0.0.1:{connection.port}")


async def test_what_slack_has_signed_is_answered(caller: Caller) -> None:
    assert await caller.post(COMMAND, signed(COMMAND)) == (200, "a star!")


async def test_slack_may_see_whose_address_it_is(caller: Caller) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "of-its-own", "token": "old"})
    headers = signed(body) | {"Content-Type": "application/json"}
    status, text = await caller.post(body, headers)
    assert (status, json.loads(text)) == (200, {"challenge": "of-its-own"})


@pytest.mark.parametrize(
    "headers",
    [
        dict,
        lambda: signed(COMMAND, secret="somebody-elses"),
        lambda: signed(COMMAND + "&text=more"),
        lambda: signed(COMMAND, age=600),
        lambda: signed(COMMAND, age=-600),
        lambda: signed(COMMAND) | {"X-Slack-Request-Timestamp": "yesterday"},
        lambda: signed(COMMAND) | {"X-Slack-Request-Timestamp": ""},
        lambda: signed(COMMAND) | {"X-Slack-Signature": "v0=über"},
        lambda: signed(COMMAND) | {"X-Slack-Signature": ""},
    ],
)
async def test_what_slack_has_not_signed_now_is_refused(
    caller: Caller, headers: Callable[[], dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    status, text = await caller.post(COMMAND, headers())
    assert (status, text) == (401, "not signed by Slack")
    assert "a star" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"unended', b"payload=%7B"])
async def test_nothing_unsigned_is_even_read(caller: Caller, body: bytes) -> None:
    assert (await caller.post(body, signed("")))[0] == 401


async def test_what_is_signed_and_broken_is_refused(caller: Caller) -> None:
    for body in ('{"unended', "payload=%7B"):
        assert (await caller.post(body, signed(body)))[0] == 400


@pytest.mark.parametrize(
    "junk", [{"type": "block_actions", "user": "U2"}, {"type": "shortcut", "user": {"id": 7}}]
)
async def test_what_is_signed_and_of_no_known_form_is_not_looked_at(
    caller: Caller, junk: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    body = urlencode({"payload": json.dumps(junk)})
    assert await caller.post(body, signed(body)) == (200, "")
    assert "it is of no known form" in caplog.text


async def test_there_is_one_door_and_a_sign_of_life(caller: Caller) -> None:
    assert await caller.get("/healthz") == (200, "ok")
    assert (await caller.get("/slack/events"))[0] == 405
    assert (await caller.post(COMMAND, signed(COMMAND), "/"))[0] == 404


async def test_a_port_that_is_taken_is_named_by_its_key(connection: HttpConnection) -> None:
    second = HttpConnection(connection._app, loopback(connection.port), SECRET)
    with pytest.raises(CannotListen) as refused:
        await second.start()
    assert refused.value.exit_code == 2
    sentence = texts.sentence(refused.value)
    assert f"127.0.0.1:{connection.port} cannot be listened on (Address already in use)" in sentence
    assert "[slack] listen" in sentence
    await second.stop()


async def test_after_the_stop_nobody_listens(connection: HttpConnection, caller: Caller) -> None:
    await connection.stop()
    assert not connection.connected
    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.get("/healthz")
    await connection.wait_ended()

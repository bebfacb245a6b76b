from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.adapters.slack.web import (
    FAULTS,
    Refused,
    Web,
    details,
    is_passing,
    is_unready_file,
    may_have_arrived,
    pause_asked,
    reason,
)
from bot.config_sections import SlackSection
from tests.jumping_loop import jumping
from tests.slack_network import HOOK, Network, Refusal, broken, refused, too_many, web_on
from tests.slack_server import SlackEmulator

POST = "chat.postMessage"


@pytest.fixture
async def emu() -> AsyncIterator[SlackEmulator]:
    emulator = await SlackEmulator().start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def web(emu: SlackEmulator) -> AsyncIterator[Web]:
    web = Web(SlackSection(api_url=emu.base_url), emu.bot_token)
    yield web
    await web.close()


async def said(web: Web, emu: SlackEmulator, **more: Any) -> BaseException:
    """Return how a call fails."""
    arguments = {"channel": emu.channel_id, "text": "hello"} | more
    with pytest.raises(FAULTS) as raised:
        await web.call(web.client.chat_postMessage, **arguments)
    return raised.value


# Calls --------------------------------------------------------------------------------------------


async def test_a_call_returns_what_slack_answers(web: Web, emu: SlackEmulator) -> None:
    answer = await web.call(web.client.chat_postMessage, channel=emu.channel_id, text="hello")
    assert (answer["ok"], answer["channel"]) == (True, emu.channel_id)
    assert [message.text for message in emu.messages] == ["hello"]


async def test_the_library_tries_nothing_twice_by_itself(web: Web, emu: SlackEmulator) -> None:
    for fault in ({"status": 500}, {"status": 429}, {"drop": True}, {"lost_answer": True}):
        emu.fault("chat.postMessage", **fault)
        await said(web, emu, channel=emu.channel("other")["id"])
    assert len([call for call in emu.calls if call.method == POST]) == 4


@jumping
async def test_a_pause_that_slack_asks_for_keeps_the_next_call_of_its_kind_waiting() -> None:
    network = Network()
    web = await web_on(network)
    network.next[POST] = [too_many(30)]
    with pytest.raises(SlackApiError):
        await web.call(web.client.chat_postMessage, channel="C1", text="x")
    await web.call(web.client.chat_postMessage, channel="C2", text="x")
    await web.call(web.client.chat_update, channel="C1", ts="1.0", text="x")
    await web.call(web.client.chat_postMessage, channel="C1", text="x")
    await web.call(web.client.chat_postMessage, channel="C1", text="x")
    first, *others = [request.at for request in network.requests]
    assert [round(at - first, 1) for at in others] == [0, 0, 30, 30]


@jumping
async def test_after_a_pause_calls_go_one_after_the_other() -> None:
    network = Network()
    web = await web_on(network)
    network.late[POST] = 2
    network.next[POST] = [too_many(30)]

    async def post(channel: str = "C1") -> None:
        await web.call(web.client.chat_postMessage, channel=channel, text="x")

    with pytest.raises(SlackApiError):
        await post()
    waiting = [asyncio.create_task(post()) for _ in range(3)]
    await asyncio.sleep(31)
    await asyncio.gather(*waiting, post(), post("C2"))
    assert not web._pauses
    await asyncio.gather(post(), post())
    first, *others = [request.at for request in network.requests]
    # 2 seconds for the answer that asks for the pause; who comes later waits for all others.
    assert [round(at - first) for at in others] == [32, 33, 34, 36, 38, 40, 40]


@jumping
async def test_what_is_no_answer_of_slacks_is_a_fault_that_may_pass() -> None:
    network = Network()
    web = await web_on(network)
    network.next[POST] = [Refusal(200, "Welcome to our hotel")]
    with pytest.raises(FAULTS) as raised:
        await web.call(web.client.chat_postMessage, channel="C1", text="x")
    assert is_passing(raised.value)
    assert may_have_arrived(raised.value)


@jumping
async def test_no_other_fault_keeps_anything_waiting() -> None:
    network = Network()
    web = await web_on(network)
    network.next[POST] = [broken(), refused("fatal_error")]
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await web.call(web.client.chat_postMessage, channel="C1", text="x")
    await web.call(web.client.chat_postMessage, channel="C1", text="x")
    assert network.requests[-1].at - network.requests[0].at < 0.1


@jumping
async def test_what_was_waited_for_twice_is_waited_for_again() -> None:
    network = Network()
    web = await web_on(network)
    network.next[POST] = [too_many(5), too_many(50)]
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await web.call(web.client.chat_postMessage, channel="C1", text="x")
    await web.call(web.client.chat_postMessage, channel="C1", text="x")
    first, second, third = (request.at for request in network.requests)
    assert (round(second - first, 1), round(third - second, 1)) == (5, 50)


# Answers and files --------------------------------------------------------------------------------


@jumping
async def test_an_address_for_answers_takes_them_or_says_why_not() -> None:
    network = Network()
    web = await web_on(network)
    await web.respond(HOOK, {"text": "hello"})
    assert network.of("respond") == [{"url": HOOK, "text": "hello"}]
    network.next["respond"] = [Refusal(404, "used_url")]
    with pytest.raises(Refused, match="404: used_url") as raised:
        await web.respond(HOOK, {"text": "hello"})
    assert raised.value.status == 404
    assert HOOK not in str(raised.value)


@jumping
async def test_a_file_is_sent_as_it_is() -> None:
    network = Network()
    web = await web_on(network)
    await web.upload("https://files.slack.com/upload/v1/F1", io.BytesIO(b"a picture"))
    [sent] = network.of("upload")
    assert sent["data"] == b"a picture"
    network.next["upload"] = [Refusal(500, "no")]
    with pytest.raises(Refused):
        await web.upload("https://files.slack.com/upload/v1/F1", io.BytesIO(b"a picture"))


async def test_a_proxy_of_the_environment_is_for_slack_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    proxies = {}
    for url in ("https://slack.com/api/", "http://127.0.0.1:8080/api/", "http://localhost/api/"):
        web = Web(SlackSection(api_url=url), "xoxb-1")
        proxies[url] = web.client.proxy
        await web.close()
    assert list(proxies.values()) == ["http://proxy.example:3128", None, None]


def api_error(response: object) -> SlackApiError:
    """Return what the library raises of an answer; it has no types."""
    make: Any = SlackApiError
    error: SlackApiError = make("no", response)
    return error


# What a failure means -----------------------------------------------------------------------------


async def test_why_slack_refuses_is_its_own_word(web: Web, emu: SlackEmulator) -> None:
    error = await said(web, emu, channel="C0NONE")
    assert reason(error) == "channel_not_found"
    assert not is_passing(error)
    assert not may_have_arrived(error)
    assert pause_asked(error) is None


async def test_the_details_are_all_that_slack_said(web: Web, emu: SlackEmulator) -> None:
    blocks = [{"type": "image", "slack_file": {"id": "F0NONE"}, "alt_text": "a fox"}]
    error = await said(web, emu, blocks=blocks)
    assert reason(error) == "invalid_blocks"
    assert details(error).startswith("invalid_blocks; ")
    assert is_unready_file(error)
    other = await said(web, emu, blocks=[{"type": "header"}])
    assert reason(other) == "invalid_blocks"
    assert not is_unready_file(other)


async def test_a_limit_says_for_how_long(web: Web, emu: SlackEmulator) -> None:
    emu.fault("chat.postMessage", status=429, retry_after=17)
    error = await said(web, emu)
    assert pause_asked(error) == 17
    assert is_passing(error)
    assert not may_have_arrived(error), "it was not let in"


@pytest.mark.parametrize(("status", "passes"), [(400, False), (414, False), (408, True)])
async def test_what_is_refused_before_slack_reads_it_is_refused_again(
    web: Web, emu: SlackEmulator, status: int, passes: bool
) -> None:
    emu.fault("chat.postMessage", status=status)
    error = await said(web, emu)
    assert is_passing(error) is passes
    assert may_have_arrived(error) is passes


async def test_after_a_fault_of_slacks_own_nobody_knows(web: Web, emu: SlackEmulator) -> None:
    for fault in ({"status": 500}, {"error": "internal_error"}, {"drop": True}):
        emu.fault("chat.postMessage", **fault)
        error = await said(web, emu)
        assert is_passing(error)
        assert may_have_arrived(error)
        assert pause_asked(error) is None
        assert not is_unready_file(error)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (aiohttp.ClientConnectionError(), True),
        (TimeoutError(), True),
        (OSError(), True),
        (SlackClientError("strange"), True),
        (Refused(500, "no"), True),
        (Refused(429, "no"), True),
        (Refused(404, "no"), False),
        (Refused(400, "no"), False),
        (api_error({"ok": False}), True),
    ],
)
def test_what_may_go_well_a_little_later(error: Exception, passes: bool) -> None:
    assert is_passing(error) is passes
    assert isinstance(error, FAULTS)
    assert reason(error) == ""


class Answer:
    """An answer with headers of its own."""

    status_code = 429
    data = "not JSON"

    def __init__(self, **headers: str) -> None:
        self.headers = headers


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 1.0), ({"Retry-After": "soon"}, 1.0), ({"Retry-After": "-5"}, 0.0)],
)
def test_a_pause_of_which_slack_says_nothing_sensible_is_short(
    headers: dict[str, str], seconds: float
) -> None:
    assert pause_asked(api_error(Answer(**headers))) == seconds

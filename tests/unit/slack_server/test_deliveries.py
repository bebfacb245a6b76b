"""What the bot is handed, and what its acknowledgements do."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web

from tests.slack_server import Delivery, Message, SlackEmulator
from tests.unit.slack_server.conftest import Bot, actions, button, entry, modal, option, refused


async def test_a_command_reaches_the_bot_and_its_ack_is_an_answer(
    connected: Bot, server: SlackEmulator
) -> None:
    alice, bob = server.user("alice"), server.user("bob")
    delivery = await server.slash("/imagine", "a cat & <dog>", user=alice)

    payload = await connected.ack({"text": "hush"})
    await delivery.wait_ack()

    assert (payload["command"], payload["text"]) == ("/imagine", "a cat & <dog>")
    assert (payload["user_id"], payload["channel_id"]) == (alice["id"], server.channel_id)
    assert not delivery.late
    message = await delivery.wait_message()
    assert (message.text, message.via) == ("hush", "ack")
    assert message in server.visible_to(alice)
    assert message not in server.visible_to(bob)


async def test_the_text_of_a_command_may_come_escaped(
    connected: Bot, server: SlackEmulator
) -> None:
    server.escapes_commands = True

    await server.slash("/imagine", "a < b")

    assert (await connected.ack())["text"] == "a &lt; b"


async def test_a_late_ack_says_nothing(connected: Bot, server: SlackEmulator) -> None:
    server.ack_deadline = -1.0
    delivery = await server.slash("/imagine")

    await connected.ack({"text": "late"})
    await delivery.wait_ack()

    assert delivery.late
    assert server.messages == []


async def test_an_ack_that_slack_would_not_take_is_a_violation(
    connected: Bot, server: SlackEmulator
) -> None:
    message = await connected.say(blocks=actions(button()))
    slash = await server.slash("/imagine")
    await connected.ack({"blocks": [{"type": "carousel"}]})
    await slash.wait_ack()
    click = await server.click(message, "go")
    await connected.ack({"text": "not here"})
    await click.wait_ack()

    assert [violation.method for violation in server.violations] == ["ack", "ack"]


async def test_an_ack_of_nothing_is_a_violation(connected: Bot, server: SlackEmulator) -> None:
    await connected.socket.send_message('{"envelope_id": "unknown"}')
    await connected.socket.send_message("hello")

    await server.until(lambda: len(server.violations) == 2)


async def test_a_click_says_what_was_pressed_and_where(
    connected: Bot, server: SlackEmulator
) -> None:
    parent = await connected.say()
    message = await connected.say(
        blocks=actions(button(value="1", style="danger")), thread_ts=parent.ts
    )
    click = await server.click(message, text="go", user=server.user("bob"))

    payload = await connected.ack()
    await click.wait_ack()

    (action,) = payload["actions"]
    assert (action["action_id"], action["value"], action["block_id"]) == ("go", "1", "row")
    assert payload["user"]["name"] == "bob"
    assert payload["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": False,
        "thread_ts": parent.ts,
    }
    assert payload["message"]["blocks"] == message.blocks
    assert server.violations == []


async def test_what_is_not_there_cannot_be_clicked(connected: Bot, server: SlackEmulator) -> None:
    message = await connected.say(blocks=actions(button()))
    with pytest.raises(LookupError, match="'go'"):
        await server.click(message, "stop")
    server.moderate(message)
    with pytest.raises(AssertionError, match="does not see"):
        await server.click(message, "go")


async def test_the_same_envelope_can_come_twice(connected: Bot, server: SlackEmulator) -> None:
    delivery = await server.slash("/imagine")
    first = await connected.next()
    await server.resend(delivery)
    second = await connected.next()

    assert first.envelope_id == second.envelope_id == delivery.envelope_id
    assert delivery.attempts == 2


async def test_a_second_ack_says_nothing(connected: Bot, server: SlackEmulator) -> None:
    delivery = await server.slash("/imagine")
    await connected.ack({"text": "once"})
    await delivery.wait_ack()
    await server.resend(delivery)
    await connected.ack({"text": "twice"})
    await server.until(lambda: delivery.acks == 2)

    assert [message.text for message in server.messages] == ["once"]


async def test_an_event_can_come_again_as_a_retry(connected: Bot, server: SlackEmulator) -> None:
    delivery = await server.mention("hello")
    first = await connected.next()
    await server.send_again_as_retry(delivery)
    second = await connected.next()

    assert first.payload["event_id"] == second.payload["event_id"]
    assert (first.retry_attempt, second.retry_attempt) == (0, 1)
    assert first.envelope_id != second.envelope_id


async def test_an_event_without_ack_comes_again_by_itself(
    connected: Bot, server: SlackEmulator
) -> None:
    server.ack_deadline = 0.05
    delivery = await server.mention("hello")

    attempts = [(await connected.next()).retry_attempt for _ in range(4)]

    assert attempts == [0, 1, 2, 3]
    assert delivery.attempts == 4


async def test_without_a_socket_a_command_is_lost(server: SlackEmulator) -> None:
    delivery = await server.slash("/imagine")

    assert delivery.undelivered
    assert not server.connected


async def test_a_bot_that_is_told_to_go_comes_back(connected: Bot, server: SlackEmulator) -> None:
    await server.disconnect()
    await server.until(
        lambda: [what for _, what in server.socket_log].count("open") == 2 and server.connected
    )

    delivery = await server.slash("/imagine")
    await connected.ack()
    await delivery.wait_ack()


async def test_a_warning_leaves_the_socket_open(server: SlackEmulator) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(server.new_socket_url()) as socket:
        await socket.receive_json()
        await server.disconnect("warning")
        word = await socket.receive_json()
        await server.slash("/imagine")

        assert (word["type"], word["reason"]) == ("disconnect", "warning")
        assert (await socket.receive_json())["type"] == "slash_commands"


async def test_a_socket_can_be_cut(server: SlackEmulator) -> None:
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(server.new_socket_url())
        assert (await socket.receive_json())["type"] == "hello"
        await server.drop_socket()
        await socket.receive()

        assert socket.closed
    await server.until(lambda: not server.connected)


async def test_an_address_that_nobody_gave_has_no_socket(server: SlackEmulator) -> None:
    url = server.root.replace("http", "ws") + "/link/?ticket=mine"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)


async def drawn(delivery: Delivery) -> Message:
    return await delivery.wait_message(lambda message: message.text == delivery.payload["text"])


async def test_two_hundred_commands_at_once_are_acknowledged(
    connected: Bot, server: SlackEmulator
) -> None:
    deliveries = [await server.slash("/imagine", str(number)) for number in range(200)]
    waiting = asyncio.gather(*(delivery.wait_ack() for delivery in deliveries))
    messages = asyncio.gather(*map(drawn, deliveries))
    for number in range(200):
        await connected.ack({"text": str(number), "response_type": "in_channel"})
    await waiting
    await messages

    assert all(delivery.acks == 1 for delivery in deliveries)


async def test_a_trigger_opens_one_form_in_time(connected: Bot, server: SlackEmulator) -> None:
    view = modal(entry("plain_text_input"))
    used = await server.slash("/imagine")
    late = await server.slash("/imagine")

    async def error(trigger: str | None) -> str:
        answer = await refused(connected.client.views_open(trigger_id=trigger, view=view))
        return str(answer["error"])

    await connected.client.views_open(trigger_id=used.payload["trigger_id"], view=view)
    assert await error(used.payload["trigger_id"]) == "exchanged_trigger_id"
    assert await error("1.2.3") == "invalid_trigger_id"
    server.trigger_ttl = 0.0
    assert await error(late.payload["trigger_id"]) == "expired_trigger_id"
    assert server.violations == []
    assert await error("") == "invalid_arguments"


async def test_suggestions_are_checked(connected: Bot, server: SlackEmulator) -> None:
    select = {"type": "external_select", "action_id": "lora", "min_query_length": 0}
    message = await connected.say(blocks=actions(select))
    good = await server.suggest(message, "lora", "in")
    asked = await connected.ack({"options": [option("inkstyle")]})
    await good.wait_ack()

    assert (asked["type"], asked["action_id"], asked["value"]) == ("block_suggestion", "lora", "in")
    assert good.ack_payload == {"options": [option("inkstyle")]}
    assert server.violations == []
    bad = await server.suggest(message, "lora", "x")
    await connected.ack({"options": [option("x" * 151)]})
    await bad.wait_ack()
    assert len(server.violations) == 1


@asynccontextmanager
async def listening(server: SlackEmulator) -> AsyncIterator[list[tuple[dict[str, str], str]]]:
    """A bot that takes requests: what it got, headers and body."""
    got: list[tuple[dict[str, str], str]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((dict(request.headers), await request.text()))
        return web.Response(text="hush")

    app = web.Application()
    app.router.add_post("/slack", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
    try:
        yield got
    finally:
        await runner.cleanup()


async def test_requests_are_signed(server: SlackEmulator) -> None:
    async with listening(server) as got:
        delivery: Delivery = await server.slash("/imagine", "a cat")
        await delivery.wait_ack()

    headers, body = got[0]
    base = f"v0:{headers['X-Slack-Request-Timestamp']}:{body}"
    digest = hmac.new(server.signing_secret.encode(), base.encode(), hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={digest}"
    assert parse_qs(body)["text"] == ["a cat"]
    assert server.messages[0].text == "hush"
    assert server.deliveries == [delivery]


async def test_clicks_and_events_come_as_requests_too(bot: Bot, server: SlackEmulator) -> None:
    message = await bot.say(blocks=actions(button()))
    async with listening(server) as got:
        click = await server.click(message, "go")
        await click.wait_ack()
        event = await server.mention("hello")
        await event.wait_ack()
        await server.send_again_as_retry(event)

    (_, clicked), (_, told), (headers, again) = got
    assert json.loads(parse_qs(clicked)["payload"][0])["type"] == "block_actions"
    assert json.loads(told)["event"]["type"] == "app_mention"
    assert headers["X-Slack-Retry-Num"] == "1"
    assert told == again


async def test_where_nobody_listens_a_request_is_lost(server: SlackEmulator) -> None:
    async with listening(server):
        pass
    delivery = await server.slash("/imagine")

    await server.until(lambda: delivery.undelivered)

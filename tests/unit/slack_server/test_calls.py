"""What befalls any call: tokens, scopes, faults, limits."""

from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError

from tests.slack_server import SlackEmulator
from tests.unit.slack_server.conftest import PNG, Bot, refused


async def test_the_bot_learns_who_it_is(bot: Bot, server: SlackEmulator) -> None:
    alice = server.user("alice")

    me = await bot.client.auth_test()
    person = await bot.client.users_info(user=alice["id"])
    itself = await bot.client.bots_info(bot=server.bot_id)

    assert (me["user_id"], me["team_id"]) == (server.bot_user, server.team["id"])
    assert person["user"]["name"] == "alice"
    assert itself["bot"]["id"] == server.bot_id
    assert "x-oauth-scopes" not in me.headers
    server.check()


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", "xoxb-wrong", "invalid_auth"),
        ("auth.test", "xapp-1-A1-emu", "not_allowed_token_type"),
        ("apps.connections.open", "xoxb-1-emu", "not_allowed_token_type"),
        ("apps.connections.open", "xapp-wrong", "invalid_auth"),
    ],
)
async def test_a_wrong_token_is_refused(bot: Bot, method: str, token: str, error: str) -> None:
    bot.client.token = token

    assert (await refused(bot.client.api_call(method)))["error"] == error


async def test_no_token_is_refused(server: SlackEmulator) -> None:
    async with aiohttp.ClientSession() as http, http.post(server.base_url + "auth.test") as answer:
        assert (await answer.json())["error"] == "not_authed"


async def test_a_method_that_does_not_exist_is_listed(bot: Bot, server: SlackEmulator) -> None:
    answer = await refused(bot.client.api_call("cats.list"))

    assert answer["error"] == "unknown_method"
    with pytest.raises(AssertionError, match=r"cats\.list"):
        server.check()


SCOPES = [
    ("chat.postMessage", "chat:write"),
    ("chat.update", "chat:write"),
    ("chat.postEphemeral", "chat:write"),
    ("files.getUploadURLExternal", "files:write"),
    ("files.completeUploadExternal", "files:write"),
    ("files.delete", "files:write"),
    ("files.info", "files:read"),
    ("conversations.history", "channels:history"),
    ("conversations.replies", "channels:history"),
    ("conversations.info", "channels:read"),
]


@pytest.mark.parametrize(("method", "scope"), SCOPES)
async def test_a_scope_that_is_missing_is_named(bot: Bot, method: str, scope: str) -> None:
    server = bot.server
    server.scopes = {"commands", "reactions:write"}

    answer = await refused(bot.client.api_call(method, params={"channel": server.channel_id}))

    assert (answer["error"], answer["needed"]) == ("missing_scope", scope)
    assert answer["provided"] == "commands,reactions:write"
    assert server.violations == []


@pytest.mark.parametrize("scope", ["im:history", "groups:history", "channels:history"])
async def test_reading_needs_the_scope_of_the_place(
    bot: Bot, server: SlackEmulator, scope: str
) -> None:
    places = {
        "im:history": server.dm(server.user()),
        "groups:history": server.channel("secret", private=True),
        "channels:history": server.channel("open"),
    }
    server.scopes = set(places) - {scope}

    for needed, place in places.items():
        call = bot.client.conversations_history(channel=place["id"])
        if needed == scope:
            assert (await refused(call))["needed"] == scope
        else:
            await call


async def test_every_answer_names_the_scopes(bot: Bot, server: SlackEmulator) -> None:
    server.scopes = {"chat:write", "commands"}

    me = await bot.client.auth_test()
    with pytest.raises(SlackApiError) as refusal:
        await bot.client.files_info(file="F1")

    assert me.headers["x-oauth-scopes"] == "chat:write,commands"
    assert refusal.value.response.headers["x-oauth-scopes"] == "chat:write,commands"


async def test_connecting_needs_its_scope(bot: Bot, server: SlackEmulator) -> None:
    server.app_scopes.clear()

    answer = await refused(bot.client.apps_connections_open(app_token=server.app_token))

    assert (answer["error"], answer["needed"]) == ("missing_scope", "connections:write")


async def test_a_fault_hits_as_often_as_it_should(bot: Bot, server: SlackEmulator) -> None:
    fault = server.fault("chat.postMessage", error="fatal_error", times=2)

    errors = [
        (await refused(bot.client.chat_postMessage(channel="art", text="x")))["error"]
        for _ in range(2)
    ]
    await bot.say()

    assert errors == ["fatal_error"] * 2
    assert (fault.hits, fault["hits"]) == (2, 2)
    assert server.violations == []


async def test_too_many_requests_say_when_to_come_again(bot: Bot, server: SlackEmulator) -> None:
    server.fault("auth.test", status=429, retry_after=7)

    with pytest.raises(SlackApiError) as refusal:
        await bot.client.auth_test()

    response = refusal.value.response
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")


async def test_a_server_error_and_a_cut_do_nothing(bot: Bot, server: SlackEmulator) -> None:
    server.fault("chat.postMessage", status=500)
    with pytest.raises(SlackApiError):
        await bot.say()
    server.fault("chat.postMessage", drop=True)
    with pytest.raises(aiohttp.ClientError):
        await bot.say()

    assert server.messages == []
    assert [call.out for call in server.calls] == [500, "drop"]


async def test_a_lost_answer_leaves_the_message(bot: Bot, server: SlackEmulator) -> None:
    server.fault("chat.postMessage", lost_answer=True)

    with pytest.raises(aiohttp.ClientError):
        await bot.say("hello")

    assert [message.text for message in server.messages] == ["hello"]


async def test_an_upload_can_fail_and_its_answer_be_lost(bot: Bot, server: SlackEmulator) -> None:
    server.fault("upload", status=500)
    with pytest.raises(SlackRequestError, match="500"):
        await bot.client.files_upload_v2(content=PNG, filename="cat.png")
    server.fault("upload", lost_answer=True)
    with pytest.raises(aiohttp.ClientError):
        await bot.client.files_upload_v2(content=PNG, filename="cat.png")

    assert [file.data for file in server.files.values()] == [None, PNG]


async def test_a_fault_of_all_methods_spares_uploads(bot: Bot, server: SlackEmulator) -> None:
    announced = await bot.client.files_getUploadURLExternal(filename="a.png", length=len(PNG))
    fault = server.fault(error="fatal_error")
    async with aiohttp.ClientSession() as http:
        answer = await http.post(announced["upload_url"], data=PNG)
        assert answer.status == 200

    await refused(bot.client.auth_test())

    assert fault.hits == 1


async def test_a_limit_counts_each_channel_by_itself(bot: Bot, server: SlackEmulator) -> None:
    other = server.channel("other")
    limit = server.rate_limit("chat.postMessage", 1, per=600.0, key="channel")

    await bot.say()
    await bot.say(channel=other["id"])
    answer = await refused(bot.client.chat_postMessage(channel=server.channel_id, text="x"))

    assert (answer["error"], limit.hits) == ("ratelimited", 1)
    assert len(server.messages) == 2


async def test_calls_are_remembered(bot: Bot, server: SlackEmulator) -> None:
    await bot.say("hello")

    (call,) = server.calls
    assert (call.method, call.args["text"], call.out["ok"]) == ("chat.postMessage", "hello", True)
    assert call["ms"] is not None
    assert call.get("nothing") is None

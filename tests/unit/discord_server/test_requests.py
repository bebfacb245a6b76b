from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest

from tests.discord_server import DiscordEmulator
from tests.discord_server.rest import OPERATIONS
from tests.discord_server.rest.calls import Operation
from tests.discord_server.routes import Routes
from tests.discord_server.spec import official_spec
from tests.unit.discord_server.conftest import RawBot, flaws

SPEC = official_spec()
TABLES = {"own": Routes(operation.route for operation in OPERATIONS)}
if SPEC:
    TABLES["official"] = Routes(SPEC.routes())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.route.operation)
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_each_operation_is_found_by_its_path(table: Routes, operation: Operation) -> None:
    route = operation.route
    path = re.sub(r"\{(\w+)\}", r"\1", route.template)

    found, variables = table.find(route.method, path)

    assert found == route
    assert all(name == value for name, value in variables.items())


async def test_a_path_that_does_not_exist_is_listed(bot: RawBot) -> None:
    status, _ = await bot.call("GET", "/guilds/1/cats")

    assert status == 404
    assert bot.server.unknown_requests == [("GET", "/guilds/1/cats")]
    with pytest.raises(AssertionError, match="cats"):
        bot.server.check()


async def test_a_method_that_does_not_exist_is_listed(bot: RawBot) -> None:
    status, _ = await bot.call("DELETE", "/gateway")

    assert (status, bot.server.unknown_requests) == (405, [("DELETE", "/gateway")])


async def test_a_wrong_token_is_refused(bot: RawBot) -> None:
    bot.token = "wrong"

    status, _ = await bot.call("GET", "/users/@me")
    gateway, _ = await bot.call("GET", "/gateway")

    assert (status, gateway) == (401, 200)


async def test_the_bot_learns_who_it_is(bot: RawBot) -> None:
    server = bot.server

    _, me = await bot.call("GET", "/users/@me")
    _, application = await bot.call("GET", "/oauth2/applications/@me")
    _, owner = await bot.call("GET", f"/users/{server.admin_user['id']}")
    _, gateway = await bot.call("GET", "/gateway/bot")

    assert (me["id"], application["id"], me["bot"]) == (server.app_id, server.app_id, True)
    assert owner == application["owner"]
    assert gateway["url"] == server.gateway_url
    server.check()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/users/1", 10013),
        ("/channels/1", 10003),
        ("/guilds/1", 10004),
        ("/channels/{channel}/messages/1", 10008),
        ("/guilds/{guild}/members/1", 10007),
    ],
)
async def test_what_is_unknown_is_told_apart(bot: RawBot, path: str, code: int) -> None:
    path = path.format(channel=bot.server.channel_id, guild=bot.server.guild_id)

    status, answer = await bot.call("GET", path)

    assert (status, answer["code"]) == (404, code)


async def test_a_body_that_is_no_json_is_refused_and_listed(bot: RawBot) -> None:
    url = f"{bot.server.base_url}/channels/{bot.server.channel_id}/messages"
    headers = {"Authorization": f"Bot {bot.token}", "Content-Type": "application/json"}

    async with bot.http.post(url, data=b"{", headers=headers) as answer:
        body = await answer.json()

    assert (answer.status, body["code"]) == (400, 50109)
    assert len(bot.server.violations) == 1


async def test_files_are_refused_where_none_belong(bot: RawBot) -> None:
    path, body = "/users/@me/channels", {"recipient_id": bot.server.user()["id"]}

    with_file, _ = await bot.upload("POST", path, body, [("a.png", b"x")])
    without, _ = await bot.call("POST", path, body)

    assert (with_file, without, len(bot.server.violations)) == (400, 200, 1)


async def test_a_form_field_that_is_no_file_is_refused(bot: RawBot) -> None:
    form = aiohttp.FormData({"cat": "x"}, default_to_multipart=True)
    url = f"{bot.server.base_url}/channels/{bot.server.channel_id}/messages"

    async with bot.http.post(
        url, data=form, headers={"Authorization": f"Bot {bot.token}"}
    ) as answer:
        body = await answer.json()

    assert (answer.status, flaws(body)) == (400, {"cat": "BASE_TYPE_UNKNOWN"})


async def test_only_its_own_messages_are_the_bots_to_change(bot: RawBot) -> None:
    theirs = await bot.server.say("mine")
    path = f"/channels/{theirs.channel_id}/messages/{theirs.id}"

    status, answer = await bot.call("PATCH", path, {"content": "yours"})

    assert (status, answer["code"], theirs.content) == (403, 50005, "mine")


async def test_a_message_is_found_in_its_channel_alone(bot: RawBot) -> None:
    message = await bot.post({"content": "here"})
    other = bot.server.channel("other")

    here, _ = await bot.call("GET", f"/channels/{message.channel_id}/messages/{message.id}")
    there, _ = await bot.call("GET", f"/channels/{other['id']}/messages/{message.id}")

    assert (here, there) == (200, 404)


async def test_files_can_be_held_back(bot: RawBot) -> None:
    message = await bot.server.say("look", files=[("a.png", b"picture", "image/png")])
    bot.server.files_gate = asyncio.Event()

    asked = asyncio.create_task(bot.fetch(message.payload["attachments"][0]["url"]))
    await bot.call("GET", "/gateway")
    was_done = asked.done()
    bot.server.files_gate.set()

    assert (was_done, await asked) == (False, b"picture")


async def test_messages_are_listed_newest_first(bot: RawBot) -> None:
    for word in ("one", "two", "three"):
        await bot.post({"content": word})

    _, messages = await bot.call("GET", f"/channels/{bot.server.channel_id}/messages?limit=2")

    assert [message["content"] for message in messages] == ["three", "two"]


async def test_a_reply_names_what_it_replies_to(bot: RawBot) -> None:
    first = await bot.post({"content": "one"})
    reference = {"message_id": first.id, "channel_id": first.channel_id}

    second = await bot.post({"content": "two", "message_reference": reference})

    assert second.payload["message_reference"]["message_id"] == first.id


async def test_an_enforced_nonce_posts_once(bot: RawBot) -> None:
    body = {"content": "once", "nonce": "k7f3q2.1", "enforce_nonce": True}

    first, second = await bot.post(body), await bot.post(body)
    bot.server.nonce_ttl = 0.0
    third = await bot.post(body)

    assert first is second
    assert third is not first


async def test_a_fault_answers_in_place_of_the_server(bot: RawBot) -> None:
    fault = bot.server.fault(r"/messages$", status=503, times=2)

    other, _ = await bot.call("GET", f"/channels/{bot.server.channel_id}")
    statuses = [(await bot.say({"content": "x"}))[0] for _ in range(3)]

    assert (other, statuses) == (200, [503, 503, 200])
    assert (fault.hits, len(bot.server.messages)) == (2, 1)


async def test_a_fault_may_concern_one_method_alone(bot: RawBot) -> None:
    bot.server.fault(r"/messages$", "POST", status=503)

    listed, _ = await bot.call("GET", f"/channels/{bot.server.channel_id}/messages")
    posted, _ = await bot.say({"content": "x"})

    assert (listed, posted) == (200, 503)


async def test_a_fault_can_cut_the_connection(bot: RawBot) -> None:
    bot.server.fault(r"/messages$", drop=True)

    with pytest.raises(aiohttp.ClientConnectionError):
        await bot.say({"content": "lost"})

    assert [record.status for record in bot.server.requests] == ["drop"]
    assert not bot.server.messages


async def test_the_answer_alone_can_get_lost(bot: RawBot) -> None:
    bot.server.fault(r"/messages$", drop=True, handled=True)
    body = {"content": "once", "nonce": "1", "enforce_nonce": True}

    with pytest.raises(aiohttp.ClientConnectionError):
        await bot.say(body)
    posted = bot.server.order
    again = await bot.post(body)

    assert bot.server.order == posted == [again]


async def test_a_429_says_how_long_to_wait(bot: RawBot) -> None:
    bot.server.fault(status=429, retry_after=0.25, global_=True)

    status, answer = await bot.say({"content": "x"})

    assert (status, answer["retry_after"], answer["global"]) == (429, 0.25, True)


async def test_an_address_can_be_banned(bot: RawBot) -> None:
    bot.server.fault(status=429, cloudflare=True)

    async with bot.http.get(bot.server.base_url + "/gateway") as answer:
        assert (answer.status, "Via" in answer.headers) == (429, False)
        assert await answer.text() == "error code: 1015"


async def test_a_limit_lets_in_so_many_requests(bot: RawBot) -> None:
    limit = bot.server.rate_limit(r"/messages$", limit=2, per=600.0)

    answers = [await bot.say({"content": "x"}) for _ in range(3)]

    assert [status for status, _ in answers] == [200, 200, 429]
    assert 0 < answers[2][1]["retry_after"] <= 600
    assert (limit.hits, len(bot.server.messages)) == (1, 2)


async def test_a_limit_opens_again(bot: RawBot) -> None:
    bot.server.rate_limit(r"/messages$", limit=1, per=0.0)

    statuses = [(await bot.say({"content": "x"}))[0] for _ in range(3)]

    assert statuses == [200, 200, 200]


async def test_waiting_for_what_never_comes_says_what_it_was(server: DiscordEmulator) -> None:
    with pytest.raises(TimeoutError, match="a cat not within"):
        await server.until(lambda: False, 0.0, "a cat")

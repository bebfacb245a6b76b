from __future__ import annotations

import aiohttp
import pytest

from tests.slack_server import Delivery, Payload, SlackEmulator
from tests.unit.slack_server.conftest import Bot, actions, button, refused

JOB = {"event_type": "job", "event_payload": {"job": "k7f3q2"}}


async def test_a_message_is_posted_changed_and_deleted(bot: Bot, server: SlackEmulator) -> None:
    alice = server.user("alice")
    message = await bot.say("queued", blocks=actions(button()), metadata=JOB)
    await bot.client.chat_update(channel=message.channel, ts=message.ts, text="done")

    assert (message.text, message.blocks) == ("done", [])
    assert message.payload["metadata"] == JOB
    assert [edit.payload["text"] for edit in message.history] == ["queued", "done"]
    assert server.visible_to(alice) == [message]
    await bot.client.chat_delete(channel=message.channel, ts=message.ts)
    assert server.visible_to(alice) == []
    assert server.violations == []


async def test_an_empty_metadata_takes_the_old_away(bot: Bot) -> None:
    message = await bot.say("queued", metadata=JOB)

    await bot.client.chat_update(channel=message.channel, ts=message.ts, text="x", metadata={})

    assert "metadata" not in message.payload


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ("x", "invalid_metadata_format"),
        ([1], "invalid_metadata_format"),
        ({"event_type": "job"}, "invalid_metadata_schema"),
        ({"event_payload": {}}, "invalid_metadata_schema"),
    ],
)
async def test_metadata_has_a_form(bot: Bot, metadata: object, error: str) -> None:
    body = {"channel": bot.server.channel_id, "text": "x", "metadata": metadata}

    answer = await refused(bot.client.api_call("chat.postMessage", json=body))

    assert answer["error"] == error
    assert len(bot.server.violations) == 1


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": 1}, "invalid_arguments"),
        ({"text": "x", "thread_ts": "12.3"}, "invalid_arguments"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
    ],
)
async def test_a_message_that_says_nothing_or_too_much_is_refused(
    bot: Bot, args: Payload, error: str
) -> None:
    body = {"channel": bot.server.channel_id, **args}

    answer = await refused(bot.client.api_call("chat.postMessage", json=body))

    assert answer["error"] == error
    assert len(bot.server.violations) == 1


async def test_a_change_takes_less_text_than_a_new_message(bot: Bot) -> None:
    message = await bot.say("x" * 4001)

    call = bot.client.chat_update(channel=message.channel, ts=message.ts, text="y" * 4001)

    assert (await refused(call))["error"] == "msg_too_long"


async def test_the_bot_posts_where_it_is_a_member(bot: Bot, server: SlackEmulator) -> None:
    public = server.channel("public", is_member=False)
    private = server.channel("private", is_member=False, private=True)
    archived = server.channel("old")
    archived["is_archived"] = True

    errors = [
        (await refused(bot.client.chat_postMessage(channel=place, text="x")))["error"]
        for place in (public["id"], private["id"], archived["id"], "C404")
    ]
    await bot.client.conversations_join(channel=public["id"])
    await bot.say(channel="#public")

    assert errors == ["not_in_channel", "channel_not_found", "is_archived", "channel_not_found"]


@pytest.mark.parametrize("by_scope", [False, True])
async def test_the_bot_may_be_let_post_to_all_public_channels(
    bot: Bot, server: SlackEmulator, by_scope: bool
) -> None:
    public = server.channel("public", is_member=False)
    private = server.channel("private", is_member=False, private=True)
    if by_scope:
        server.scopes = {"chat:write", "chat:write.public"}
    else:
        server.public_posting = True

    await bot.say(channel=public["id"])
    call = bot.client.chat_postMessage(channel=private["id"], text="x")

    assert (await refused(call))["error"] == "channel_not_found"


async def test_a_persons_id_means_the_conversation_with_them(
    bot: Bot, server: SlackEmulator
) -> None:
    alice, bob = server.user("alice"), server.user("bob")

    message = await bot.say(channel=alice["id"])
    opened = await bot.client.conversations_open(users=alice["id"])

    assert message.channel == opened["channel"]["id"] == server.dm(alice)["id"]
    assert message.channel != server.dm(bob)["id"]


async def test_what_one_person_sees_cannot_be_changed_by_the_bot(
    bot: Bot, server: SlackEmulator
) -> None:
    alice, bob = server.user("alice"), server.user("bob")
    answer = await bot.client.chat_postEphemeral(
        channel=server.channel_id, user=alice["id"], text="hush"
    )
    place: Payload = {"channel": server.channel_id, "ts": answer["message_ts"]}

    update = await refused(bot.client.chat_update(**place, text="x"))
    delete = await refused(bot.client.chat_delete(**place))

    assert update["error"] == delete["error"] == "message_not_found"
    assert [message.text for message in server.visible_to(alice)] == ["hush"]
    assert server.visible_to(bob) == []


async def test_what_one_person_sees_keeps_the_rules(bot: Bot, server: SlackEmulator) -> None:
    hush = bot.client.chat_postEphemeral
    place, alice = server.channel_id, server.user("alice")["id"]

    stranger = await refused(hush(channel=place, user="U404", text="x"))
    nowhere = await refused(hush(channel=place, user=alice, text="x", thread_ts="1.2"))
    body = {"channel": place, "user": alice}
    empty = await refused(bot.client.api_call("chat.postEphemeral", json=body))
    await hush(channel=place, user=alice, text="<!here>")

    assert stranger["error"] == "user_not_in_channel"
    assert (nowhere["error"], empty["error"]) == ("invalid_arguments", "no_text")
    assert server.violations[-1].answer == "unescaped <!here>"


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("chat.update", {"channel": "C404", "ts": "1.2"}, "channel_not_found"),
        ("chat.update", {"ts": "1.2"}, "message_not_found"),
        ("chat.delete", {"channel": "C404", "ts": "1.2"}, "channel_not_found"),
        ("chat.delete", {"ts": "1.2"}, "message_not_found"),
        ("reactions.add", {"timestamp": "1.2", "name": "cat"}, "message_not_found"),
        ("users.info", {"user": "U404"}, "user_not_found"),
        ("conversations.open", {"users": "U404"}, "user_not_found"),
        ("conversations.info", {"channel": "C404"}, "channel_not_found"),
        ("conversations.history", {"limit": 1001}, "invalid_limit"),
        ("conversations.history", {"limit": "many"}, "invalid_arguments"),
        ("conversations.history", {"cursor": "mine"}, "invalid_cursor"),
        ("conversations.history", {"oldest": "yesterday"}, "invalid_ts_oldest"),
        ("conversations.replies", {}, "invalid_arguments"),
    ],
)
async def test_what_is_not_there_is_not_found(
    bot: Bot, method: str, args: Payload, error: str
) -> None:
    await bot.say()
    full = {"channel": bot.server.channel_id, "text": "x", **args}

    assert (await refused(bot.client.api_call(method, params=full)))["error"] == error


async def test_the_bot_reads_and_joins_only_where_it_may(bot: Bot, server: SlackEmulator) -> None:
    public = server.channel("public", is_member=False)
    private = server.channel("private", is_member=False, private=True)

    unread = await refused(bot.client.conversations_history(channel=public["id"]))
    hidden = await refused(bot.client.conversations_replies(channel=private["id"], ts="1.2"))
    closed = await refused(bot.client.conversations_join(channel=private["id"]))

    assert (unread["error"], hidden["error"]) == ("not_in_channel", "channel_not_found")
    assert closed["error"] == "method_not_supported_for_channel_type"


async def test_a_moderated_message_is_gone(bot: Bot, server: SlackEmulator) -> None:
    message = await bot.say()

    server.moderate(message)
    call = bot.client.chat_update(channel=message.channel, ts=message.ts, text="x")

    assert (await refused(call))["error"] == "message_not_found"
    assert message.history[-1].op == "moderated"


async def test_the_bot_cannot_touch_what_people_write(bot: Bot, server: SlackEmulator) -> None:
    message = server.say("hello")
    place: Payload = {"channel": message.channel, "ts": message.ts}

    update = await refused(bot.client.chat_update(**place, text="x"))
    delete = await refused(bot.client.chat_delete(**place))

    assert (update["error"], delete["error"]) == ("cant_update_message", "cant_delete_message")


async def test_a_place_is_read_newest_first_without_its_threads(
    bot: Bot, server: SlackEmulator
) -> None:
    first = await bot.say("first", metadata=JOB)
    await bot.say("in its thread", thread_ts=first.ts)
    await bot.say("second")

    bare = await bot.client.conversations_history(channel=first.channel)
    full = await bot.client.conversations_history(channel=first.channel, include_all_metadata=True)
    thread = await bot.client.conversations_replies(channel=first.channel, ts=first.ts)

    assert [message["text"] for message in bare["messages"]] == ["second", "first"]
    assert [message.get("metadata") for message in bare["messages"]] == [None, None]
    assert [message.get("metadata") for message in full["messages"]] == [None, JOB]
    assert [message["text"] for message in thread["messages"]] == ["first", "in its thread"]
    assert (thread["messages"][0]["reply_count"], thread["has_more"]) == (1, False)


async def test_reading_stops_where_it_is_told(bot: Bot) -> None:
    stamps = [(await bot.say(str(number))).ts for number in range(5)]

    async def read(**limits: object) -> tuple[str, bool]:
        answer = await bot.client.conversations_history(
            channel=bot.server.channel_id,
            **limits,  # type: ignore[arg-type]
        )
        texts = "".join(message["text"] for message in answer["messages"])
        return texts, answer["has_more"]

    assert await read(limit=2) == ("43", True)
    assert await read(latest=stamps[3], oldest=stamps[1]) == ("2", False)
    assert await read(latest=stamps[3], oldest=stamps[1], inclusive=True) == ("321", False)
    assert await read(oldest=stamps[1], limit=2, inclusive=True) == ("43", True)
    assert await read(oldest=str(float(stamps[0]) - 60), latest=stamps[0] + "9") == ("0", False)


async def test_reading_goes_on_from_its_cursor(bot: Bot) -> None:
    for number in range(5):
        await bot.say(str(number))
    texts = ""
    async for page in await bot.client.conversations_history(
        channel=bot.server.channel_id, limit=2
    ):
        texts += "".join(message["text"] for message in page["messages"])

    assert texts == "43210"


async def test_a_thread_that_is_not_there_cannot_be_read(bot: Bot) -> None:
    place = bot.server.channel_id

    answer = await refused(bot.client.conversations_replies(channel=place, ts="1700000000.000001"))

    assert answer["error"] == "thread_not_found"


async def answered(delivery: Delivery, body: Payload, url: str | None = None) -> int:
    """The status of an answer at a delivery's address."""
    address = url or delivery.payload["response_url"]
    async with aiohttp.ClientSession() as http, http.post(address, json=body) as answer:
        return answer.status


async def test_an_address_takes_answers_for_one_or_for_all(
    connected: Bot, server: SlackEmulator
) -> None:
    alice, bob = server.user("alice"), server.user("bob")
    delivery = await server.slash("/imagine", user=alice)

    assert await answered(delivery, {"text": "hush"}) == 200
    assert await answered(delivery, {"text": "look", "response_type": "in_channel"}) == 200

    assert [message.text for message in server.visible_to(alice)] == ["hush", "look"]
    assert [message.text for message in server.visible_to(bob)] == ["look"]


async def test_an_address_wears_out(connected: Bot, server: SlackEmulator) -> None:
    server.response_url_uses = 1
    delivery = await server.slash("/imagine")
    statuses = [await answered(delivery, {"text": "x"}) for _ in range(2)]
    server.response_url_ttl = 0.0
    late = await server.slash("/imagine")

    assert [*statuses, await answered(late, {"text": "x"})] == [200, 404, 404]
    assert server.violations == []


async def test_an_address_refuses_what_is_no_message(connected: Bot, server: SlackEmulator) -> None:
    delivery = await server.slash("/imagine")

    assert await answered(delivery, {"text": ""}) == 400
    assert [violation.method for violation in server.violations] == ["response_url"]


async def test_what_replaces_a_message_is_watched_as_well(
    connected: Bot, server: SlackEmulator
) -> None:
    message = await connected.say("queued", blocks=actions(button()))
    click = await server.click(message, "go")
    url = click.payload["response_url"]

    assert await answered(click, {"replace_original": True}) == 400
    assert await answered(click, {"replace_original": True, "text": "<!here>"}) == 200
    async with aiohttp.ClientSession() as http, http.post(url, data=b"{") as answer:
        assert answer.status == 400

    answers = [violation.answer for violation in server.violations]
    assert [answers[0]["error"], *answers[1:]] == ["no_text", "unescaped <!here>", "not JSON"]


async def test_blocks_get_the_ids_that_they_lack(bot: Bot) -> None:
    nameless = button()
    del nameless["action_id"]
    image = {"type": "image", "image_url": "https://e.example/a.png", "alt_text": "a"}
    section = {"type": "section", "text": {"type": "plain_text", "text": "x"}, "accessory": image}

    message = await bot.say(blocks=[{"type": "actions", "elements": [nameless]}, section])

    first, second = message.blocks
    assert first["block_id"]
    assert first["block_id"] != second["block_id"]
    assert len(list(message.elements())) == 1
    assert second["accessory"] == image


async def test_a_click_can_replace_and_delete_what_one_person_sees(
    connected: Bot, server: SlackEmulator
) -> None:
    alice = server.user("alice")
    delivery = await server.slash("/imagine", user=alice)
    await answered(delivery, {"text": "hush", "blocks": actions(button())})
    (message,) = server.visible_to(alice)
    click = await server.click(message, "go", user=alice)

    assert "message" not in click.payload
    assert click.payload["container"]["is_ephemeral"]
    assert await answered(click, {"text": "quiet", "replace_original": True}) == 200
    assert (message.text, server.visible_to(alice)) == ("quiet", [message])
    assert await answered(click, {"delete_original": True}) == 200
    assert server.visible_to(alice) == []
    assert await answered(click, {"text": "again", "replace_original": True}) == 400

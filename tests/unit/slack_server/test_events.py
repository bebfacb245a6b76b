from __future__ import annotations

import pytest

from tests.slack_server import SlackEmulator
from tests.slack_server.texts import typed
from tests.unit.slack_server.conftest import PNG, Bot, actions, button


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a & <b>", "a &amp; &lt;b&gt;"),
        ("see https://e.example/a?b=1&c", "see <https://e.example/a?b=1&amp;c>"),
        ("see e.example.com/a", "see <http://e.example.com/a|e.example.com/a>"),
        ("(a phrase)1.3, cat--", "(a phrase)1.3, cat--"),
    ],
)
def test_events_give_texts_escaped(text: str, seen: str) -> None:
    assert typed(text) == seen


async def test_a_mention_in_a_thread_brings_its_files(
    connected: Bot, server: SlackEmulator
) -> None:
    parent = await connected.say()
    file = server.user_file("cat.png", PNG)
    await server.mention("imagine <b>", thread_ts=parent.ts, files=[file])

    event = (await connected.ack())["event"]

    assert (event["type"], event["channel"]) == ("app_mention", server.channel_id)
    assert event["text"] == f"<@{server.bot_user}> imagine &lt;b&gt;"
    assert event["thread_ts"] == parent.ts
    assert "subtype" not in event
    assert event["files"][0]["url_private"] == server.file_payload(file)["url_private"]


async def test_of_a_stub_only_the_id_is_told(connected: Bot, server: SlackEmulator) -> None:
    file = server.user_file("cat.png", PNG, stub=True, url="https://e.example/cat.png")
    await server.mention("draw this", files=[file])

    (told,) = (await connected.ack())["event"]["files"]
    asked = (await connected.client.files_info(file=file.id))["file"]

    assert (told["id"], told["file_access"]) == (file.id, "check_file_info")
    assert "url_private" not in told
    assert asked["url_private"] == "https://e.example/cat.png"


async def test_a_direct_message_is_heard(connected: Bot, server: SlackEmulator) -> None:
    bob = server.user("bob")
    await server.direct_message("help", bob, files=[server.user_file("cat.png", PNG, bob)])

    event = (await connected.ack())["event"]

    assert (event["type"], event["channel_type"]) == ("message", "im")
    assert (event["user"], event["channel"]) == (bob["id"], server.dm(bob)["id"])
    assert (event["text"], event["subtype"]) == ("help", "file_share")


async def test_an_answer_to_a_mention_is_the_bots(connected: Bot, server: SlackEmulator) -> None:
    delivery = await server.mention("hello")
    await connected.say("hi")

    assert (await delivery.wait_message()).text == "hi"


async def test_looking_at_the_home_page_is_told(connected: Bot, server: SlackEmulator) -> None:
    alice = server.user("alice")
    await server.open_home(alice)
    first = (await connected.ack())["event"]
    page = {"type": "home", "blocks": actions(button())}
    await connected.client.views_publish(user_id=alice["id"], view=page)
    await server.open_home(alice, tab="messages")
    second = (await connected.ack())["event"]

    assert (first["type"], first["tab"], first["user"]) == ("app_home_opened", "home", alice["id"])
    assert "view" not in first
    assert (second["tab"], second["view"]["type"]) == ("messages", "home")


async def test_a_message_shortcut_brings_the_files(connected: Bot, server: SlackEmulator) -> None:
    file = server.user_file("cat.png", PNG)
    message = server.say("look", files=[file])
    await server.shortcut("use_picture", message=message)

    payload = await connected.ack()

    assert (payload["type"], payload["callback_id"]) == ("message_action", "use_picture")
    assert (payload["message"]["files"][0]["id"], payload["message_ts"]) == (file.id, message.ts)
    assert payload["channel"]["id"] == server.channel_id


async def test_a_shortcut_without_a_message_opens_a_form(
    connected: Bot, server: SlackEmulator
) -> None:
    await server.shortcut("imagine", user=server.user("bob"))

    payload = await connected.ack()

    assert (payload["type"], payload["user"]["name"]) == ("shortcut", "bob")
    assert "channel" not in payload
    assert payload["trigger_id"]

from __future__ import annotations

from typing import Any

import pytest

from tests.slack_server import Payload, SlackEmulator
from tests.unit.slack_server.conftest import Bot, marked, modal, plain


def section(text: Payload) -> list[Payload]:
    return [{"type": "section", "text": text}]


def rich(*elements: Payload) -> list[Payload]:
    inside = {"type": "rich_text_section", "elements": list(elements)}
    return [{"type": "rich_text", "elements": [inside]}]


def posted(bot: Bot) -> dict[str, Any]:
    return {"channel": bot.server.channel_id, "text": "x", "unfurl_links": False}


CHANNEL = "<!channel>"
URL = "https://e.example/cat"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"text": CHANNEL}, "unescaped <!channel>"),
        ({"text": "by <@U123>"}, "unescaped <@U123>"),
        ({"text": "in <#C123|art>"}, "unescaped <#C123|art>"),
        ({"blocks": section(marked(CHANNEL))}, "unescaped <!channel>"),
        ({"blocks": [{"type": "markdown", "text": CHANNEL}]}, "unescaped <!channel>"),
        ({"blocks": [{"type": "context", "elements": [marked(CHANNEL)]}]}, f"unescaped {CHANNEL}"),
        ({"attachments": [{"text": CHANNEL}]}, "unescaped <!channel>"),
        ({"blocks": rich({"type": "user", "user_id": "U1"})}, "rich text calls: user"),
        ({"blocks": rich({"type": "broadcast", "range": "here"})}, "rich text calls: broadcast"),
        ({"link_names": True}, "link_names is set"),
        ({"text": f"see {URL}", "unfurl_links": None}, "unfurl_links is not false"),
        ({"blocks": section(plain(URL)), "unfurl_links": True}, "unfurl_links is not false"),
        (
            {"blocks": rich({"type": "link", "url": URL}), "unfurl_links": None},
            "unfurl_links is not false",
        ),
    ],
)
async def test_what_no_bot_should_send_is_a_violation(
    bot: Bot, args: dict[str, Any], words: str
) -> None:
    await bot.client.chat_postMessage(**(posted(bot) | args))

    assert [violation.answer for violation in bot.server.violations] == [words]
    assert len(bot.server.messages) == 1


@pytest.mark.parametrize(
    "args",
    [
        {"text": "&lt;!channel&gt; 1 < 2"},
        {"blocks": section(plain(CHANNEL))},
        {"blocks": rich({"type": "text", "text": CHANNEL}, {"type": "emoji", "name": "cat"})},
        {"blocks": [{"type": "image", "image_url": URL, "alt_text": CHANNEL}]},
        {"text": f"see {URL}"},
        {"link_names": False},
    ],
)
async def test_what_calls_nobody_is_no_violation(bot: Bot, args: dict[str, Any]) -> None:
    await bot.client.chat_postMessage(**(posted(bot) | args))

    assert bot.server.violations == []


async def test_changes_answers_and_forms_call_nobody_either(connected: Bot) -> None:
    server = connected.server
    message = await connected.say()
    delivery = await server.slash("/imagine")
    await connected.ack({"text": CHANNEL})
    await delivery.wait_ack()
    await connected.client.chat_update(channel=message.channel, ts=message.ts, text=CHANNEL)
    trigger = delivery.payload["trigger_id"]
    view = modal(*section(marked(CHANNEL)))
    await connected.client.views_open(trigger_id=trigger, view=view)

    methods = [violation.method for violation in server.violations]

    assert methods == ["ack", "chat.update", "views"]


def job(name: str) -> Payload:
    return {"event_type": "job", "event_payload": {"job": name}}


async def test_a_job_that_is_posted_twice_is_a_violation(bot: Bot) -> None:
    await bot.say(metadata=job("k7f3q2"))
    await bot.say(metadata=job("k7f3q2"))

    assert [violation.answer for violation in bot.server.violations] == ["posted twice"]


async def test_a_job_may_be_posted_again_elsewhere_or_once_it_is_gone(
    bot: Bot, server: SlackEmulator
) -> None:
    first = await bot.say(metadata=job("k7f3q2"))
    await bot.say(metadata=job("k7f3q2"), channel=server.user()["id"])
    await bot.say(metadata=job("aaaaaa"))
    server.moderate(first)
    await bot.say(metadata=job("k7f3q2"))
    for _ in range(2):
        await bot.say("of no job")

    assert server.violations == []

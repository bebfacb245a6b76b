from __future__ import annotations

from typing import Any

import pytest

from tests.slack_server import Payload, SlackEmulator
from tests.slack_server.block_rules import message_flaws
from tests.slack_server.flaws import FileState
from tests.slack_server.view_rules import HOME, MODAL, view_flaws
from tests.unit.slack_server.conftest import (
    Bot,
    actions,
    button,
    entry,
    marked,
    modal,
    option,
    plain,
    refused,
)


def section(**more: Any) -> list[Payload]:
    return [{"type": "section", **more}]


def image(**more: Any) -> list[Payload]:
    return [{"type": "image", **more}]


def select(**more: Any) -> list[Payload]:
    return actions({"type": "static_select", "action_id": "pick", **more})


def rich(*elements: Payload, kind: str = "rich_text_section", **more: Any) -> list[Payload]:
    inside = {"type": kind, "elements": list(elements), **more}
    return [{"type": "rich_text", "elements": [inside]}]


def confirming(**more: Any) -> list[Payload]:
    question = {key: plain() for key in ("title", "text", "confirm", "deny")}
    return actions(button(confirm=question | more))


CONFIRM = "/blocks/0/elements/0/confirm"
URL = "https://e.example/cat.png"
LONG = "x" * 3001
BAD_MESSAGES: dict[str, tuple[Any, str]] = {
    "no list": ({"type": "divider"}, "/blocks"),
    "51 blocks": ([{"type": "divider"}] * 51, "/blocks"),
    "unknown block": ([{"type": "carousel"}], "/blocks/0/type"),
    "no block": (["x"], "/blocks/0/type"),
    "number as block_id": ([{"type": "divider", "block_id": 1}], "/blocks/0/block_id"),
    "no object": ([{"type": "actions", "elements": ["go"]}], "/blocks/0/elements/0"),
    "same block_id": ([{"type": "divider", "block_id": "a"}] * 2, "/blocks/1/block_id"),
    "long block_id": ([{"type": "divider", "block_id": "x" * 256}], "/blocks/0/block_id"),
    "empty section": (section(), "/blocks/0"),
    "long section": (section(text=plain(LONG)), "/blocks/0/text/text"),
    "no words": (section(text=plain("")), "/blocks/0/text/text"),
    "emoji in mrkdwn": (section(text=marked() | {"emoji": True}), "/blocks/0/text"),
    "11 fields": (section(fields=[plain()] * 11), "/blocks/0/fields"),
    "long field": (section(fields=[plain("x" * 2001)]), "/blocks/0/fields/0/text"),
    "wrong accessory": (section(text=plain(), accessory={"type": "cat"}), "/blocks/0/accessory"),
    "long header": ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text"),
    "marked header": ([{"type": "header", "text": marked()}], "/blocks/0/text"),
    "no alt text": (image(image_url=URL), "/blocks/0/alt_text"),
    "long alt text": (image(image_url=URL, alt_text="x" * 2001), "/blocks/0/alt_text"),
    "no image": (image(alt_text="a"), "/blocks/0"),
    "two images": (image(image_url=URL, slack_file={"id": "F1"}, alt_text="a"), "/blocks/0"),
    "local image": (image(image_url="file:///etc", alt_text="a"), "/blocks/0/image_url"),
    "unknown file": (image(slack_file={"id": "F1"}, alt_text="a"), "/blocks/0/slack_file"),
    "long image title": (
        image(image_url=URL, alt_text="a", title=plain("x" * 2001)),
        "/blocks/0/title",
    ),
    "no elements": (actions(), "/blocks/0/elements"),
    "26 elements": (actions(*(button(str(n)) for n in range(26))), "/blocks/0/elements"),
    "same action_id": (actions(button(), button()), "/blocks/0/elements/1/action_id"),
    "long action_id": (actions(button("x" * 256)), "/blocks/0/elements/0/action_id"),
    "long label": (actions(button(text=plain("x" * 76))), "/blocks/0/elements/0/text"),
    "marked label": (actions(button(text=marked())), "/blocks/0/elements/0/text"),
    "long value": (actions(button(value="x" * 2001)), "/blocks/0/elements/0/value"),
    "wrong style": (actions(button(style="blue")), "/blocks/0/elements/0/style"),
    "bare confirm": (actions(button(confirm={})), "/blocks/0/elements/0/confirm/title"),
    "long question": (confirming(text=plain("x" * 301)), f"{CONFIRM}/text/text"),
    "long yes": (confirming(confirm=plain("x" * 31)), f"{CONFIRM}/confirm/text"),
    "long no": (confirming(deny=plain("x" * 31)), f"{CONFIRM}/deny/text"),
    "long button url": (actions(button(url="x" * 3001)), "/blocks/0/elements/0/url"),
    "long accessibility label": (
        actions(button(accessibility_label="x" * 76)),
        "/blocks/0/elements/0/accessibility_label",
    ),
    "long placeholder": (
        select(options=[option()], placeholder=plain("x" * 151)),
        "/blocks/0/elements/0/placeholder",
    ),
    "long description": (
        select(options=[option() | {"description": plain("x" * 76)}]),
        "/blocks/0/elements/0/options/0/description",
    ),
    "bare image beside a text": (
        section(text=plain(), accessory={"type": "image", "image_url": URL}),
        "/blocks/0/accessory/alt_text",
    ),
    "input in actions": (actions({"type": "plain_text_input"}), "/blocks/0/elements/0/type"),
    "no options": (select(), "/blocks/0/elements/0"),
    "101 options": (
        select(options=[option(str(n)) for n in range(101)]),
        "/blocks/0/elements/0/options",
    ),
    "same values": (select(options=[option()] * 2), "/blocks/0/elements/0/options"),
    "long option": (
        select(options=[{"text": plain("x" * 76), "value": "a"}]),
        "/blocks/0/elements/0/options/0/text",
    ),
    "long option value": (
        select(options=[{"text": plain(), "value": "x" * 151}]),
        "/blocks/0/elements/0/options/0/value",
    ),
    "wrong initial": (
        select(options=[option()], initial_option=option("b")),
        "/blocks/0/elements/0/initial_option",
    ),
    "group without label": (
        select(option_groups=[{"options": [option()]}]),
        "/blocks/0/elements/0/option_groups/0/label",
    ),
    "6 in overflow": (
        actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]}),
        "/blocks/0/elements/0/options",
    ),
    "bare image in context": (
        [{"type": "context", "elements": [{"type": "image", "image_url": URL}]}],
        "/blocks/0/elements/0/alt_text",
    ),
    "long context": (
        [{"type": "context", "elements": [marked("x" * 2001)]}],
        "/blocks/0/elements/0/text",
    ),
    "11 in context": ([{"type": "context", "elements": [plain()] * 11}], "/blocks/0/elements"),
    "long markdown": ([{"type": "markdown", "text": "x" * 12001}], "/blocks/0/text"),
    "bare rich text": ([{"type": "rich_text"}], "/blocks/0/elements"),
    "bare container": (
        [{"type": "rich_text", "elements": [{"type": "rich_text_section"}]}],
        "/blocks/0/elements/0/elements",
    ),
    "unknown container": (rich(kind="rich_text_box"), "/blocks/0/elements/0/type"),
    "empty rich text": (
        rich({"type": "text", "text": ""}),
        "/blocks/0/elements/0/elements/0/text",
    ),
    "unknown in rich text": (rich({"type": "cat"}), "/blocks/0/elements/0/elements/0/type"),
    "unknown rich style": (
        rich({"type": "text", "text": "a", "style": {"bright": True}}),
        "/blocks/0/elements/0/elements/0/style",
    ),
    "list without style": (rich(kind="rich_text_list"), "/blocks/0/elements/0/style"),
    "text in a list": (
        rich({"type": "text", "text": "a"}, kind="rich_text_list", style="bullet"),
        "/blocks/0/elements/0/elements/0/type",
    ),
}
BAD_VIEWS: dict[str, tuple[Payload, str]] = {
    "long title": (modal(title=plain("x" * 25)), "/view/title"),
    "no title": (modal(title=None), "/view/title"),
    "long submit": (modal(submit=plain("x" * 25)), "/view/submit"),
    "long close": (modal(close=plain("x" * 25)), "/view/close"),
    "no submit": (modal(entry("plain_text_input"), submit=None), "/view/submit"),
    "long metadata": (modal(private_metadata="x" * 3001), "/view/private_metadata"),
    "long callback_id": (modal(callback_id="x" * 256), "/view/callback_id"),
    "long external_id": (modal(external_id="x" * 256), "/view/external_id"),
    "101 blocks": (modal(*[{"type": "divider"}] * 101), "/view/blocks"),
    "home page": ({"type": "home", "blocks": []}, "/view/type"),
    "unknown field": (modal(colour="red"), "/view/colour"),
    "markdown": (modal({"type": "markdown", "text": "x"}), "/view/blocks/0/type"),
    "no label": (
        modal({"type": "input", "element": {"type": "plain_text_input"}}),
        "/view/blocks/0/label",
    ),
    "long hint": (
        modal(entry("plain_text_input") | {"hint": plain("x" * 2001)}),
        "/view/blocks/0/hint",
    ),
    "no element": (modal({"type": "input", "label": plain()}), "/view/blocks/0/element"),
    "button as input": (modal(entry("button")), "/view/blocks/0/element/type"),
    "long initial": (
        modal(entry("plain_text_input", initial_value="xx", max_length=1)),
        "/view/blocks/0/element/initial_value",
    ),
    "long input": (
        modal(entry("plain_text_input", max_length=3001)),
        "/view/blocks/0/element/max_length",
    ),
    "number without decimals": (
        modal(entry("number_input")),
        "/view/blocks/0/element/is_decimal_allowed",
    ),
    "11 files": (modal(entry("file_input", max_files=11)), "/view/blocks/0/element/max_files"),
}
GOOD_MESSAGE = [
    {"type": "header", "text": plain("x" * 150)},
    *rich({"type": "text", "text": "a", "style": {"bold": True}}, {"type": "link", "url": URL}),
    *section(text=marked("x" * 3000), fields=[plain("x" * 2000)] * 2, accessory=button()),
    *image(image_url=URL, alt_text="x" * 2000, title=plain()),
    {"type": "context", "elements": [marked(), *image(image_url=URL, alt_text="a")]},
    {"type": "divider"},
    {"type": "actions", "elements": [button(str(n), value="x" * 2000) for n in range(25)]},
    {"type": "actions", "elements": [{"type": "button", "text": plain()}] * 2},
    *select(option_groups=[{"label": plain(), "options": [option(str(n)) for n in range(100)]}]),
]


@pytest.mark.parametrize("name", BAD_MESSAGES)
async def test_a_message_that_slack_refuses_is_a_violation(bot: Bot, name: str) -> None:
    blocks, place = BAD_MESSAGES[name]
    server = bot.server

    # As it is: the library would mend some of them.
    answer = await refused(
        bot.client.api_call(
            "chat.postMessage", json={"channel": server.channel_id, "text": "x", "blocks": blocks}
        )
    )

    assert answer["error"] == "invalid_blocks"
    assert f"[json-pointer:{place}" in answer["response_metadata"]["messages"][0]
    assert [violation.method for violation in server.violations] == ["chat.postMessage"]
    assert not server.messages


@pytest.mark.parametrize("name", BAD_VIEWS)
async def test_a_form_that_slack_refuses_is_a_violation(bot: Bot, name: str) -> None:
    view, place = BAD_VIEWS[name]
    server = bot.server
    trigger = server.new_trigger(server.user()["id"], None)

    answer = await refused(
        bot.client.api_call("views.open", json={"trigger_id": trigger, "view": view})
    )

    assert answer["error"] == "invalid_arguments"
    assert f"[json-pointer:{place}" in answer["response_metadata"]["messages"][0]
    assert [violation.method for violation in server.violations] == ["views.open"]
    assert not server.views


def test_what_slack_takes_is_taken() -> None:
    flaws = message_flaws(GOOD_MESSAGE, lambda file: FileState.READY)

    assert flaws.words == []


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        (MODAL, modal(entry("plain_text_input", max_length=3000), {"type": "divider"})),
        (MODAL, modal(*(entry("number_input", str(n), is_decimal_allowed=False) for n in "ab"))),
        (HOME, {"type": "home", "blocks": section(text=marked())}),
    ],
)
def test_a_view_that_slack_takes_is_taken(kind: str, view: Payload) -> None:
    assert view_flaws(view, kind, lambda file: FileState.READY).words == []


async def test_blocks_that_say_too_much_are_refused(bot: Bot, server: SlackEmulator) -> None:
    blocks = section(text=plain("x" * 3000)) * 5

    answer = await refused(
        bot.client.chat_postMessage(channel=server.channel_id, text="x", blocks=blocks)
    )

    assert answer["error"] == "msg_blocks_too_long"
    assert len(server.violations) == 1


def test_the_library_is_asked_what_we_do_not_know() -> None:
    blocks = actions({"type": "datepicker", "action_id": "a", "initial_date": "today"})

    flaws = message_flaws(blocks, lambda file: FileState.READY)

    assert "slack_sdk.models" in flaws.words[0]

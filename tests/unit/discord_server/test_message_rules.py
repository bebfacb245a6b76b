from __future__ import annotations

from typing import Any

import pytest

from tests.discord_server import Payload
from tests.unit.discord_server.conftest import RawBot, flaws

V2 = 1 << 15


def button(**changes: Any) -> Payload:
    return {"type": 2, "style": 1, "label": "Again", "custom_id": "again", **changes}


def select(**changes: Any) -> Payload:
    options = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    return {"type": 3, "custom_id": "pick", "options": options, **changes}


def rows(*rows: list[Payload]) -> Payload:
    return {"components": [{"type": 1, "components": row} for row in rows]}


def embed(**changes: Any) -> Payload:
    return {"embeds": [{"title": "A cat", **changes}]}


def field(**changes: Any) -> Payload:
    return embed(fields=[{"name": "Seed", "value": "7", **changes}])


def buttons(count: int) -> list[Payload]:
    return [button(custom_id=str(number)) for number in range(count)]


def choices(count: int) -> list[Payload]:
    return [{"label": str(number), "value": str(number)} for number in range(count)]


def text(content: str) -> Payload:
    return {"type": 10, "content": content}


def link(url: str | None) -> Payload:
    return {"type": 2, "style": 5, "label": "x", "url": url}


def address(length: int) -> str:
    return "https://example.org/".ljust(length, "x")


def picture(url: str) -> Payload:
    return {"media": {"url": url}}


ROW = "components.0.components"
LONG, SHORT_OR_LONG = "BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH"
MISSING, CHOICE = "BASE_TYPE_REQUIRED", "BASE_TYPE_CHOICES"

BAD: list[tuple[str, Payload, str, str]] = [
    ("content", {"content": "x" * 2001}, "content", LONG),
    ("nonce", {"content": "x", "nonce": "n" * 26}, "nonce", LONG),
    ("embeds", {"embeds": [{"title": "x"}] * 11}, "embeds", LONG),
    ("title", embed(title="x" * 257), "embeds.0.title", LONG),
    ("description", embed(description="x" * 4097), "embeds.0.description", LONG),
    ("fields", embed(fields=[{"name": "x", "value": "x"}] * 26), "embeds.0.fields", LONG),
    ("field name", field(name="x" * 257), "embeds.0.fields.0.name", LONG),
    ("field value", field(value="x" * 1025), "embeds.0.fields.0.value", LONG),
    ("empty field", field(value=""), "embeds.0.fields.0.value", MISSING),
    ("footer", embed(footer={"text": "x" * 2049}), "embeds.0.footer.text", LONG),
    ("author", embed(author={"name": "x" * 257}), "embeds.0.author.name", LONG),
    (
        "embeds together",
        {"embeds": [{"description": "x" * 3001}] * 2},
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    (
        "picture that is not there",
        embed(image={"url": "attachment://cat.png"}),
        "embeds",
        "EMBED_ATTACHMENT_NOT_FOUND",
    ),
    (
        "listed file that is not there",
        {"content": "x", "attachments": [{"id": "0", "filename": "cat.png"}]},
        "attachments",
        "ATTACHMENT_NOT_FOUND",
    ),
    (
        "mentions",
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    (
        "mentioned roles",
        {"content": "x", "allowed_mentions": {"roles": [str(n) for n in range(101)]}},
        "allowed_mentions.roles",
        LONG,
    ),
    (
        "mentioned people",
        {"content": "x", "allowed_mentions": {"users": [str(n) for n in range(101)]}},
        "allowed_mentions.users",
        LONG,
    ),
    ("address", embed(url=address(2049)), "embeds.0.url", LONG),
    ("empty row", rows([]), ROW, SHORT_OR_LONG),
    ("wide row", rows(buttons(6)), ROW, SHORT_OR_LONG),
    ("rows", rows(*([b] for b in buttons(6))), "components", SHORT_OR_LONG),
    ("no row", {"components": [button()]}, "components.0.type", CHOICE),
    ("label", rows([button(label="x" * 81)]), f"{ROW}.0.label", LONG),
    ("custom id", rows([button(custom_id="x" * 101)]), f"{ROW}.0.custom_id", SHORT_OR_LONG),
    (
        "same custom id",
        rows([button(), button()]),
        f"{ROW}.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    ("no custom id", rows([{**button(), "custom_id": None}]), f"{ROW}.0.custom_id", MISSING),
    ("style", rows([button(style=7)]), f"{ROW}.0.style", CHOICE),
    ("link", rows([link(None)]), f"{ROW}.0.url", MISSING),
    ("long link", rows([link(address(513))]), f"{ROW}.0.url", LONG),
    (
        "link with custom id",
        rows([button(style=5, url="https://example.org")]),
        f"{ROW}.0",
        "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
    ),
    ("blank button", rows([button(label=None)]), f"{ROW}.0", "BUTTON_COMPONENT_INVALID"),
    ("select and button", rows([select(), button()]), ROW, "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ("no options", rows([select(options=[])]), f"{ROW}.0.options", SHORT_OR_LONG),
    ("options", rows([select(options=choices(26))]), f"{ROW}.0.options", SHORT_OR_LONG),
    (
        "option label",
        rows([select(options=[{"label": "x" * 101, "value": "1"}])]),
        f"{ROW}.0.options.0.label",
        SHORT_OR_LONG,
    ),
    (
        "option value",
        rows([select(options=[{"label": "One", "value": "x" * 101}])]),
        f"{ROW}.0.options.0.value",
        SHORT_OR_LONG,
    ),
    (
        "option words",
        rows([select(options=[{"label": "One", "value": "1", "description": "x" * 101}])]),
        f"{ROW}.0.options.0.description",
        LONG,
    ),
    (
        "same option",
        rows([select(options=choices(1) * 2)]),
        f"{ROW}.0.options",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    (
        "more picks than options",
        rows([select(max_values=3)]),
        f"{ROW}.0.max_values",
        "SELECT_COMPONENT_INVALID_MAX_VALUES",
    ),
    (
        "more picks at least than at most",
        rows([select(min_values=2)]),
        f"{ROW}.0.min_values",
        "SELECT_COMPONENT_INVALID_MIN_VALUES",
    ),
    ("placeholder", rows([select(placeholder="x" * 151)]), f"{ROW}.0.placeholder", LONG),
    (
        "components and content",
        {"flags": V2, "content": "x", "components": [text("x")]},
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    ("no text", {"flags": V2, "components": [text("")]}, "components.0.content", SHORT_OR_LONG),
    (
        "text",
        {"flags": V2, "components": [text("x" * 4001)]},
        "components.0.content",
        SHORT_OR_LONG,
    ),
    (
        "section",
        {
            "flags": V2,
            "components": [{"type": 9, "components": [text("x")] * 4, "accessory": button()}],
        },
        "components.0.components",
        SHORT_OR_LONG,
    ),
    (
        "gallery",
        {"flags": V2, "components": [{"type": 12, "items": [picture("https://example.org")] * 11}]},
        "components.0.items",
        SHORT_OR_LONG,
    ),
    (
        "components in all",
        {"flags": V2, "components": [{"type": 17, "components": [text("x")] * 20}] * 2},
        "components",
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    (
        "gallery that shows what is not there",
        {
            "flags": V2,
            "components": [{"type": 12, "items": [picture("attachment://cat.png")]}],
        },
        "components",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
]


@pytest.mark.parametrize(
    ("body", "path", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
async def test_a_message_that_breaks_a_rule_is_refused_and_listed(
    bot: RawBot, body: Payload, path: str, code: str
) -> None:
    status, answer = await bot.say(body)

    assert (status, answer["code"]) == (400, 50035)
    assert flaws(answer) == {path: code}
    assert bot.server.violations == [("create_message", answer, body)]
    assert not bot.server.messages


async def test_an_empty_message_is_refused_and_listed(bot: RawBot) -> None:
    status, answer = await bot.say({"content": ""})

    assert (status, answer["code"]) == (400, 50006)
    assert len(bot.server.violations) == 1


async def test_a_message_at_the_limits_is_taken(bot: RawBot) -> None:
    body = {
        "content": "x" * 2000,
        "embeds": [{"title": "x" * 256, "description": "x" * 4096}],
        "nonce": "n" * 25,
        **rows(*([button(custom_id=f"{row}{b}" + "x" * 98) for b in range(5)] for row in range(4))),
    }
    body["components"] += rows([select(options=choices(25), max_values=25)])["components"]

    message = await bot.post(body)

    assert len(message.components()) == 5 + 20 + 1
    assert not bot.server.violations


async def test_an_edit_keeps_the_rules_too(bot: RawBot) -> None:
    message = await bot.post({"content": "first"})

    path = f"/channels/{message.channel_id}/messages/{message.id}"
    status, answer = await bot.call("PATCH", path, {"content": "x" * 2001})

    assert status == 400
    assert flaws(answer) == {"content": "BASE_TYPE_MAX_LENGTH"}
    assert message.content == "first"
    assert [violation.op for violation in bot.server.violations] == ["update_message"]


async def test_a_file_over_the_limit_is_refused(bot: RawBot) -> None:
    bot.server.attachment_limit = 10
    path = f"/channels/{bot.server.channel_id}/messages"

    small, _ = await bot.upload("POST", path, {}, [("a.png", b"x" * 10)])
    large, answer = await bot.upload("POST", path, {}, [("a.png", b"x" * 11)])

    assert (small, large, answer["code"]) == (200, 413, 40005)
    assert len(bot.server.violations) == 1


async def test_a_request_over_the_limit_is_refused(bot: RawBot) -> None:
    bot.server.request_limit = 10_000
    path = f"/channels/{bot.server.channel_id}/messages"

    status, answer = await bot.upload("POST", path, {}, [("a.png", b"x" * 10_000)])

    assert (status, answer["code"]) == (413, 40005)


async def test_more_than_ten_files_are_refused(bot: RawBot) -> None:
    path = f"/channels/{bot.server.channel_id}/messages"

    status, answer = await bot.upload("POST", path, {}, [("a.png", b"x")] * 11)

    assert (status, flaws(answer)) == (400, {"files": "BASE_TYPE_MAX_LENGTH"})


@pytest.mark.parametrize(("key", "code"), [("description", LONG), ("filename", SHORT_OR_LONG)])
async def test_long_words_of_a_file_are_refused(bot: RawBot, key: str, code: str) -> None:
    path = f"/channels/{bot.server.channel_id}/messages"
    body = {"attachments": [{"id": "0", key: "x" * 1025}]}

    status, answer = await bot.upload("POST", path, body, [("a.png", b"x")])

    assert (status, flaws(answer)) == (400, {f"attachments.0.{key}": code})


async def test_files_that_an_edit_does_not_list_are_taken_away(bot: RawBot) -> None:
    path = f"/channels/{bot.server.channel_id}/messages"
    _, answer = await bot.upload("POST", path, {}, [("a.png", b"a"), ("b.png", b"b")])
    message = bot.server.messages[answer["id"]]
    kept = message.attachments[1]

    body = {"attachments": [{"id": kept.id}, {"id": 0, "description": "third"}]}
    status, _ = await bot.upload("PATCH", f"{path}/{message.id}", body, [("c.png", b"c")])

    assert status == 200
    assert [file.filename for file in message.attachments] == ["b.png", "c.png"]
    assert message.attachments[1].description == "third"
    assert [len(edit.attachments) for edit in message.history] == [2, 2]


async def test_edits_may_not_gather_more_than_ten_files(bot: RawBot) -> None:
    path = f"/channels/{bot.server.channel_id}/messages"
    _, answer = await bot.upload("POST", path, {}, [("a.png", b"x")] * 6)

    status, refusal = await bot.upload(
        "PATCH", f"{path}/{answer['id']}", {"content": "more"}, [("b.png", b"x")] * 5
    )

    assert (status, flaws(refusal)) == (400, {"attachments": "BASE_TYPE_MAX_LENGTH"})
    assert len(bot.server.messages[answer["id"]].attachments) == 6

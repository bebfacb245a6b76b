from __future__ import annotations

from typing import Any

import pytest

from tests.discord_server import Interaction, Message, Payload
from tests.unit.discord_server.conftest import RawBot, flaws

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
AGAIN = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
ROW = {"type": 1, "components": [AGAIN]}


def text_input(**changes: Any) -> Payload:
    return {"type": 4, "custom_id": "words", "style": 1, **changes}


def labelled(component: Payload, **changes: Any) -> Payload:
    return {"type": 18, "label": "Words", "component": component, **changes}


def modal(*components: Payload, **changes: Any) -> Payload:
    fields = list(components) or [labelled(text_input())]
    return {"custom_id": "edit", "title": "Edit", "components": fields, **changes}


async def deferred(bot: RawBot) -> Interaction:
    ix = await bot.server.slash("draw")
    status, _ = await bot.respond(ix, DEFERRED)
    assert status == 204
    return ix


async def with_button(bot: RawBot) -> Message:
    ix = await bot.server.slash("draw")
    await bot.respond(ix, MESSAGE, {"content": "a cat", "components": [ROW]})
    assert ix.original is not None
    return ix.original


async def test_a_put_off_answer_is_filled_in(connected: RawBot) -> None:
    ix = await deferred(connected)
    original = await ix.wait_message(lambda message: message.loading)

    status, _ = await connected.edit_original(ix, {"content": "a cat"})

    assert status == 200
    assert (ix.ack_type, original.content, original.loading) == (DEFERRED, "a cat", False)
    assert [edit.op for edit in original.history] == ["create", "edit"]
    assert [(sent.method, sent.status) for sent in ix.requests] == [("POST", 204), ("PATCH", 200)]


async def test_the_first_follow_up_fills_in_a_put_off_answer(connected: RawBot) -> None:
    ix = await deferred(connected)

    await connected.follow_up(ix, {"content": "first"})
    await connected.follow_up(ix, {"content": "second"})

    assert ix.original is not None
    assert ix.original.content == "first"
    assert [message.content for message in ix.followups] == ["second"]


async def test_an_answer_that_comes_late_is_refused(connected: RawBot) -> None:
    connected.server.ack_deadline = 0.0
    ix = await connected.server.slash("draw")

    status, answer = await connected.respond(ix, DEFERRED)

    assert (status, answer["code"]) == (404, 10062)
    await ix.wait_ack()
    assert (ix.ack_type, ix.ack_error) == (None, (404, 10062))


async def test_a_second_answer_is_refused_and_listed(connected: RawBot) -> None:
    ix = await deferred(connected)

    status, answer = await connected.respond(ix, MESSAGE, {"content": "again"})

    assert (status, answer["code"]) == (400, 40060)
    assert len(connected.server.violations) == 1
    assert ix.ack_error is None


async def test_nothing_can_follow_before_the_first_answer(connected: RawBot) -> None:
    ix = await connected.server.slash("draw")

    status, answer = await connected.follow_up(ix, {"content": "too early"})

    assert (status, answer["code"]) == (404, 10015)


async def test_a_token_that_has_run_out_is_refused(connected: RawBot) -> None:
    ix, other = await deferred(connected), await deferred(connected)

    ix.expire()
    status, answer = await connected.edit_original(ix, {"content": "late"})
    fine, _ = await connected.edit_original(other, {"content": "in time"})

    assert (status, answer["code"], fine) == (401, 50027, 200)


async def test_all_tokens_run_out_after_their_time(connected: RawBot) -> None:
    ix = await deferred(connected)
    connected.server.token_ttl = 0.0

    status, answer = await connected.follow_up(ix, {"content": "late"})

    assert (status, answer["code"]) == (401, 50027)


async def test_answers_of_the_wrong_kind_are_refused(connected: RawBot) -> None:
    command = await connected.server.slash("draw")
    typing = await connected.server.autocomplete("draw", "prompt", "a")

    update, refusal = await connected.respond(command, UPDATE, {"content": "x"})
    message, _ = await connected.respond(typing, MESSAGE, {"content": "x"})

    assert (update, message) == (400, 400)
    assert flaws(refusal) == {"type": "BASE_TYPE_CHOICES"}
    assert command.ack_error == (400, 50035)


async def test_an_answer_may_be_for_one_person_alone(connected: RawBot) -> None:
    alice, bob = connected.server.user("alice"), connected.server.user("bob")
    ix = await connected.server.slash("draw", user=alice)

    await connected.respond(ix, MESSAGE, {"content": "hush", "flags": 64})

    assert ix.original is not None
    assert connected.server.visible_to(alice) == [ix.original]
    assert connected.server.visible_to(bob) == []
    path = f"/channels/{ix.channel_id}/messages/{ix.original.id}"
    assert (await connected.call("GET", path))[0] == 404


async def test_a_button_updates_its_message(connected: RawBot) -> None:
    message = await with_button(connected)
    ix = await connected.server.click(message, label="Again", user=connected.server.user("bob"))

    status, _ = await connected.respond(ix, UPDATE, {"content": "another cat"})

    assert (status, message.content, ix.source) == (204, "another cat", message)


async def test_a_button_may_be_answered_in_silence_and_edited_later(connected: RawBot) -> None:
    message = await with_button(connected)
    ix = await connected.server.click(message, "again")

    await connected.respond(ix, DEFERRED_UPDATE)
    status, _ = await connected.edit_original(ix, {"content": "another cat", "components": []})

    assert (status, message.content, message.components()) == (200, "another cat", [])


async def test_a_disabled_button_cannot_be_pressed(connected: RawBot) -> None:
    row = {"type": 1, "components": [{**AGAIN, "disabled": True}]}
    message = await connected.post({"content": "a cat", "components": [row]})

    with pytest.raises(AssertionError, match="Again is disabled"):
        await connected.server.click(message, label="Again")


async def test_what_one_does_not_see_cannot_be_pressed(connected: RawBot) -> None:
    ix = await connected.server.slash("draw")
    await connected.respond(ix, MESSAGE, {"content": "x", "components": [ROW], "flags": 64})
    assert ix.original is not None

    with pytest.raises(AssertionError, match="does not see"):
        await connected.server.click(ix.original, "again", user=connected.server.user("bob"))


async def test_a_value_that_is_not_there_cannot_be_picked(connected: RawBot) -> None:
    options = [{"label": "One", "value": "1"}]
    row = {"type": 1, "components": [{"type": 3, "custom_id": "pick", "options": options}]}
    message = await connected.post({"content": "x", "components": [row]})

    ix = await connected.server.select(message, "pick", values=["1"])
    assert ix.payload["data"]["values"] == ["1"]
    with pytest.raises(AssertionError, match="no such values"):
        await connected.server.select(message, "pick", values=["2"])


async def test_a_button_that_is_not_there_is_named_with_those_that_are(connected: RawBot) -> None:
    message = await with_button(connected)

    with pytest.raises(LookupError, match="Again"):
        await connected.server.click(message, label="Upscale")


async def test_a_deleted_message_takes_no_more(connected: RawBot) -> None:
    message = await with_button(connected)
    pressed = await connected.server.click(message, label="Again")
    assert message.interaction is not None

    connected.server.delete(message)
    edit, first = await connected.edit_original(message.interaction, {"content": "x"})
    update, second = await connected.respond(pressed, UPDATE, {"content": "x"})

    assert (edit, first["code"], update, second["code"]) == (404, 10008, 404, 10008)
    assert connected.server.visible_to(connected.server.user()) == []
    assert message.history[-1].op == "delete"


async def test_a_form_is_opened_and_sent(connected: RawBot) -> None:
    ix = await connected.server.slash("draw")
    status, _ = await connected.respond(ix, MODAL, modal())

    form = await connected.server.submit_modal(ix, {"words": "two cats"})

    assert (status, ix.ack_type) == (204, MODAL)
    field = form.payload["data"]["components"][0]["component"]
    assert (field["custom_id"], field["value"]) == ("words", "two cats")
    assert (await connected.respond(form, MESSAGE, {"content": "drawn"}))[0] == 204


async def test_a_form_that_a_client_would_not_send_fails_the_test(connected: RawBot) -> None:
    ix = await connected.server.slash("draw")
    await connected.respond(ix, MODAL, modal(labelled(text_input(min_length=2, max_length=3))))

    with pytest.raises(AssertionError, match="required"):
        await connected.server.submit_modal(ix, {})
    with pytest.raises(AssertionError, match="'x'"):
        await connected.server.submit_modal(ix, {"words": "x"})
    with pytest.raises(AssertionError, match="four"):
        await connected.server.submit_modal(ix, {"words": "four"})
    with pytest.raises(AssertionError, match="no such fields"):
        await connected.server.submit_modal(ix, {"words": "two", "seed": "7"})


FIELD = "data.components.0.component"
BETWEEN, LONG = "BASE_TYPE_BAD_LENGTH", "BASE_TYPE_MAX_LENGTH"
BAD_MODALS: list[tuple[str, Payload, str, str]] = [
    ("title", modal(title="x" * 46), "data.title", BETWEEN),
    ("custom id", modal(custom_id="x" * 101), "data.custom_id", BETWEEN),
    (
        "fields",
        modal(*(labelled(text_input(custom_id=str(n))) for n in range(6))),
        "data.components",
        BETWEEN,
    ),
    ("label", modal(labelled(text_input(), label="x" * 46)), "data.components.0.label", BETWEEN),
    (
        "label of a field alone",
        modal({"type": 1, "components": [text_input(label="x" * 46)]}),
        "data.components.0.components.0.label",
        BETWEEN,
    ),
    (
        "words",
        modal(labelled(text_input(), description="x" * 101)),
        "data.components.0.description",
        BETWEEN,
    ),
    ("value", modal(labelled(text_input(value="x" * 4001))), f"{FIELD}.value", LONG),
    (
        "placeholder",
        modal(labelled(text_input(placeholder="x" * 101))),
        f"{FIELD}.placeholder",
        LONG,
    ),
    ("field id", modal(labelled(text_input(custom_id="x" * 101))), f"{FIELD}.custom_id", BETWEEN),
    (
        "same field",
        modal(labelled(text_input()), labelled(text_input())),
        "data.components.1.component.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
]


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [case[1:] for case in BAD_MODALS],
    ids=[case[0] for case in BAD_MODALS],
)
async def test_a_form_that_breaks_a_rule_is_refused_and_listed(
    connected: RawBot, body: Payload, path: str, code: str
) -> None:
    ix = await connected.server.slash("draw")

    status, answer = await connected.respond(ix, MODAL, body)

    assert (status, flaws(answer)) == (400, {path: code})
    assert len(connected.server.violations) == 1
    assert ix.modal is None


async def test_suggestions_arrive(connected: RawBot) -> None:
    ix = await connected.server.autocomplete("draw", "prompt", "a c")
    choices = [{"name": "a cat", "value": "a cat"}]

    status, _ = await connected.respond(ix, CHOICES, {"choices": choices})

    assert (status, ix.choices) == (204, choices)
    assert ix.payload["data"]["options"][0]["focused"]


@pytest.mark.parametrize(
    ("choices", "path", "code"),
    [
        ([{"name": str(n), "value": str(n)} for n in range(26)], "data.choices", LONG),
        ([{"name": "x" * 101, "value": "x"}], "data.choices.0.name", BETWEEN),
        ([{"name": "", "value": "x"}], "data.choices.0.name", BETWEEN),
        ([{"name": "x", "value": "x" * 101}], "data.choices.0.value", LONG),
    ],
    ids=["count", "name", "no name", "value"],
)
async def test_suggestions_that_break_a_rule_are_refused_and_listed(
    connected: RawBot, choices: list[Payload], path: str, code: str
) -> None:
    ix = await connected.server.autocomplete("draw", "prompt", "a")

    status, answer = await connected.respond(ix, CHOICES, {"choices": choices})

    assert (status, flaws(answer)) == (400, {path: code})
    assert len(connected.server.violations) == 1
    assert ix.choices is None


async def test_a_refused_message_is_told_where_it_stands_in_the_answer(connected: RawBot) -> None:
    ix = await connected.server.slash("draw")

    status, answer = await connected.respond(ix, MESSAGE, {"content": "x" * 2001})

    assert (status, flaws(answer)) == (400, {"data.content": LONG})
    assert ix.original is None


async def test_the_menu_of_a_message_gives_that_message(connected: RawBot) -> None:
    message = await connected.server.say("look", files=[("a.png", b"picture", "image/png")])

    ix = await connected.server.message_command("Look", message)

    there = ix.payload["data"]["resolved"]["messages"][message.id]
    assert there["attachments"][0]["filename"] == "a.png"
    assert await connected.fetch(there["attachments"][0]["url"]) == b"picture"


async def test_options_that_a_client_would_not_send_fail_the_test(connected: RawBot) -> None:
    count = {"name": "count", "description": "x", "type": 4, "min_value": 1, "max_value": 4}
    style = {
        "name": "style",
        "description": "x",
        "type": 3,
        "choices": [{"name": "a", "value": "a"}],
    }
    needed = {"name": "words", "description": "x", "type": 3, "required": True, "max_length": 5}
    await connected.register(
        {"name": "make", "description": "x", "options": [needed, count, style]}
    )

    refused: list[Payload] = [
        {},
        {"words": "too long"},
        {"words": "x", "count": 5},
        {"words": "x", "style": "b"},
        {"words": "x", "colour": "red"},
    ]
    for given in refused:
        with pytest.raises(AssertionError, match=r"refuse|unknown"):
            await connected.server.slash("make", given)
    assert not connected.server.interactions


async def test_an_option_without_suggestions_asks_for_none(connected: RawBot) -> None:
    plain = {"name": "words", "description": "x", "type": 3}
    await connected.register({"name": "make", "description": "x", "options": [plain]})

    with pytest.raises(AssertionError, match="words has no autocomplete"):
        await connected.server.autocomplete("make", "words", "a")


async def test_a_command_that_is_not_registered_is_named(connected: RawBot) -> None:
    with pytest.raises(LookupError, match="draw"):
        await connected.server.slash("drow")

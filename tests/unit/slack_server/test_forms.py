"""Forms and home pages, as people fill them in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.slack_server import Payload, SlackEmulator, View
from tests.unit.slack_server.conftest import (
    PNG,
    Bot,
    actions,
    button,
    entry,
    marked,
    modal,
    option,
    refused,
)

OPTIONS = [option(value) for value in "abc"]


async def opened(bot: Bot, *blocks: Payload, **more: Any) -> View:
    """A form that alice has before her."""
    delivery = await bot.server.slash("/imagine")
    await bot.ack()
    await bot.client.views_open(
        trigger_id=delivery.payload["trigger_id"], view=modal(*blocks, **more)
    )
    return await bot.server.wait_view()


async def sent(bot: Bot, view: View, values: dict[str, Any] | None = None) -> Payload:
    """The payload of a form that is sent."""
    delivery = await bot.server.submit(view, values)
    payload = await bot.ack()
    await delivery.wait_ack()
    return payload


WORDS = {"type": "plain_text_input", "value": "a cat"}


@pytest.mark.parametrize(
    ("field", "value", "state"),
    [
        (entry("plain_text_input"), "a cat", {"value": "a cat"}),
        (entry("plain_text_input"), None, {"value": None}),
        (entry("plain_text_input", initial_value="dog"), "", {"value": None}),
        (entry("number_input", is_decimal_allowed=False), 3, {"value": "3"}),
        (entry("email_text_input"), "a@b.c", {"value": "a@b.c"}),
        (entry("static_select", options=OPTIONS), "b", {"selected_option": OPTIONS[1]}),
        (entry("static_select", options=OPTIONS), None, {"selected_option": None}),
        (entry("radio_buttons", options=OPTIONS), "c", {"selected_option": OPTIONS[2]}),
        (
            entry("checkboxes", options=OPTIONS),
            ["a", "c"],
            {"selected_options": [OPTIONS[0], OPTIONS[2]]},
        ),
        (entry("checkboxes", options=OPTIONS), [], {"selected_options": []}),
        (
            entry("multi_static_select", options=OPTIONS),
            ["b"],
            {"selected_options": [OPTIONS[1]]},
        ),
        (entry("external_select"), OPTIONS[0], {"selected_option": OPTIONS[0]}),
        (entry("multi_external_select"), OPTIONS[:2], {"selected_options": OPTIONS[:2]}),
        (entry("conversations_select"), "C1", {"selected_conversation": "C1"}),
        (entry("multi_users_select"), ["U1"], {"selected_users": ["U1"]}),
        (entry("datepicker"), "2030-01-02", {"selected_date": "2030-01-02"}),
        (entry("file_input"), [], {"files": []}),
    ],
)
async def test_a_field_is_sent_in_slacks_shape(
    connected: Bot, field: Payload, value: Any, state: Payload
) -> None:
    view = await opened(connected, field)

    payload = await sent(connected, view, {"field": value})

    values = payload["view"]["state"]["values"]
    assert values == {"field": {"field": {"type": field["element"]["type"], **state}}}


async def test_a_file_is_sent_with_all_that_is_known_of_it(
    connected: Bot, server: SlackEmulator
) -> None:
    view = await opened(connected, entry("file_input", filetypes=["png"], max_files=1))
    file = server.user_file("cat.png", PNG)

    payload = await sent(connected, view, {"field": [file]})

    (got,) = payload["view"]["state"]["values"]["field"]["field"]["files"]
    assert (got["id"], got["name"], got["mimetype"]) == (file.id, "cat.png", "image/png")
    assert (got["size"], got["user"]) == (len(PNG), server.user()["id"])
    assert got["url_private"].startswith(server.root)


async def test_what_nobody_touched_is_sent_as_it_was(connected: Bot) -> None:
    view = await opened(
        connected,
        entry("plain_text_input", "words", initial_value="a cat"),
        entry("static_select", "style", options=OPTIONS, initial_option=OPTIONS[1]),
        entry("conversations_select", "place", default_to_current_conversation=True),
        *actions({"type": "checkboxes", "action_id": "boxes", "options": OPTIONS}, button()),
    )

    payload = await sent(connected, view)

    assert payload["view"]["state"]["values"] == {
        "words": {"words": WORDS},
        "style": {"style": {"type": "static_select", "selected_option": OPTIONS[1]}},
        "place": {
            "place": {
                "type": "conversations_select",
                "selected_conversation": connected.server.channel_id,
            }
        },
        "row": {"boxes": {"type": "checkboxes", "selected_options": []}},
    }


async def test_what_is_chosen_in_a_message_is_told_with_the_rest(
    connected: Bot, server: SlackEmulator
) -> None:
    pick, boxes = (
        {"type": kind, "action_id": kind, "options": OPTIONS}
        for kind in ("static_select", "checkboxes")
    )
    message = await connected.say(blocks=actions(pick, boxes, button()))
    await server.click(message, "static_select", value="b")

    payload = await connected.ack()

    assert payload["actions"][0]["selected_option"] == OPTIONS[1]
    assert payload["state"]["values"]["row"] == {
        "static_select": {"type": "static_select", "selected_option": OPTIONS[1]},
        "checkboxes": {"type": "checkboxes", "selected_options": []},
    }


async def test_what_is_chosen_stays_chosen(connected: Bot, server: SlackEmulator) -> None:
    select = {"type": "static_select", "action_id": "pick", "options": OPTIONS}
    view = await opened(connected, *actions(select), entry("plain_text_input", "words"))
    await server.click(view, "pick", value="b")

    click = await connected.ack()
    payload = await sent(connected, view, {"words": "a cat"})

    assert click["actions"][0]["selected_option"] == OPTIONS[1]
    assert click["container"] == {"type": "view", "view_id": view.id}
    chosen = {"pick": {"type": "static_select", "selected_option": OPTIONS[1]}}
    assert click["view"]["state"]["values"]["row"] == chosen
    assert payload["view"]["state"]["values"] == {"row": chosen, "words": {"words": WORDS}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (entry("plain_text_input", optional=False), ""),
        (entry("plain_text_input", optional=False), None),
        (entry("plain_text_input", max_length=2), "abc"),
        (entry("plain_text_input", min_length=2), "a"),
        (entry("number_input", is_decimal_allowed=False), "1.5"),
        (entry("number_input", is_decimal_allowed=True, max_value="2"), "2.5"),
        (entry("number_input", is_decimal_allowed=True, min_value="2"), "1.5"),
        (entry("static_select", options=OPTIONS), "z"),
        (entry("file_input", optional=False), []),
    ],
)
async def test_a_form_is_not_sent_as_the_client_would_not(
    connected: Bot, field: Payload, value: Any
) -> None:
    view = await opened(connected, field)

    with pytest.raises(AssertionError):
        await connected.server.submit(view, {"field": value})


async def test_a_form_takes_few_files_of_some_kinds(connected: Bot, server: SlackEmulator) -> None:
    view = await opened(connected, entry("file_input", max_files=1, filetypes=["png"]))
    file, text = server.user_file("a.png", PNG), server.user_file("a.txt", b"hello")

    with pytest.raises(AssertionError, match="more than 1"):
        await server.submit(view, {"field": [file, file]})
    with pytest.raises(AssertionError, match="refuse txt"):
        await server.submit(view, {"field": [text]})


async def test_a_form_is_sent_with_its_own_fields(connected: Bot) -> None:
    view = await opened(connected, entry("plain_text_input"))

    with pytest.raises(LookupError, match="elsewhere"):
        await connected.server.submit(view, {"elsewhere": "x"})


async def test_suggestions_are_asked_for_with_what_is_filled_in(
    connected: Bot, server: SlackEmulator
) -> None:
    view = await opened(
        connected,
        entry("plain_text_input", "words", initial_value="a cat"),
        entry("external_select", "lora", min_query_length=0),
    )
    delivery = await server.suggest(view, "lora", "in")

    payload = await connected.ack({"options": OPTIONS})
    await delivery.wait_ack()

    assert payload["container"] == {"type": "view", "view_id": view.id}
    assert payload["view"]["state"]["values"]["words"] == {"words": WORDS}
    assert (payload["value"], payload["block_id"]) == ("in", "lora")
    assert "message" not in payload


async def test_a_form_can_be_found_wrong_and_sent_again(
    connected: Bot, server: SlackEmulator
) -> None:
    view = await opened(connected, entry("plain_text_input", "words"))
    first = await server.submit(view, {"words": "bad"})
    await connected.ack({"response_action": "errors", "errors": {"words": "not that"}})
    await first.wait_ack()

    assert (view.errors, view.open) == ({"words": "not that"}, True)
    await sent(connected, view, {"words": "good"})
    assert (view.errors, view.open) == (None, False)
    assert server.violations == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"elsewhere": "not that"}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "push"},
        {"response_action": "dance"},
    ],
)
async def test_a_wrong_answer_to_a_form_is_a_violation(connected: Bot, answer: Payload) -> None:
    view = await opened(connected, entry("plain_text_input"))
    delivery = await connected.server.submit(view)
    await connected.ack(answer)
    await delivery.wait_ack()

    assert [violation.method for violation in connected.server.violations] == ["ack"]


async def test_forms_can_be_stacked_and_closed_together(
    connected: Bot, server: SlackEmulator
) -> None:
    first = await opened(connected, entry("plain_text_input"))
    delivery = await server.submit(first)
    await connected.ack({"response_action": "push", "view": modal({"type": "divider"})})
    await delivery.wait_ack()
    second = await server.wait_view(pred=lambda view: view.parent is first)
    clearing = await server.submit(second)
    await connected.ack({"response_action": "clear"})
    await clearing.wait_ack()

    assert second.payload["previous_view_id"] == first.id
    assert (first.open, second.open) == (False, False)


async def test_an_answer_can_change_the_form(connected: Bot, server: SlackEmulator) -> None:
    view = await opened(connected, entry("plain_text_input"))
    delivery = await server.submit(view)
    await connected.ack({"response_action": "update", "view": modal({"type": "divider"})})
    await delivery.wait_ack()

    assert view.open
    assert [block["type"] for block in view.blocks] == ["divider"]
    assert len(view.history) == 2


async def test_a_fourth_form_is_too_many(connected: Bot, server: SlackEmulator) -> None:
    await opened(connected, *actions(button()))
    errors = []
    for _ in range(3):
        click = await server.click(await server.wait_view(), "go")
        view = modal(*actions(button()))
        call = connected.client.views_push(trigger_id=click.payload["trigger_id"], view=view)
        if len(server.views) < 3:
            await call
        else:
            errors.append((await refused(call))["error"])

    assert errors == ["push_limit_reached"]


async def test_a_form_is_changed_while_it_is_as_the_bot_knows_it(connected: Bot) -> None:
    view = await opened(connected, entry("plain_text_input"), external_id="form-1")
    old = view.hash
    changed = modal({"type": "divider"}, external_id="form-1")
    update = connected.client.views_update

    await update(view_id=view.id, view=changed, hash=old)
    conflict = await refused(update(external_id="form-1", view=changed, hash=old))
    unknown = await refused(update(view_id="V0", view=changed))

    assert (conflict["error"], unknown["error"]) == ("hash_conflict", "not_found")
    assert [block["type"] for block in view.blocks] == ["divider"]


async def test_closing_a_form_is_told_where_that_is_asked_for(
    connected: Bot, server: SlackEmulator
) -> None:
    silent = await opened(connected, entry("plain_text_input"))
    loud = await opened(connected, entry("plain_text_input"), notify_on_close=True)

    assert await server.close_view(silent) is None
    assert await server.close_view(loud)
    assert (await connected.ack())["type"] == "view_closed"
    with pytest.raises(AssertionError, match="closed"):
        await server.submit(loud)


async def test_a_form_can_say_where_its_answer_goes(connected: Bot, server: SlackEmulator) -> None:
    place = entry(
        "conversations_select",
        "place",
        default_to_current_conversation=True,
        response_url_enabled=True,
    )
    view = await opened(connected, place)

    payload = await sent(connected, view)

    (address,) = payload["response_urls"]
    assert (address["channel_id"], address["action_id"]) == (server.channel_id, "place")


async def test_a_home_page_is_published_and_used(connected: Bot, server: SlackEmulator) -> None:
    alice = server.user("alice")
    page = {"type": "home", "blocks": [{"type": "section", "text": marked()}, *actions(button())]}

    await connected.client.views_publish(user_id=alice["id"], view=page)
    view = server.home(alice)
    await server.click(view, "go")

    payload = await connected.ack()
    assert server.published[alice["id"]] == page
    assert payload["container"] == {"type": "view", "view_id": view.id}
    assert (payload["view"]["type"], payload["user"]["id"]) == ("home", alice["id"])
    assert "response_url" not in payload
    await connected.client.views_publish(user_id=alice["id"], view=page, hash=view.hash)
    conflict = connected.client.views_publish(user_id=alice["id"], view=page, hash="1.2")
    assert (await refused(conflict))["error"] == "hash_conflict"


async def test_a_form_is_no_home_page(bot: Bot, server: SlackEmulator) -> None:
    call = bot.client.views_publish(user_id=server.user()["id"], view=modal())

    assert (await refused(call))["error"] == "invalid_arguments"


async def test_a_home_page_is_somebodys(bot: Bot) -> None:
    page = {"type": "home", "blocks": [{"type": "divider"}]}

    call = bot.client.views_publish(user_id="U404", view=page)

    assert (await refused(call))["error"] == "user_not_found"

from __future__ import annotations

import pytest

from bot.errors import NotAllowed
from bot.service.service import refusal
from storage.records import Post
from tests.slack_asking import (
    PERSON,
    WHERE,
    Talk,
    entry,
    inputs,
    interactive,
    modal,
    text_input,
)

# Modals -------------------------------------------------------------------------------------------


async def test_a_form_that_was_sent_is_a_click_with_its_fields(talk: Talk) -> None:
    body = modal("form:edit:k7f3q2", {"prompt": text_input("a hen"), "seed": text_input("")})
    assert await talk.asking.view(body) == {"response_action": "clear"}
    [(what, click)] = talk.service.asked
    assert (what, click.action, click.target) == ("click", "edit", "k7f3q2")
    assert click.form["prompt"] == "a hen"
    assert (click.reply_to.channel, click.reply_to.thread) == ("C100", "4.0")


async def test_a_form_that_was_opened_at_home_is_answered_between_two(talk: Talk) -> None:
    ann = talk.emu.user("ann")
    body = modal("form:edit:k7f3q2", {"prompt": text_input("a hen")}, place="")
    await talk.asking.view(body | {"user": ann})
    assert talk.asked.reply_to.channel == talk.emu.dm(ann)["id"]


async def test_a_modal_of_a_command_is_the_command(talk: Talk) -> None:
    body = modal("command:imagine", {"prompt": text_input("a hen"), "steps": text_input("12")})
    await talk.asking.view(body)
    assert talk.asked.command == "imagine"
    assert talk.asked.options["prompt"] == "a hen"
    assert str(talk.asked.options["steps"]) == "12"
    assert (talk.asked.reply_to.channel, talk.asked.where) == ("C100", WHERE)


async def test_a_modal_of_no_channel_asks_where_and_else_goes_between_two(talk: Talk) -> None:
    ann = talk.emu.user("ann")
    chosen = {"type": "conversations_select", "selected_conversation": "C200"}
    values = {"prompt": text_input("a hen")}
    body = modal("command:imagine", values | {"where": chosen}, place="")
    await talk.asking.view(body)
    assert talk.asked.reply_to.channel == "C200"
    await talk.asking.view(modal("command:imagine", values, place="") | {"user": ann})
    assert talk.asked.reply_to.channel == talk.emu.dm(ann)["id"]


async def test_a_picture_of_a_modal_is_fetched(talk: Talk) -> None:
    file = talk.emu.file_payload(talk.emu.user_file("fox.png", b"a picture"))
    picture = {"type": "file_input", "files": [file]}
    body = modal("command:imagine", {"prompt": text_input("a hen"), "image": picture})
    await talk.asking.view(body)
    assert talk.service.files == {"image": b"a picture"}


async def test_what_a_modal_gets_wrong_is_said_at_its_input(talk: Talk) -> None:
    loras = {"type": "multi_external_select", "selected_options": [{"value": "inkstyle"}]}
    values = {"prompt": text_input("a hen"), "lora": loras, "lora_scale": text_input("much, more")}
    await talk.asking.view(modal("command:imagine", values))
    assert list(talk.shown.errors) == ["lora_scale"]
    assert talk.service.asked == []


@pytest.mark.parametrize("callback_id", ["notice", "", "command:queue:x", "form:edit"])
async def test_any_other_modal_just_closes(talk: Talk, callback_id: str) -> None:
    assert await talk.asking.view(modal(callback_id, {})) is None
    assert talk.shown.replies == []


async def test_a_search_in_a_modal_finds_options(talk: Talk) -> None:
    body = {**modal("command:imagine", {}), "action_id": "model", "value": "mi"}
    found = talk.asking.options(body)
    assert [each["value"] for each in found["options"]] == ["mini"]
    nothing = talk.asking.options({"user": PERSON, "view": {}, "action_id": "x"})
    assert nothing == {"options": []}


# Entries of menus ---------------------------------------------------------------------------------


async def test_an_entry_of_a_message_is_a_click_on_the_job_that_it_shows(talk: Talk) -> None:
    talk.service.desk.store.posts.known = [
        Post("b00000", "slack", "C7", "5.0"),
        Post("k7f3q2", "slack", "C100", "5.0", "shown"),
    ]
    await talk.asking.shortcut(entry("reroll"))
    [(what, click)] = talk.service.asked
    assert (what, click.action, click.target, click.where) == ("click", "reroll", "k7f3q2", WHERE)


@pytest.mark.parametrize("action", ["recipe", "reroll", "use"])
async def test_a_message_without_a_job_or_a_picture_is_refused(talk: Talk, action: str) -> None:
    files = [{"id": "F0AAAAAAA", "mimetype": "text/plain"}, {"id": "F0BBBBBBB"}]
    for each in ([], files):
        await talk.asking.shortcut(entry(action, files=each))
        assert talk.reply.problem is not None
        assert talk.reply.private
    assert talk.service.asked == []


async def test_the_first_picture_of_a_message_is_looked_at_or_kept(talk: Talk) -> None:
    png = b"\x89PNG a picture"
    files = [talk.emu.user_file("x.txt", b"words"), talk.emu.user_file("fox.png", png),
             talk.emu.user_file("hen.png", b"\x89PNG another")]  # fmt: skip
    about = [talk.emu.file_payload(file) for file in files]
    for action, way in (("recipe", "answer"), ("use", "keep")):
        await talk.asking.shortcut(entry(action, files=about))
        what, asked = talk.service.asked[-1]
        assert (what, asked.command) == (way, "show")
        assert talk.service.files == {"file": png}
    await talk.asking.shortcut(entry("reroll", files=about))
    assert talk.reply.problem is not None


async def test_no_picture_of_a_message_is_fetched_for_somebody_who_may_not_ask(talk: Talk) -> None:
    talk.service.closed = True
    about = talk.emu.file_payload(talk.emu.user_file("fox.png", b"\x89PNG"))
    await talk.asking.shortcut(entry("use", files=[about]))
    assert talk.reply == refusal(NotAllowed("channel"))
    assert talk.emu.calls == []


async def test_a_shortcut_from_anywhere_opens_the_modal_that_asks_where(talk: Talk) -> None:
    await talk.asking.shortcut(interactive(callback_id="imagine"))
    await talk.shown.work()
    [view] = talk.shown.views
    assert view["callback_id"] == "command:imagine"
    assert "where" in inputs(view)

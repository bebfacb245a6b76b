from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.lasting import Sent
from bot.adapters.slack.forms import form_view, is_too_long, sent_form
from bot.reply import Field, Form
from tests.slack_server.flaws import FileState
from tests.slack_server.view_rules import view_flaws

EDIT = Form(
    "edit",
    "k7f3q2",
    "Edit #k7f3q2",
    (
        Field("prompt", "Prompt", "a red fox", long=True, required=True),
        Field("seed", "Seed (or random)", "7"),
        Field("settings", "Settings"),
    ),
)


def view(form: Form) -> dict[str, Any]:
    made = form_view(form, '{"channel": "C1"}')
    assert view_flaws(made, "modal", lambda _file: FileState.READY).words == []
    return made


def submitted(form: Form, **values: str | None) -> dict[str, Any]:
    state = {
        name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()
    }
    return {**form_view(form, ""), "id": "V1", "state": {"values": state}}


def test_a_form_has_an_input_for_each_field() -> None:
    made = view(EDIT)
    assert made["title"]["text"] == "Edit #k7f3q2"
    assert made["private_metadata"] == '{"channel": "C1"}'
    prompt, seed, settings = made["blocks"]
    assert (prompt["block_id"], prompt["element"]["action_id"]) == ("prompt", "prompt")
    assert (prompt["label"]["text"], prompt["optional"]) == ("Prompt", False)
    assert prompt["element"]["multiline"]
    assert prompt["element"]["initial_value"] == "a red fox"
    assert (seed["optional"], seed["element"]["multiline"]) == (True, False)
    assert "initial_value" not in settings["element"]


def test_a_form_keeps_to_what_slack_takes() -> None:
    many = tuple(Field(f"f{n}", "x" * 3000, "\N{FOX FACE}" * 3001) for n in range(6))
    made = view(Form("edit", "k7f3q2", "z" * 46, many))
    assert len(made["title"]["text"]) == 24
    assert len(made["blocks"]) == 6
    assert {block["element"]["max_length"] for block in made["blocks"]} == {3000}


@pytest.mark.parametrize("text", ["x" * 3001, "\N{FOX FACE}" * 1501])
def test_a_text_that_an_input_would_cut_is_too_long(text: str) -> None:
    assert is_too_long(Form("edit", "k7f3q2", "Edit", (Field("prompt", "Prompt", text),)))
    assert not is_too_long(Form("edit", "k7f3q2", "Edit", (Field("prompt", "P", text[:1500]),)))


def test_what_is_sent_says_which_form_it_was_and_what_is_in_it() -> None:
    sent = sent_form(submitted(EDIT, prompt="a blue\nfox", seed="8", settings=None))
    assert sent == Sent("edit", "k7f3q2", {"prompt": "a blue\nfox", "seed": "8", "settings": ""})


def test_a_picture_and_a_file_can_be_what_a_form_is_about() -> None:
    for target in ("k7f3q2.1", "0123456789abcdef" * 4):
        sent = sent_form(submitted(Form("use", target, "Use", ())))
        assert sent == Sent("use", target, {})


def test_what_is_no_form_of_ours_is_left_alone() -> None:
    assert sent_form({}) is None
    assert sent_form({"callback_id": None}) is None
    for name in ("command:imagine", "form:edit:k7f3q2:x", "form:edit:K7", "a form:edit:k7f3q2"):
        assert sent_form({"callback_id": name, "state": {"values": {}}}) is None, name


def test_the_button_says_what_comes_of_it() -> None:
    made = [form_view(Form(action, "k7f3q2", "A form", ()), "{}") for action in ("edit", "else")]
    assert [each["submit"]["text"] for each in made] == ["Reroll", "Send"]

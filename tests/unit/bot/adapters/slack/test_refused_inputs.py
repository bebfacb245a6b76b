from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.adapters.slack.compiling import errors_for
from bot.adapters.slack.forms import form_view
from bot.adapters.slack.inputs import input_block, modal, text_input
from bot.errors import NeedsImage, PromptTooLong, UnknownFlag
from bot.reply import Field, Form, Reply
from bot.service.service import refusal
from generation.errors import BadPrompt, BadValue, QueueFull, UnknownName, UserError

COMMAND = ("prompt", "negative", "steps", "guidance", "lora", "lora_scale", "image", "strength")
EDIT = Form(
    "edit",
    "k7f3q2",
    "Edit",
    tuple(Field(name, name) for name in ("prompt", "negative", "seed", "settings")),
)


def sent(view: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    state = {
        block["block_id"]: {
            block["block_id"]: {"type": "plain_text_input", "value": values.get(block["block_id"])}
        }
        for block in view["blocks"]
    }
    return {**view, "state": {"values": state}}


def in_command(error: UserError, **values: str) -> str:
    """Return the input of a command's modal that an error is shown at."""
    inputs = [input_block(name, name, text_input()) for name in COMMAND]
    return at(modal("Imagine", "command:imagine", "", inputs), error, values)


def in_form(error: UserError, **values: str) -> str:
    return at(form_view(EDIT, ""), error, values)


def at(view: dict[str, Any], error: UserError, values: dict[str, str]) -> str:
    [(name, sentence)] = errors_for(sent(view, values), refusal(error)).items()
    assert name in {block["block_id"] for block in view["blocks"]}
    assert sentence
    return name


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (BadValue("steps", "900", "1 … 60"), "steps"),
        (BadValue("cfg", "900", "0 … 30"), "guidance"),
        (BadPrompt("weight", "(x)9", 0, "negative", "9"), "negative"),
        (BadValue("no", "", "text"), "negative"),
        (BadValue("lora scale", "1, 1", "1 number"), "lora_scale"),
        (UnknownName("lora", "ink"), "lora"),
        (NeedsImage("strength"), "strength"),
        (PromptTooLong("prompt", 2001, 2000), "prompt"),
    ],
    ids=str,
)
def test_a_refusal_is_shown_at_the_input_that_it_is_about(error: UserError, name: str) -> None:
    assert in_command(error, **dict.fromkeys(COMMAND, "filled")) == name
    assert in_command(error, prompt="a fox") == name


def test_a_flag_in_the_prompt_is_refused_at_the_prompt() -> None:
    typed = "a fox --steps 900"
    assert in_command(BadValue("steps", "900", "1 … 60"), prompt=typed) == "prompt"
    assert in_command(BadValue("steps", "900", "1 … 60"), prompt=typed, steps="900") == "steps"


def test_what_stands_in_the_settings_of_a_form_is_refused_there() -> None:
    values = {"prompt": "900 foxes", "seed": "7", "settings": "--steps 900 --stps 3"}
    assert in_form(BadValue("steps", "900", "1 … 60"), **values) == "settings"
    assert in_form(UnknownFlag("--stps", "reroll", ("--steps",)), **values) == "settings"
    assert in_form(BadValue("seed", "x", "a whole number"), **values) == "seed"


def test_a_refusal_of_the_whole_is_shown_at_the_first_input() -> None:
    assert in_command(QueueFull(200), prompt="a fox") == "prompt"
    assert in_command(UnknownName("button", "x" * 60)) == "prompt"
    assert in_form(QueueFull(200)) == "prompt"


def test_commands_in_a_refusal_are_written_as_they_are_typed_on_slack() -> None:
    view = sent(form_view(EDIT, ""), {})
    shown = errors_for(view, refusal(UnknownName("lora", "ink")))
    assert shown == {"prompt": "There is no LoRA called ink; /art loras lists them."}


def test_a_refusal_without_a_problem_shows_its_first_line() -> None:
    view = sent(form_view(EDIT, ""), {})
    assert errors_for(view, Reply(lines=(texts.not_shown(),))) == {
        "prompt": "".join(span.text for span in texts.not_shown())
    }


def test_a_sentence_is_not_longer_than_an_input_shows() -> None:
    error = BadValue("steps", "9" * 5000, "1 … 60")
    [(_, sentence)] = errors_for(sent(form_view(EDIT, ""), {}), refusal(error)).items()
    assert len(sentence) <= 2000


def test_a_view_without_inputs_has_no_place_for_a_refusal() -> None:
    view = {"blocks": [{"type": "section", "block_id": "x"}]}
    assert errors_for(view, refusal(QueueFull(200))) == {}

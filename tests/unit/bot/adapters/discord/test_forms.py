from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from bot.adapters.discord.forms import modal_of, sent_form
from bot.adapters.lasting import Sent
from bot.reply import Field, Form


@dataclass
class Sending:
    """An interaction, as far as a form is read from it."""

    data: Any
    type: discord.InteractionType = discord.InteractionType.modal_submit


def read(data: Any, kind: discord.InteractionType = discord.InteractionType.modal_submit) -> Any:
    sending: Any = Sending(data, kind)
    return sent_form(sending)


async def inputs(*fields: Field) -> list[dict[str, Any]]:
    modal: Any = modal_of(Form("edit", "k7f3q2", "Edit", fields)).to_dict()
    return [label["component"] | {"text": label["label"]} for label in modal["components"]]


async def test_a_form_has_an_input_for_each_field() -> None:
    long, short = await inputs(
        Field("prompt", "Prompt", "a red fox", long=True, required=True), Field("seed", "Seed")
    )
    assert (long["custom_id"], long["text"], long["value"]) == ("prompt", "Prompt", "a red fox")
    assert (long["style"], long["required"], long["max_length"]) == (2, True, 4000)
    assert (short["custom_id"], short["style"], short["required"]) == ("seed", 1, False)
    assert not short.get("value")


async def test_a_form_keeps_to_what_discord_takes() -> None:
    many = tuple(Field(f"f{n}", "x" * 46, "y" * 4001) for n in range(6))
    form = modal_of(Form("edit", "k7f3q2", "z" * 46, many)).to_dict()
    assert len(form["title"]) == 45
    fields = await inputs(*many)
    assert [each["custom_id"] for each in fields] == ["f0", "f1", "f2", "f3", "f4"]
    assert {len(each["text"]) for each in fields} == {45}
    assert {len(each["value"]) for each in fields} == {4000}


async def test_the_library_forgets_a_form_that_nobody_sends() -> None:
    timeout = modal_of(Form("edit", "k7f3q2", "Edit", ())).timeout
    assert timeout is not None
    assert timeout <= 900, "what is sent later is read without it"


async def test_what_is_sent_says_which_form_it_was() -> None:
    form: Any = modal_of(Form("edit", "k7f3q2.1", "Edit", ())).to_dict()
    assert read({"custom_id": form["custom_id"], "components": []}) == Sent("edit", "k7f3q2.1", {})


def test_fields_are_read_wherever_they_lie() -> None:
    within_label = {"type": 18, "component": {"custom_id": "prompt", "value": "a red fox"}}
    within_row = {"type": 1, "components": [{"custom_id": "seed", "value": "8"}]}
    empty = {"type": 18, "component": {"custom_id": "negative", "value": None}}
    sent = read({"custom_id": "form:edit:k7f3q2", "components": [within_label, within_row, empty]})
    assert sent.fields == {"prompt": "a red fox", "seed": "8", "negative": ""}


def test_what_is_no_form_of_ours_is_left_alone() -> None:
    ours = {"custom_id": "form:edit:k7f3q2", "components": []}
    assert read(ours) is not None
    assert read(ours, discord.InteractionType.component) is None
    assert read(None) is None
    assert read({}) is None
    for name in ("do:edit:k7f3q2", "form:edit:k7f3q2:x", "form:edit:K7", "a form:edit:k7f3q2"):
        assert read({"custom_id": name, "components": []}) is None, name

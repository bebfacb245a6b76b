"""Forms to fill in. What is sent is read from the view: it may come after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import texts
from bot.adapters.lasting import FORM, Sent, form_name
from bot.adapters.slack.inputs import (
    TEXT_MOST,
    input_block,
    modal,
    text_input,
    values_in,
)
from bot.adapters.slack.richtext import Block
from bot.characters import units
from bot.reply import Field, Form


def is_too_long(form: Form) -> bool:
    """Whether a text that is to be edited does not fit, so that sending the form would cut it."""
    return any(units(field.value) > TEXT_MOST for field in form.fields)


def form_view(form: Form, metadata: str) -> Block:
    """Return a form as Slack shows it; ``metadata`` comes back with what is sent."""
    return modal(
        form.title,
        form_name(form),
        metadata,
        [_input(field) for field in form.fields],
        submit=texts.SUBMIT.get(form.action, texts.SEND),
    )


def _input(field: Field) -> Block:
    element = text_input(field.value, long=field.long)
    return input_block(field.name, field.label, element, required=field.required)


def sent_form(view: Mapping[str, Any]) -> Sent | None:
    """Return the form that a submitted view is, if it is one of ours."""
    match = FORM.fullmatch(view.get("callback_id") or "")
    if match is None:
        return None
    fields = values_in(view.get("state") or {})
    texts = {name: "".join(map(str, values)) for name, values in fields.items()}
    return Sent(match["action"], match["target"], texts)

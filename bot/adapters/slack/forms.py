"""Forms to fill in. What is sent is read from the view: it may come after a restart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot import texts
from bot.adapters.characters import units
from bot.adapters.slack.inputs import (
    TEXT_MOST,
    input_block,
    modal,
    text_input,
    values_in,
)
from bot.adapters.slack.richtext import Block
from bot.reply import Field, Form

PATTERN: Final = re.compile(r"form:(?P<action>[a-z_]{1,30}):(?P<target>[0-9a-z.]{1,64})")


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was filled in."""

    action: str
    target: str
    fields: Mapping[str, str]


def is_too_long(form: Form) -> bool:
    """Whether a text that is to be edited does not fit, so that sending the form would cut it."""
    return any(units(field.value) > TEXT_MOST for field in form.fields)


def form_view(form: Form, metadata: str) -> Block:
    """Return a form as Slack shows it; ``metadata`` comes back with what is sent."""
    return modal(
        form.title,
        f"form:{form.action}:{form.target}",
        metadata,
        [_input(field) for field in form.fields],
        submit=texts.SUBMIT.get(form.action, texts.SEND),
    )


def _input(field: Field) -> Block:
    element = text_input(field.value, long=field.long)
    return input_block(field.name, field.label, element, required=field.required)


def sent_form(view: Mapping[str, Any]) -> Sent | None:
    """Return the form that a submitted view is, if it is one of ours."""
    match = PATTERN.fullmatch(view.get("callback_id") or "")
    if match is None:
        return None
    fields = values_in(view.get("state") or {})
    texts = {name: "".join(map(str, values)) for name, values in fields.items()}
    return Sent(match["action"], match["target"], texts)

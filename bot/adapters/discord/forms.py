"""Forms to fill in. What is sent is read from the interaction: it may come after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import discord

from bot.adapters.discord.where import Interaction
from bot.adapters.lasting import FORM, Sent, form_name
from bot.reply import Field, Form

TEXT_MOST: Final = 4000
FIELDS_MOST: Final = 5
TITLE_MOST: Final = 45
KEPT_SECONDS: Final = 60.0
"""How long the library remembers an open form, for which we have no use."""


def is_too_long(form: Form) -> bool:
    """Whether a text that is to be edited does not fit, so that sending the form would cut it."""
    return any(len(field.value) > TEXT_MOST for field in form.fields)


def modal_of(form: Form) -> discord.ui.Modal:
    """Return a form as Discord shows it."""
    modal = discord.ui.Modal(
        title=form.title[:TITLE_MOST],
        custom_id=form_name(form),
        timeout=KEPT_SECONDS,
    )
    for field in form.fields[:FIELDS_MOST]:
        modal.add_item(discord.ui.Label(text=field.label[:TITLE_MOST], component=_input(field)))
    return modal


def _input(field: Field) -> discord.ui.TextInput[Any]:
    style = discord.TextStyle.paragraph if field.long else discord.TextStyle.short
    return discord.ui.TextInput(
        custom_id=field.name,
        style=style,
        default=field.value[:TEXT_MOST] or None,
        required=field.required,
        max_length=TEXT_MOST,
    )


def sent_form(interaction: Interaction) -> Sent | None:
    """Return the form that an interaction sends, if it is one of ours."""
    data: Any = interaction.data
    if interaction.type is not discord.InteractionType.modal_submit or not data:
        return None
    match = FORM.fullmatch(data.get("custom_id", ""))
    if match is None:
        return None
    return Sent(match["action"], match["target"], dict(_values(data.get("components", []))))


def _values(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield names and texts, however deep the inputs lie."""
    for component in components:
        if "custom_id" in component and "value" in component:
            yield component["custom_id"], component["value"] or ""
        yield from _values(component.get("components", []))
        if inner := component.get("component"):
            yield from _values([inner])

"""What Discord gives for options, as the service takes it."""

from __future__ import annotations

from collections.abc import Mapping

import discord

from bot.command import Command, Kind, Option, Source
from bot.service.suggesting.suggestions import MARK
from bot.values import is_id

Value = str | int | float | bool | discord.Attachment


def given_values(command: Command, values: Mapping[str, Value | None]) -> dict[str, Value]:
    """Return what was given for the options of a command; the rest is absent.

    Where somebody takes a completion and types on, Discord sends its label in place of its value:
    what the label says beside the value is taken off.
    """
    given: dict[str, Value] = {}
    for name, value in values.items():
        option = command.option(name)
        if value is None or option is None:
            continue
        given[name] = _unlabelled(option, value) if isinstance(value, str) else value
    return given


def _unlabelled(option: Option, text: str) -> str:
    if option.source is Source.NOTHING or MARK not in text:
        return text
    if option.kind is Kind.LORAS:
        return ",".join(part.partition(MARK)[0] for part in text.split(","))
    value = text.partition(MARK)[0]
    # Behind an id there may be a text, which may hold anything.
    return value if option.kind is not Kind.ID or is_id(value) else text

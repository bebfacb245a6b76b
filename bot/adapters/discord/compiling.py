"""Slash commands from the one definition of all commands, with Discord's own types and bounds."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import discord
from discord import app_commands

from bot.adapters.discord.values import Value, given_values
from bot.command import Command, Kind, Option, Source
from bot.values import RANDOM

OPTIONS_MOST: Final = 25
CHOICES_MOST: Final = 25
TEXT_MOST: Final = 6000
"""What Discord lets people type into an option; the owner's own bound has its own words."""
LIST_MOST: Final = 1000
_LISTS: Final = (Kind.LORAS, Kind.AXIS)
WORD_MOST: Final = 100

_RANGE: Final[Any] = app_commands.Range
CONTEXTS: Final = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
INSTALLS: Final = app_commands.AppInstallationType(guild=True, user=True)

Interaction = discord.Interaction[Any]
Ask = Callable[[Interaction, Command, Mapping[str, Value]], Awaitable[None]]
"""Answers a command; options that were not given are absent."""
Suggest = Callable[[Interaction, Command, Option, str], Sequence[app_commands.Choice[str]]]
"""Completes what was typed for an option, from memory."""
SlashCommand = app_commands.Command[Any, ..., None]


def compile_commands(commands: Iterable[Command], ask: Ask, suggest: Suggest) -> list[SlashCommand]:
    """Return the commands as Discord has them, usable wherever Discord lets people type.

    Raises ``ValueError`` for a command with too many options to show.
    """
    return [_compile(command, ask, suggest) for command in commands]


def shown_options(command: Command) -> tuple[Option, ...]:
    """Return the options that a command has in Discord; the library puts required ones first.

    Where there are too many, rare ones are left out, from the last; they still are flags.
    """
    left = list(command.options)
    for option in reversed(command.options):
        if len(left) > OPTIONS_MOST and option.rare:
            left.remove(option)
    if len(left) > OPTIONS_MOST:
        raise ValueError(f"/{command.name} has {len(left)} options that are not rare")
    return tuple(left)


def _compile(command: Command, ask: Ask, suggest: Suggest) -> SlashCommand:
    options = shown_options(command)

    async def callback(interaction: Interaction, **values: Value | None) -> None:
        await ask(interaction, command, given_values(command, values))

    # The library reads a command's options off the signature of its callback.
    callback.__signature__ = _signature(command, options)  # type: ignore[attr-defined]
    app_commands.describe(**{option.name: option.help for option in options})(callback)
    app_commands.choices(**{o.name: _choices(o) for o in options if _has_choices(o)})(callback)
    completers = {o.name: _completer(command, o, suggest) for o in options if _is_completed(o)}
    app_commands.autocomplete(**completers)(callback)
    return app_commands.Command(
        name=command.name,
        description=command.help,
        callback=callback,
        allowed_contexts=CONTEXTS,
        allowed_installs=INSTALLS,
    )


def _signature(command: Command, options: Iterable[Option]) -> inspect.Signature:
    made = inspect.Parameter
    interaction = made("interaction", made.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)
    parameters = [
        made(
            option.name,
            made.KEYWORD_ONLY,
            default=made.empty if option.required else None,
            annotation=_annotation(command, option),
        )
        for option in options
    ]
    return inspect.Signature([interaction, *parameters])


def _annotation(command: Command, option: Option) -> Any:
    """Return the type of an option as the library names it."""
    if option.kind is Kind.FLAG:
        return bool
    if option.kind is Kind.IMAGE:
        return discord.Attachment
    if option.kind is Kind.INTEGER or _is_whole_seed(option):
        return _number(int, option)
    if option.kind is Kind.NUMBER:
        return _number(float, option)
    return str if _has_choices(option) else _RANGE[str, None, _longest(command, option)]


def _number(kind: type[int | float], option: Option) -> Any:
    bounds = option.bounds
    return kind if bounds is None else _RANGE[kind, kind(bounds.low), kind(bounds.high)]


def _is_whole_seed(option: Option) -> bool:
    """Whether a seed needs no word for a random one, since leaving it out means just that."""
    return option.kind is Kind.SEED and option.default == RANDOM


def _longest(command: Command, option: Option) -> int:
    # What a command takes may have flags behind it, like a text.
    if option.kind is Kind.TEXT or option.name == command.takes:
        return TEXT_MOST
    return LIST_MOST if option.kind in _LISTS else WORD_MOST


def _has_choices(option: Option) -> bool:
    return option.kind is Kind.CHOICE and len(option.choices) <= CHOICES_MOST


def _is_completed(option: Option) -> bool:
    return option.source is not Source.NOTHING and not _has_choices(option)


def _choices(option: Option) -> list[app_commands.Choice[str | int | float]]:
    return [app_commands.Choice(name=choice, value=choice) for choice in option.choices]


def _completer(command: Command, option: Option, suggest: Suggest) -> Any:
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return list(suggest(interaction, command, option, typed))

    return complete

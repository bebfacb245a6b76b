"""Suggestions as Discord takes them while somebody types."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from discord import app_commands

from bot.characters import clipped
from bot.command import Option
from bot.service.suggesting.suggestions import Suggestion, Suggestions
from storage.records import Viewer

log = logging.getLogger(__name__)

CHOICES_MOST: Final = 25
LENGTH_MOST: Final = 100


def choices(
    suggestions: Suggestions, option: Option, typed: str, actor: str, place: str = ""
) -> list[app_commands.Choice[str]]:
    """Return what an option can be completed with, from memory; nothing where that fails."""
    try:
        found = suggestions.complete(option.source, typed, Viewer(actor, place), CHOICES_MOST)
        return list(_choices(found))
    except Exception:
        log.exception("no completions for %s", option.name)
        return []


def _choices(found: tuple[Suggestion, ...]) -> Iterator[app_commands.Choice[str]]:
    for suggestion in found:
        # A value that was cut would be another value.
        if len(suggestion.value) <= LENGTH_MOST:
            label = clipped(" ".join(suggestion.label.split()), LENGTH_MOST)
            yield app_commands.Choice(name=label, value=suggestion.value)

"""What selects offer: all that there is where it is little, else what was probably meant."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from bot.adapters.slack.richtext import Block, plain_text
from bot.characters import cleaned, units
from bot.command import Kind, Option, Source
from bot.service.suggesting.suggestions import Suggestion, Suggestions
from generation.recipe import LORAS_MAX
from storage.records import Viewer

log = logging.getLogger(__name__)

OPTIONS_MOST: Final = 100
TEXT_MOST: Final = 75
VALUE_MOST: Final = 150

NOBODY: Final = Viewer("")
"""What a select has before anybody types is the same for all."""


def choice(value: str, label: str = "") -> Block:
    """Return one option of a select."""
    return {"text": plain_text(label or value, TEXT_MOST), "value": value}


def is_choice(value: str) -> bool:
    """Whether a value can be one of an option; one that was cut would be another value."""
    return 0 < units(value) <= VALUE_MOST and bool(cleaned(value).strip())


def one_of(suggestions: Suggestions, option: Option, value: str) -> Block:
    """Return a select for an option, which begins with ``value`` where that is not empty."""
    element, begun = _select(suggestions, option, [value] if value else [])
    return {**element, "initial_option": begun[0]} if begun else element


def some_of(suggestions: Suggestions, option: Option, values: Sequence[str]) -> Block:
    """Return a select for as many LoRAs as a recipe takes, which begins with ``values``."""
    element, begun = _select(suggestions, option, values)
    element |= {"type": f"multi_{element['type']}", "max_selected_items": LORAS_MAX}
    return {**element, "initial_options": begun} if begun else element


def _select(
    suggestions: Suggestions, option: Option, values: Sequence[str]
) -> tuple[Block, list[Block]]:
    """Return a select, or one to search where it could not show all, and what it begins with."""
    offered = _offered(suggestions, option)
    known = {each["value"]: each for each in offered}
    begun = [known.get(value) or choice(value) for value in values if is_choice(value)]
    if not offered:
        return {"type": "external_select", "min_query_length": 0}, begun
    strange = [each for each in begun if each["value"] not in known]
    shown = [each for each in offered if each not in begun][: OPTIONS_MOST - len(begun)]
    kept = [each for each in offered if each in begun or each in shown]
    return {"type": "static_select", "options": [*strange, *kept]}, begun


def _offered(suggestions: Suggestions, option: Option) -> list[Block]:
    """Return all that an option can be; nothing where that is more than a select shows."""
    if option.source is Source.STYLES:
        # There may be some of one's own, which are found for each alone.
        return []
    if option.choices:
        found = tuple(Suggestion(each) for each in option.choices)
    else:
        found = suggestions.complete(option.source, "", NOBODY, OPTIONS_MOST + 1)
    return list(_choices(found)) if len(found) <= OPTIONS_MOST else []


def options_for(
    suggestions: Suggestions, option: Option | None, typed: str, viewer: Viewer
) -> dict[str, Any]:
    """Return what answers a search in a select, from memory; nothing where that fails."""
    try:
        if option is None or option.source is Source.NOTHING:
            return {"options": []}
        found = suggestions.complete(option.source, _sought(option, typed), viewer, OPTIONS_MOST)
        return {"options": list(_choices(found))}
    except Exception:
        log.exception("no options for %s", getattr(option, "name", option))
        return {"options": []}


def _sought(option: Option, typed: str) -> str:
    """Return the one name that is looked for: in a select, lists and scales come from elsewhere."""
    if option.kind is Kind.LORAS:
        return typed.rpartition(",")[2].partition(":")[0]
    return typed


def _choices(found: Iterable[Suggestion]) -> Iterator[Block]:
    return (choice(each.value, each.label) for each in found if is_choice(each.value))

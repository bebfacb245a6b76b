"""Modals from the one definition of all commands: an input for every option, and what comes back.

What was typed has to be checked like any other text; Slack's bounds only spare people the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot import texts
from bot.adapters.slack.inputs import (
    PLACEHOLDER_MOST,
    input_block,
    modal,
    text_input,
    values_in,
)
from bot.adapters.slack.richtext import Block, plain, plain_text, shortened
from bot.adapters.slack.selecting import choice, is_choice, one_of, some_of
from bot.command import Command, Kind, Option, Source
from bot.commands import Widest, commands
from bot.recipe_options import SETTABLE
from bot.reply import Reply
from bot.service.suggesting.suggestions import Suggestions
from bot.values import read_loras, read_value
from generation.errors import BadValue, UserError
from generation.recipe import LORAS_MAX

SCALES: Final = "lora_scale"
"""The input for the scales of the LoRAs that were selected."""
WHERE: Final = "where"
"""The input for the place of the answer, where the modal was opened outside of any."""

FILETYPES: Final = ("png", "jpg", "jpeg", "webp")
PLACES: Final = ("public", "private")
YES: Final = "yes"
ERROR_MOST: Final = 2000

_UNTYPED: Final = (Kind.IMAGE, Kind.FLAG)
_SELECTED: Final = (Kind.CHOICE, Kind.NAME, Kind.ASPECT)
_LISTED: Final = (Source.SETTINGS, Source.COMMANDS)
"""Texts that are one of a few words."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was put into the modal of a command; ``files`` are as Slack describes them."""

    options: Mapping[str, str | bool]
    files: Mapping[str, Mapping[str, Any]]
    where: str = ""


def command_view(
    command: Command,
    suggestions: Suggestions,
    *,
    metadata: str,
    asks_place: bool = False,
    initial: Mapping[str, str] | None = None,
) -> Block:
    """Return a modal with all options of a command.

    ``metadata`` comes back with what is sent. ``initial`` are values to begin with, as they are
    typed; one that the option cannot have is left out.
    """
    blocks = [
        block
        for option in command.options
        for block in _inputs(
            option, suggestions, _checked(option, (initial or {}).get(option.name))
        )
    ]
    if asks_place:
        blocks.append(_place())
    return modal(
        command.name.capitalize(),
        f"command:{command.name}",
        metadata,
        blocks,
        submit=texts.SUBMIT.get(command.name, texts.SEND),
    )


def _checked(option: Option, text: str | None) -> str:
    """Return a text that can be the option's value, or an empty one."""
    try:
        value = read_value(option, text) if text else ""
    except UserError:
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value) if isinstance(value, str | int) else text or ""


def _inputs(option: Option, suggestions: Suggestions, value: str) -> Iterator[Block]:
    if option.kind is Kind.LORAS:
        yield from _loras(option, suggestions, value)
        return
    element = _element(option, suggestions, value) | _placeholder(option)
    yield _labelled(option.name, element, _hint(option), required=option.required)


def _loras(option: Option, suggestions: Suggestions, value: str) -> Iterator[Block]:
    """Yield a select for the names and a text for the scales, which a select has no place for."""
    scales = {wish.name: wish.scale for wish in read_loras((value,)) if is_choice(wish.name)}
    element = some_of(suggestions, option, list(scales)) | _placeholder(option)
    yield _labelled(option.name, element, texts.loras_selected(LORAS_MAX))
    written = ["" if scale is None else f"{scale:g}" for scale in scales.values()]
    start = ", ".join(written) if any(written) else ""
    yield _labelled(
        SCALES, text_input(start, example=texts.OPTION_EXAMPLES[SCALES]), texts.LORA_SCALES
    )


def _labelled(name: str, element: Block, hint: str, *, required: bool = False) -> Block:
    label = texts.option_label(name)
    return input_block(name, label, element, hint=hint, required=required)


def _hint(option: Option) -> str:
    if option.kind is Kind.FLAG:
        return ""
    # The refiner's help has them already, beside the word that it may be.
    bounds = None if option.kind is Kind.REFINER else option.bounds
    return texts.option_hint(option.help, str(bounds or ""))


def _placeholder(option: Option) -> Block:
    """Return what stands in an empty input: an example only where it passes for no default."""
    if option.kind in _UNTYPED:
        return {}
    # What people can set has a default of theirs, whatever the option's own.
    own = "" if option.name in SETTABLE else option.default
    empty = "" if option.kind is Kind.TEXT else own or texts.OPTION_EMPTY
    words = texts.OPTION_EXAMPLES.get(option.name, empty)
    return {"placeholder": plain_text(words, PLACEHOLDER_MOST)} if words else {}


def _element(option: Option, suggestions: Suggestions, value: str) -> Block:
    """Return the element that an option's values are put into."""
    if option.kind is Kind.IMAGE:
        return {"type": "file_input", "filetypes": list(FILETYPES), "max_files": 1}
    if option.kind is Kind.FLAG:
        return _switch(option, value)
    if option.kind in (Kind.INTEGER, Kind.NUMBER):
        return _number(option, value)
    if option.kind in _SELECTED or option.source in _LISTED:
        return one_of(suggestions, option, value)
    return text_input(value, long=option.kind is Kind.TEXT)


def _switch(option: Option, value: str) -> Block:
    options = [choice(YES, option.help)]
    element: Block = {"type": "checkboxes", "options": options}
    return {**element, "initial_options": options} if value == str(True) else element


def _number(option: Option, value: str) -> Block:
    element: Block = {
        "type": "number_input",
        "is_decimal_allowed": option.kind is Kind.NUMBER,
    }
    if option.bounds:
        element["min_value"] = f"{option.bounds.low:g}"
        element["max_value"] = f"{option.bounds.high:g}"
    return {**element, "initial_value": value} if value else element


def _place() -> Block:
    element = {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "filter": {"include": list(PLACES)},
    }
    return _labelled(WHERE, element, texts.WHERE)


def given_options(command: Command, state: Mapping[str, Any]) -> Submitted:
    """Return what was put into a command's modal, from the ``state`` of the submitted view.

    Options without a value are absent. Raises ``BadValue`` where there is not one scale for each
    LoRA.
    """
    values = values_in(state)
    options: dict[str, str | bool] = {}
    files: dict[str, Mapping[str, Any]] = {}
    for option in command.options:
        found = values.get(option.name, [])
        if option.kind is Kind.LORAS:
            found = _scaled(found, "".join(values.get(SCALES, [])).strip())
        if option.kind is Kind.IMAGE and found:
            files[option.name] = found[0]
        elif option.kind is Kind.FLAG and found:
            options[option.name] = True
        elif text := "".join(map(str, found[:1])).strip():
            options[option.name] = text
    return Submitted(options, files, "".join(values.get(WHERE, [])))


def _scaled(names: Sequence[str], scales: str) -> list[str]:
    """Return the names with their scales as one list with commas, or nothing."""
    given = [scale.strip() for scale in scales.split(",")] if scales else [""] * len(names)
    if len(given) != len(names):
        raise BadValue("lora scale", scales[:60], texts.scales_allowed(len(names)))
    pairs = zip(names, given, strict=True)
    parts = [f"{name}:{scale}" if scale else name for name, scale in pairs]
    return [", ".join(parts)] if parts else []


def errors_for(view: Mapping[str, Any], reply: Reply) -> dict[str, str]:
    """Return what a refusal shows in a submitted view: a sentence below the input it is about.

    ``view`` is that of the submission, with its blocks and its state.
    """
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    if not inputs:
        return {}
    sentence = reply.problem or next(iter(reply.lines), ())
    filled = values_in(view.get("state") or {})
    return {_at_fault(inputs, filled, reply): shortened(plain(sentence), ERROR_MOST)}


def _at_fault(inputs: Sequence[str], filled: Mapping[str, Sequence[Any]], reply: Reply) -> str:
    """Return the input that a refusal is about: flags may stand in any text."""
    named = _option_names().get(reply.option, reply.option.replace(" ", "_"))
    if named in inputs and filled.get(named):
        return named
    quoted = [span.text for span in reply.problem or () if span.style == "user" and span.text]
    for name in reversed(inputs):
        if any(text in str(value) for text in quoted for value in filled.get(name, ())):
            return name
    return named if named in inputs else inputs[0]


def _option_names() -> dict[str, str]:
    """Return the names of all options by the flags that stand for them."""
    defined = commands(Widest())
    return {
        flag: option.name
        for command in defined
        for option in command.options
        for flag in option.flags
    }

"""What modals are made of in Block Kit, and what was put into their inputs.

An input's block and its element have the same name: the option's, or the field's of a form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot import texts
from bot.adapters.slack.richtext import Block, plain_text, shortened
from bot.characters import units

TITLE_MOST: Final = 24
TEXT_MOST: Final = 3000
"""What Slack lets people type into an input."""
LABEL_MOST: Final = 2000
PLACEHOLDER_MOST: Final = 150
METADATA_MOST: Final = 3000
HOLDERS: Final = ("files", "selected_options", "selected_option", "selected_conversation", "value")


def modal(
    title: str,
    callback_id: str,
    metadata: str,
    blocks: Sequence[Block],
    *,
    submit: str = texts.SEND,
) -> Block:
    """Return a view to open; ``submit`` is on the button that sends it.

    Raises ``ValueError`` for metadata that Slack would not keep.
    """
    if units(metadata) > METADATA_MOST:
        raise ValueError(f"{units(metadata)} characters of metadata are too many for a view")
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(title, TITLE_MOST),
        "submit": plain_text(submit, TITLE_MOST),
        "close": plain_text(texts.CLOSE, TITLE_MOST),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }


def input_block(
    name: str, label: str, element: Block, *, hint: str = "", required: bool = False
) -> Block:
    """Return an input with its label above and its hint below."""
    block = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label, LABEL_MOST),
        "element": {**element, "action_id": name},
        "optional": not required,
    }
    if hint:
        block["hint"] = plain_text(hint, LABEL_MOST)
    return block


def text_input(value: str = "", *, long: bool = False, example: str = "") -> Block:
    """Return an input of text, which has ``value`` in it at first."""
    element = {"type": "plain_text_input", "multiline": long, "max_length": TEXT_MOST}
    if value:
        element["initial_value"] = shortened(value, TEXT_MOST)
    if example:
        element["placeholder"] = plain_text(example, PLACEHOLDER_MOST)
    return element


def values_in(state: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what was put into each input, by name, from the ``state`` of a submitted view.

    There is one text, or as many as were selected, or files as Slack describes them; a list is
    empty where nothing was put in.
    """
    values = state.get("values", state)
    return {
        name: [_plain(value) for value in _as_list(_value(element)) if value]
        for elements in values.values()
        for name, element in elements.items()
    }


def _value(element: Mapping[str, Any]) -> Any:
    """Return what an element holds, under whichever name its kind has for it."""
    found = (element[key] for key in HOLDERS if element.get(key))
    return next(found, None)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> Any:
    """Return the value of an option that was selected; a file is left as it is."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value

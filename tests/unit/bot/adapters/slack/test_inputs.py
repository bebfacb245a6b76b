from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.slack.inputs import input_block, modal, text_input, values_in

RED = {"text": {"type": "plain_text", "text": "Red", "emoji": True}, "value": "red"}
BLUE = {"text": {"type": "plain_text", "text": "Blue", "emoji": True}, "value": "blue"}
FILE = {"id": "F1", "name": "fox.png", "mimetype": "image/png"}


def read(element: dict[str, Any]) -> list[Any]:
    """Read the one input of a submitted view, with and without what is around its values."""
    values = {"it": {"it": element}}
    [(name, found)] = values_in({"values": values}).items()
    assert name == "it"
    assert values_in(values) == {"it": found}
    return found


def test_what_slack_sends_of_an_input_is_read() -> None:
    assert read({"type": "plain_text_input", "value": "a red fox"}) == ["a red fox"]
    assert read({"type": "number_input", "value": "7.5"}) == ["7.5"]
    assert read({"type": "static_select", "selected_option": RED}) == ["red"]
    assert read({"type": "external_select", "selected_option": BLUE}) == ["blue"]
    both = {"type": "multi_static_select", "selected_options": [RED, BLUE]}
    assert read(both) == ["red", "blue"]
    assert read({"type": "checkboxes", "selected_options": [RED]}) == ["red"]
    assert read({"type": "file_input", "files": [FILE]}) == [FILE]
    assert read({"type": "conversations_select", "selected_conversation": "C1"}) == ["C1"]


def test_a_bare_value_is_read_like_one_that_was_selected() -> None:
    assert read({"type": "external_select", "value": "blue"}) == ["blue"]
    assert read({"type": "external_select", "value": BLUE}) == ["blue"]
    assert read({"type": "multi_external_select", "value": ["red", "blue"]}) == ["red", "blue"]
    assert read({"type": "conversations_select", "value": "C1"}) == ["C1"]
    assert read({"type": "file_input", "value": [FILE]}) == [FILE]


@pytest.mark.parametrize(
    "element",
    [
        {"type": "plain_text_input", "value": None},
        {"type": "plain_text_input", "value": ""},
        {"type": "number_input"},
        {"type": "static_select", "selected_option": None},
        {"type": "checkboxes", "selected_options": []},
        {"type": "multi_external_select", "selected_options": None},
        {"type": "file_input", "files": []},
        {"type": "conversations_select", "selected_conversation": None},
    ],
    ids=lambda element: "-".join(element),
)
def test_an_input_that_was_left_empty_has_nothing(element: dict[str, Any]) -> None:
    assert read(element) == []


def test_a_view_without_inputs_has_nothing() -> None:
    assert values_in({}) == {}
    assert values_in({"values": {}}) == {}


def test_titles_labels_and_texts_are_no_longer_than_slack_takes() -> None:
    view = modal("x" * 25, "command:imagine", "m" * 3000, [])
    assert len(view["title"]["text"]) == 24
    assert len(input_block("it", "x" * 2001, {}, hint="y" * 2001)["label"]["text"]) == 2000
    assert len(input_block("it", "x", {}, hint="y" * 2001)["hint"]["text"]) == 2000
    assert len(text_input(example="x" * 151)["placeholder"]["text"]) == 150
    for text in ("x" * 3001, "\N{FOX FACE}" * 1501):
        value = text_input(text)["initial_value"]
        assert value.endswith("…")
        assert len(value.encode("utf-16-le")) // 2 <= 3000


def test_metadata_is_never_cut() -> None:
    with pytest.raises(ValueError, match="3001 characters"):
        modal("Imagine", "command:imagine", "m" * 3001, [])


def test_a_persons_text_begins_an_input_as_it_was_written() -> None:
    text = "a <!channel> & *fox*\n:smile: \u202e"
    assert text_input(text, long=True)["initial_value"] == text
    assert "initial_value" not in text_input("")

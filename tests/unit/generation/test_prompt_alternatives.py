from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import BadPrompt
from generation.prompt_alternatives import DEPTH_MAX, escaped, read_alternatives


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a {red|green|blue} fox", ["a red fox", "a green fox", "a blue fox"]),
        ("a {red | dark green} fox", ["a red fox", "a dark green fox"]),
        ("{red|green} {fox|cat}", ["red fox", "red cat", "green fox", "green cat"]),
        ("a {red {fox|cat}|dog}", ["a red fox", "a red cat", "a dog"]),
        ("a {red|} fox", ["a red fox", "a fox"]),
        ("{|red} fox", ["fox", "red fox"]),
        ("a fox{|, at night}", ["a fox", "a fox, at night"]),
        ("a {red|red} fox", ["a red fox"]),
        ("({red|green} fox)1.3", ["(red fox)1.3", "(green fox)1.3"]),
        ("{red++|(green:1.2)} fox", ["red++ fox", "(green:1.2) fox"]),
        (r"a {x\|y|z\}}", ["a x|y", "a z}"]),
        (r"\{a|b\}", ["{a|b}"]),
        (r"a \{b\}", ["a {b}"]),
        ("{{red|green} fox", ["{red fox", "{green fox"]),
        ("{red|green}} fox", ["red} fox", "green} fox"]),
    ],
)
def test_a_choice_is_one_prompt_for_each_alternative(text: str, found: list[str]) -> None:
    alternatives = read_alternatives(text)
    assert [each.text for each in alternatives.all()] == found
    assert not alternatives.is_plain


def test_each_alternative_says_what_was_chosen() -> None:
    found = read_alternatives("a {red|} {fox|{big|small} cat}").all()
    assert [each.chosen for each in found] == [
        ("red", "fox"),
        ("red", "big cat"),
        ("red", "small cat"),
        ("", "fox"),
        ("", "big cat"),
        ("", "small cat"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a fox",
        "{}",
        "{a}",
        "{{{masterpiece}}}, a fox",
        "a | b",
        "a} b",
        "a {b",
        r"\(a\)",
        "{" * 1999,
    ],
)
def test_braces_without_alternatives_stay_as_they_are(text: str) -> None:
    alternatives = read_alternatives(text)
    assert alternatives.is_plain
    assert [each.text for each in alternatives.all()] == [text]
    assert escaped(text) == text


def test_a_choice_that_is_never_closed_is_pointed_at() -> None:
    with pytest.raises(BadPrompt) as caught:
        read_alternatives("a fox, {red|green")
    assert (caught.value.reason, caught.value.position) == ("unclosed choice", 7)


def test_too_many_braces_inside_one_another_are_refused() -> None:
    with pytest.raises(BadPrompt) as caught:
        read_alternatives("{" * 1998 + "a|b")
    assert (caught.value.reason, caught.value.position) == ("braces too deep", DEPTH_MAX)


def test_alternatives_are_counted_before_any_is_made() -> None:
    assert read_alternatives("{a|b|c}" * 250).count == 3**250


@given(st.text("a {}|\\", max_size=12))
def test_an_escaped_text_stands_for_itself(text: str) -> None:
    assert [each.text for each in read_alternatives(escaped(text)).all()] == [text]


@given(st.text("ab {}|\\", max_size=12))
def test_all_alternatives_are_different_and_no_more_than_counted(text: str) -> None:
    try:
        alternatives = read_alternatives(text)
    except BadPrompt:
        return
    found = [each.text for each in alternatives.all()]
    assert len(set(found)) == len(found)
    assert 1 <= len(found) <= alternatives.count

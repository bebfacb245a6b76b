from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.characters import (
    apart,
    cleaned,
    clipped,
    isolated,
    paragraphs,
    place_to_cut,
    units,
)

ODD = (
    "\x00",
    "\x1b",
    "\x85",
    "\u2028",
    "\ufffe",
    "\ud800",
    "\r\n",
    "\t",
    "\u202e",
    "\u2066",
    "\u2069",
)
WIDE = ("שלום", "مرحبا", "🦊", "👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "👍🏽", "字", " ", "a")
TEXTS = st.lists(st.one_of(st.sampled_from((*ODD, *WIDE)), st.text(max_size=4)), max_size=12).map(
    "".join
)
thorough = settings(max_examples=200, deadline=None)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("a fox in the snow", 17, "a fox in the snow"),
        ("a fox in the snow", 6, "a fox…"),
        ("a fox in the snow", 7, "a fox…"),
        ("ab👩‍👩‍👧‍👦", 6, "ab…"),
        ("ab👍🏽cd", 4, "ab…"),
        ("x🇩🇪🇫🇷y", 5, "x🇩🇪…"),
        ("x🇩🇪🇫🇷y", 3, "x…"),
        ("cafe\u0301s and more", 5, "caf…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_a_cut_spares_what_people_see_as_one_character(text: str, most: int, expected: str) -> None:
    assert clipped(text, most) == expected


def test_one_character_of_a_thousand_marks_is_cut_all_the_same() -> None:
    assert place_to_cut("ab" + "\u0301" * 1000, 500) == 500


@thorough
@given(TEXTS, st.integers(0, 40))
def test_a_cut_text_is_the_beginning_of_the_whole(text: str, most: int) -> None:
    short = clipped(text, most)
    assert len(short) <= most
    assert short == text or text.startswith(short.removesuffix("…"))


@thorough
@given(TEXTS)
def test_clean_text_is_on_one_line_and_can_be_sent(text: str) -> None:
    clean = cleaned(text)
    assert clean.splitlines() == ([clean] if clean else [])
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in clean)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\n\n b\tc", "a b c"),
        ("a\u2028b\x0bc", "a b c"),
        ("a\x00\x07\ud800\ufffeb", "ab"),
        ("\u202eabc\u202c \u2067x\u2069", "abc x"),
        ("a\u200fb", "a\u200fb"),
    ],
)
def test_what_cannot_be_sent_or_steers_the_rest_is_dropped(text: str, expected: str) -> None:
    assert cleaned(text) == expected


def test_text_from_right_to_left_is_kept_apart_and_no_other() -> None:
    assert isolated("a שלום\x00") == "\u2068a שלום\u2069"
    assert isolated("a é 字 🦊") == "a é 字 🦊"
    assert apart("שלום", "`שלום`") == "\u2068`שלום`\u2069"
    assert apart("fox", "`fox`") == "`fox`"


def test_paragraphs_are_those_with_something_in_them() -> None:
    assert paragraphs("\n a\r\n\n  \nb\x00\n\x00\n") == ["a", "b\x00"]
    assert paragraphs(" \n\x07 ") == []


def test_of_very_many_paragraphs_the_last_are_one() -> None:
    parts = paragraphs("\n".join(f"p{number}" for number in range(300)))
    assert (len(parts), parts[10]) == (12, "p10")
    assert parts[11].startswith("p11 p12 ")
    assert parts[11].endswith(" p299")


def test_lengths_are_counted_as_strictly_as_a_platform_may() -> None:
    assert [units("abc"), units("é"), units("🦊"), units("\ud800")] == [3, 1, 2, 1]

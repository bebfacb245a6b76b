from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.fitting import Packing, capped, fitted, pieces
from bot.reply import Line, Span, faint, line, strong, user


def text_of(line: Line) -> str:
    return "".join(span.text for span in line)


def within(most: int) -> Packing[list[str]]:
    """A message that holds so many characters."""

    def packed(lines: Sequence[Line]) -> list[str] | None:
        texts = [text_of(line) for line in lines]
        return texts if sum(map(len, texts)) <= most else None

    return packed


def test_lines_that_fit_stay_as_they_are() -> None:
    lines = [line(strong("#k7f3q2"), " is next."), line(user("a fox"))]
    assert fitted(lines, within(100), 1000) == ["#k7f3q2 is next.", "a fox"]
    assert fitted([], within(0), 1000) == []


def test_what_people_wrote_is_shortened_and_no_more_than_it_takes() -> None:
    lines = [line(user("a" * 300)), line("of ", user("b" * 30)), line("ours")]
    assert fitted(lines, within(100), 1000) == ["a" * 62 + "…", "of " + "b" * 30, "ours"]


def test_several_long_texts_are_shortened_alike() -> None:
    lines = [line(user("a" * 300)), line(user("b" * 200)), line(user("c" * 40))]
    assert fitted(lines, within(140), 1000) == ["a" * 49 + "…", "b" * 49 + "…", "c" * 40]


def test_one_text_is_never_longer_than_it_may_be_at_all() -> None:
    assert fitted([line(user("a" * 300))], within(1000), 200) == ["a" * 199 + "…"]


def test_our_own_words_are_shortened_where_peoples_are_not_enough() -> None:
    lines = [line(user("a" * 300)), line("x" * 5000), line(strong("y" * 600))]
    shown = fitted(lines, within(1100), 10_000)
    assert shown == ["a" * 99 + "…", "x" * 499 + "…", "y" * 499 + "…"]


def test_our_own_words_stay_whole_where_shortening_peoples_is_enough() -> None:
    lines = [line(user("a" * 300)), line("x" * 600)]
    assert fitted(lines, within(700), 1000) == ["a" * 99 + "…", "x" * 600]


def test_lines_are_left_out_from_the_end_and_counted() -> None:
    lines = [line(user("a" * 100)), *(line(f"{number:010}") for number in range(20))]
    shown = fitted(lines, within(110), 1000)
    assert shown is not None
    assert shown[0] == "a" * 26 + "…"
    assert shown[1:-1] == [f"{number:010}" for number in range(5)]
    assert shown[-1] == "15 more lines do not fit in here."


def test_where_one_line_is_too_much_it_is_said() -> None:
    assert fitted([line("x" * 600)], within(50), 1000) == ["1 more line does not fit in here."]


def test_where_nothing_has_room_there_is_nothing() -> None:
    assert fitted([line("x" * 600)], within(5), 1000) is None


def test_only_spans_of_that_style_are_capped() -> None:
    lines = [line("abcdef", user("abcdef"), faint("abcdef"))]
    assert capped(lines, "user", 4) == [line("abcdef", user("abc…"), faint("abcdef"))]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (line("a fox"), ["a fox"]),
        (line(user("one two three four")), ["one two ", "three four"]),
        (line(strong("#1"), user(" two three four")), ["#1 two ", "three four"]),
        (line(user("0123456789abcdefghij")), ["0123456789", "abcdefghij"]),
        (line(), [""]),
    ],
)
def test_a_line_is_parted_between_words_where_there_are_some(
    parts: Line, expected: list[str]
) -> None:
    made = pieces(parts, lambda piece: len(text_of(piece)) <= 10)
    assert list(map(text_of, made)) == expected


def test_a_character_that_fits_nowhere_ends_the_parting() -> None:
    assert [text_of(piece) for piece in pieces(line("abc"), lambda _: False)] == ["a", "b", "c"]


SPANS = st.builds(
    Span,
    st.text("ab 🦊\n", max_size=60),
    st.sampled_from(("plain", "strong", "faint", "code", "user")),
)
LINES = st.lists(SPANS, max_size=4).map(tuple)


@settings(max_examples=100, deadline=None)
@given(LINES, st.integers(1, 30))
def test_the_pieces_of_a_line_are_the_line(parts: Line, most: int) -> None:
    made = list(pieces(parts, lambda piece: len(text_of(piece)) <= most))
    assert all(len(text_of(piece)) <= most for piece in made)
    assert "".join(map(text_of, made)) == text_of(parts)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=8), st.integers(40, 300))
def test_any_lines_come_to_fit(lines: list[Line], most: int) -> None:
    shown = fitted(lines, within(most), 200)
    assert shown is not None
    assert sum(map(len, shown)) <= most
    left = 0 if len(shown) == len(lines) else len(lines) - len(shown) + 1
    assert left == 0 or shown[-1].startswith(f"{left} more line")

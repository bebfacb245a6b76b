from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from bot.drawing.lettering import TEXT_MOST, fit, line_height, width_of, write

UNKNOWN = "\U00013000\U00013001"
"""Hieroglyphs, which no usual face has."""

ANY = "aWi.,(é\u0301жñ日本🎉ﷺ" + " \n\0\u200d\u202e\u2028\ufffe" + UNKNOWN


def drawn(text: str) -> Image.Image:
    image = Image.new("L", (600, 40))
    write(ImageDraw.Draw(image), [text], (4, 4), 20, colour="white")
    return image


def test_a_text_that_fits_is_one_line_as_it_stands() -> None:
    assert fit("guidance 7.5", 20, 300, 3) == ["guidance 7.5"]
    assert fit("", 20, 300, 3) == []


def test_a_long_text_is_parted_between_words_and_its_end_cut() -> None:
    lines = fit("a fox in the snow by a river at night, and a bear", 20, 120, 3)
    assert len(lines) == 3
    assert lines[0] == "a fox in the"
    assert lines[-1].endswith("…")
    assert max(width_of(line, 20) for line in lines) <= 120


def test_a_word_wider_than_the_room_is_parted_in_itself() -> None:
    lines = fit("x" * 60, 20, 100, 20)
    assert "".join(lines) == "x" * 60
    assert max(width_of(line, 20) for line in lines) <= 100


def test_line_ends_and_control_characters_are_spaces() -> None:
    assert fit("red\n\x1b[31m\tfox\u202e", 20, 400, 2) == ["red [31m fox"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("×4", "x4"), ("5 → 9", "5 > 9"), ("a – b", "a - b"), (UNKNOWN, "…"), (f"a{UNKNOWN}b", "a…b")],
)
def test_what_no_face_has_is_written_as_what_looks_like_it_or_left_out(
    text: str, shown: str
) -> None:
    assert ImageChops.difference(drawn(text), drawn(shown)).getbbox() is None


def test_letters_with_accents_are_letters_and_no_boxes() -> None:
    box = drawn("\ufffe")
    for letter in "éøłñüж":
        image = drawn(letter)
        assert image.getbbox() is not None
        assert ImageChops.difference(image, box).getbbox() is not None, letter


def test_lines_are_centred_and_stand_below_each_other() -> None:
    image = Image.new("L", (200, 100))
    write(ImageDraw.Draw(image), ["ooo", "ooo"], (50, 0), 20, colour="white", centred=100)
    left, top, right, bottom = image.getbbox() or (0, 0, 0, 0)
    assert abs((left - 50) - (150 - right)) <= 3
    assert top < line_height(20) < bottom <= 2 * line_height(20)


@settings(max_examples=40, deadline=None)
@given(st.text(ANY, max_size=60), st.integers(8, 300), st.integers(1, 4))
def test_whatever_is_written_has_as_many_lines_as_there_is_room_for(
    text: str, width: int, lines: int
) -> None:
    parted = fit(text, 16, width, lines)
    assert len(parted) <= lines
    widest = max((width_of(line, 16) for line in parted), default=0.0)
    assert widest <= max(width, 2 * width_of("W…", 16) + 40), "a single character may be wider"
    drawn(" ".join(parted))


def test_of_a_text_without_end_only_the_beginning_is_looked_at() -> None:
    assert len("".join(fit("ab " * 100_000, 20, 10_000, 9))) <= TEXT_MOST

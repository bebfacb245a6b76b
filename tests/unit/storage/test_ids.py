from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import BadValue
from storage.ids import ALPHABET, LENGTH, Id, job_id, new_job_id, parse_id, picture_id

JOBS = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


@pytest.mark.parametrize("text", ["k7f3q2", "#k7f3q2", " #K7F3Q2 ", "k7f3q2\n"])
def test_a_job_is_understood_with_and_without_hash_in_either_case(text: str) -> None:
    assert parse_id(text) == Id("k7f3q2")


@pytest.mark.parametrize("text", ["k7f3q2.12", "#k7f3q2.12"])
def test_a_picture_is_understood(text: str) -> None:
    assert parse_id(text) == Id("k7f3q2", 12)
    assert job_id(text) == "k7f3q2"


@pytest.mark.parametrize(
    "text",
    ["", "#", "k7f3q", "k7f3q22", "k7f3q2.", "k7f3q2.0", "k7f3q2.01", "k7f3q2.-1", "k7f3q2.1234",
     "k7f3q2.1.1", "k7 3q2", "##k7f3q2", "k7f3q²", "\u212a7f3q2", "../../x",
     "k7f3q2.\u0661", "\x00"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        parse_id(text)


@given(JOBS, st.integers(1, 999))
def test_what_is_shown_is_read_back(job: str, index: int) -> None:
    assert parse_id(picture_id(job, index)) == Id(job, index)
    assert parse_id(f"#{Id(job)}") == Id(job)


@given(st.text())
def test_any_text_is_an_id_or_a_bad_value(text: str) -> None:
    try:
        found = parse_id(text)
    except BadValue:
        return
    assert parse_id(str(found)) == found


def test_new_ids_are_valid_and_differ() -> None:
    made = {new_job_id() for _ in range(2000)}
    assert len(made) == 2000
    assert all(parse_id(job) == Id(job) for job in made)

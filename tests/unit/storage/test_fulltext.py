from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.fulltext import match_query, scope, terms

WORDS = st.text(min_size=1, max_size=60)


@pytest.fixture(scope="module")
def table() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE found USING fts5(terms, tokenize='ascii', detail=none)"
        )
        yield connection


def found(table: sqlite3.Connection, prompt: str, words: str) -> bool:
    table.execute("DELETE FROM found")
    table.execute("INSERT INTO found (terms) VALUES (?)", (" ".join(terms(prompt)),))
    query = match_query(terms(words), ())
    return bool(table.execute("SELECT 1 FROM found WHERE found MATCH ?", (query,)).fetchall())


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("A Café in KÖLN", "cafe köln"),
        ("a red circle++ on (blue)1.3", "circle blue"),
        ("黒い猫と白い犬", "猫"),
        ("Straße", "STRASSE"),
        ("fox, <lora:inkstyle:0.8>", "inkstyle fox"),
        ("a photorealistic cat", "cat photo"),
        ("don't stop", "don't"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("x" * 100, "x" * 50),
        ("ガラス", "ラ"),
        ("☁️cloud", "cloud"),
    ],
)
def test_words_are_found_without_case_accents_and_marks(
    table: sqlite3.Connection, prompt: str, words: str
) -> None:
    assert found(table, prompt, words)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a red circle", "red square"),
        ("a red circle", "circ red"),
        ("a red circle", "edcircle"),
        ("cats", "at"),
        ("red", "red OR blue"),
        ("red", "NOT blue"),
        ("red blue", "NEAR(red blue)"),
    ],
)
def test_every_word_counts_and_only_the_last_is_a_beginning(
    table: sqlite3.Connection, prompt: str, words: str
) -> None:
    assert not found(table, prompt, words)


@given(WORDS)
def test_every_prompt_is_found_by_its_own_words(table: sqlite3.Connection, prompt: str) -> None:
    if terms(prompt):
        assert found(table, prompt, prompt)


@given(
    st.one_of(
        WORDS,
        st.sampled_from(
            ['"', '"a', "a*", "*", "NEAR(a b)", "a AND", "AND", "a:b", "-a", "^a", "(", "a' --",
             "{terms}: a", "terms:a", "🐱", "\x00a", "\ue000abc", "a + b", "' OR 1=1", "\ud800"]
        ),
    )
)  # fmt: skip
def test_nothing_typed_is_syntax(table: sqlite3.Connection, words: str) -> None:
    if terms(words):
        found(table, "a plain prompt", words)


@given(st.text())
def test_no_word_can_be_a_scope(words: str) -> None:
    assert scope("actor", words.encode(errors="replace").decode())[0] == "\ue000"
    assert not any("\ue000" in word or '"' in word or " " in word for word in terms(words))


def test_marks_alone_are_no_words() -> None:
    assert terms('*** "" -- 🐱 \u200d\ufe0f _') == ()


def test_a_word_counts_once_and_digits_are_letters() -> None:
    assert terms("cat, CAT; 1984 cat") == ("cat", "1984")


def test_scopes_of_a_person_and_a_place_of_one_name_differ() -> None:
    assert scope("actor", "discord:1") != scope("place", "discord:1")


def test_a_very_long_search_is_cut_to_its_first_words() -> None:
    words = terms(" ".join(f"w{number}" for number in range(10_000)))
    assert match_query(words, ()).count('"') == 32

from __future__ import annotations

import pytest

from bot.service.suggesting.matching import Entry, Spellings, matches

NAMES = (
    Entry("old_ink", "", "Sepia"),
    Entry("ink-wash", "", "Ink wash, trigger: soft ink"),
    Entry("Inkstyle", "", "Ink drawings, pen and ink"),
    Entry("pink", "", "All pink"),
    Entry("ink", "", "Plain"),
    Entry("water", "", "Aquarelle, Crème brûlée"),
)


def found(typed: str, most: int = 25) -> list[str]:
    return [entry.name for entry in matches(NAMES, typed, most)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", ["old_ink", "ink-wash", "Inkstyle", "pink", "ink", "water"]),
        ("ink", ["ink", "ink-wash", "Inkstyle", "old_ink", "pink"]),
        ("INKS", ["Inkstyle"]),
        ("wash", ["ink-wash"]),
        ("pen and", ["Inkstyle"]),
        ("drawings pen", ["Inkstyle"]),
        ("pen drawings", ["Inkstyle"]),
        ("sepia", ["old_ink"]),
        ("ld_in", ["old_ink"]),
        ("creme", ["water"]),
        ("quare", ["water"]),
        ("nothing like it", []),
        ("!!!", []),
    ],
)
def test_the_best_matches_come_first(typed: str, names: list[str]) -> None:
    assert found(typed) == names


def test_no_more_are_found_than_were_asked_for() -> None:
    assert found("", 2) == ["old_ink", "ink-wash"]
    assert found("ink", 2) == ["ink", "ink-wash"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("inkstlye", "Inkstyle"),
        ("wtaer", "water"),
        ("aquarel", "water"),
        ("sepai", "old_ink"),
        ("x" * 5000, None),
        ("!!!", None),
        ("zq", None),
    ],
)
def test_a_misspelt_word_finds_the_nearest(typed: str, name: str | None) -> None:
    near = [entry.name for entry in Spellings(NAMES).nearest(typed, 25)]
    assert next(iter(near), None) == name


def test_of_all_nearest_the_likeliest_comes_first() -> None:
    names = [Entry("watercolor"), Entry("water"), Entry("waiter")]
    assert [entry.name for entry in Spellings(names).nearest("watr", 2)] == ["water", "waiter"]

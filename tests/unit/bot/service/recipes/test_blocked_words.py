from __future__ import annotations

import pytest

from bot.errors import BlockedWord
from bot.service.recipes.blocked_words import refuse_blocked_words

BLOCKED = ("nude", "Bare  Skin", "naïve", "area 51", "नमस्ते", "++")


@pytest.mark.parametrize(
    ("prompt", "entry"),
    [
        ("nude", "nude"),
        ("A NUDE.", "nude"),
        ("(nude)1.3", "nude"),
        ("(nude:1.3)", "nude"),
        ("[nude]", "nude"),
        ("nude++, a portrait", "nude"),
        ("nude,portrait", "nude"),
        ("nude/woman", "nude"),
        ("a nude_woman", "nude"),
        ("a\nnude\tportrait", "nude"),
        ("bare skin", "Bare  Skin"),
        ("(Bare)1.2, _SKIN_", "Bare  Skin"),
        ("(bare:1.2) skin", "Bare  Skin"),
        ("(area)51", "area 51"),
        ("a NAI\u0308VE painting", "naïve"),
        ("naive", "naïve"),
        ("“नमस्ते”", "नमस्ते"),
    ],
)
def test_a_blocked_word_is_found_whatever_stands_around_it(prompt: str, entry: str) -> None:
    with pytest.raises(BlockedWord) as refused:
        refuse_blocked_words(prompt, BLOCKED)
    assert refused.value.word == entry


@pytest.mark.parametrize(
    "prompt",
    ["", "++", "denuded hills", "nudes", "bare trees, soft skin", "skin bare", "नम स्ते"],
)
def test_parts_of_words_and_words_apart_are_not_blocked(prompt: str) -> None:
    refuse_blocked_words(prompt, BLOCKED)

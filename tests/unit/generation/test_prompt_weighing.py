from __future__ import annotations

import sys
from types import FrameType

import pytest

from generation.errors import BadPrompt, WordNotInPrompt
from generation.prompt import read
from generation.prompt_weighing import weigh


def weights(text: str) -> dict[str, float]:
    """Return what each word of a prompt weighs."""
    (passages,) = read(text).prompts
    return {word: passage.weight for passage in passages for word in passage.text.split()}


@pytest.mark.parametrize(
    ("text", "words", "weight", "found"),
    [
        ("a red fox", "red", 0.6, "a (red)0.6 fox"),
        ("a Red fox", "red", 2, "a (Red)2 fox"),
        ("a red++ fox", "red", 0.6, "a (red)0.6 fox"),
        ("a red- fox", "red", 0.6, "a (red)0.6 fox"),
        ("a (red)1.3 fox", "red", 0.6, "a (red)0.6 fox"),
        ("a (red:1.3) fox", "red", 0.6, "a (red)0.6 fox"),
        ("a [red] fox", "red", 0.6, "a (red)0.6 fox"),
        ('a "red"1.3 fox', "red", 0.6, "a (red)0.6 fox"),
        ("a ((red)1.1)1.1 fox", "red", 0.6, "a (red)0.6 fox"),
        ("a (red++ fox)1.2", "red fox", 0.5, "a (red fox)0.5"),
        ("a red  fox", "red fox", 0.5, "a (red  fox)0.5"),
        ("red, dark-red and red's red", "red", 2, "(red)2, dark-red and red's (red)2"),
        ('("a red fox", "b").and()', "red", 0.5, '("a (red)0.5 fox", "b").and()'),
        ("<lora:red:1> red", "red", 0.5, "<lora:red:1> (red)0.5"),
        ("a (red)1.3 fox", "red", 1, "a red fox"),
        ("a (red fox)1.3", "red", 1.3, "a (red fox)1.3"),
    ],
)
def test_words_get_another_weight_and_all_else_stays(
    text: str, words: str, weight: float, found: str
) -> None:
    assert weigh(text, words, weight) == found


@pytest.mark.parametrize(
    "text", ["a (red fox)1.3", "a (big red fox:0.8)", "[a ((red) fox)++]", "(a (red:2) fox)1.1"]
)
def test_what_brackets_around_say_is_made_up_for(text: str) -> None:
    before, after = weights(text), weights(weigh(text, "red", 0.6))
    assert after.pop("red") == pytest.approx(0.6, abs=1e-4)
    assert after == {word: weight for word, weight in before.items() if word != "red"}


@pytest.mark.parametrize("words", ["green", "re", "red wolf", " ", "(red)"])
def test_words_that_are_not_there_are_refused(words: str) -> None:
    with pytest.raises(WordNotInPrompt):
        weigh("a red fox", words, 2)


@pytest.mark.parametrize(
    ("text", "weight", "reason"),
    [
        ("a (red fox)0", 2, "weighs nothing"),
        ("a (red fox)0.1", 2, "weight"),
        ("a red fox (", 2, "unclosed bracket"),
    ],
)
def test_a_weight_that_cannot_be_had_is_refused(text: str, weight: float, reason: str) -> None:
    with pytest.raises(BadPrompt) as caught:
        weigh(text, "red", weight)
    assert caught.value.reason == reason


def test_each_place_is_weighed_by_what_is_around_it() -> None:
    text = weigh("a (red red++)1.2, (red (red:1.3) fox)++ and Red", "red", 0.6)
    found = [
        round(passage.weight, 4)
        for passage in read(text).prompts[0]
        if "red" in passage.text.lower()
    ]
    assert set(found) == {0.6}
    assert text.count("(red)") == 4
    assert weigh("red red  red", "red", 0.6) == "(red)0.6 (red)0.6  (red)0.6"


def test_work_grows_with_the_length_of_a_prompt_and_no_faster() -> None:
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    def work(places: int) -> int:
        nonlocal calls
        calls = 0
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            weigh("(red)1.1 " * places, "red", 1.5)
        finally:
            sys.setprofile(before)
        return calls

    assert work(160) < 3 * work(80)

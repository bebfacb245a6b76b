"""Blocked words in disguise, and innocent prompts that look a little like them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BlockedWord
from bot.service.recipes.blocked_words import Words, refuse_blocked_words
from bot.service.recipes.letters import Letter, letters_of

BLOCKED = (
    "nude", "ass", "hell", "sex", "tits", "cock", "penis", "whore", "god", "slut", "shit", "cunt",
    "boobs", "porn", "rape", "kill", "gore", "blood", "corpse", "anal", "pussy", "dick", "fuck",
    "butt", "bare skin", "hot dog", "area 51", "хуй", "секс", "नमस्ते",
)  # fmt: skip
LATIN = [entry for entry in BLOCKED if entry.isascii() and not any(map(str.isdigit, entry))]
PROMPTS = (Path(__file__).parents[3] / "integration" / "prompts.txt").read_text().splitlines()

INNOCENT = """
a class of glass bass players in assassin costumes, brass
Scunthorpe and Essex in the 1920s, route 66
(a fox)1.3 and a fox++, but+ not but++ beside a [hen] and (a cow:0.7)
he'll be there, she'll too, who're you, we'd go
a good dog, a loose goose, a cook in a cockpit with a peacock and cocktails
the pen is mightier, as strong as steel
4 5 5 and 455 hp, 4k, 8k, 3d, 90s, 80s, 1st, 5th, f/1.8 85mm, 16:9, 24fps
killer whale with skill, shell, shiitake mushrooms, analysis, canal, grape, drape, scrape
bare trees, soft skin; hot summer, dog days
vitamin b, c, d and k
x-ray, t-shirt, state-of-the-art, semi-arid, as-is
<lora:ink:0.8> a dickens novel, moby-dicks, titanic, title, institute, constitution
therapist, the rapids, raptor, gorgeous, gored no more, oregano
pornography is no porno, a sexton at the sextant, sussex, middlesex
!important: read this! now! wow!!! really|truly a||b
$5 for 2 @ home, 100% cotton, c++ and c# books
bloodless surgery of a bloodhound
Москва, хутор, сектор, секретарь
नम स्ते
1girl, 2boys, score_9, score_8_up, rating_safe, source_anime
""".strip().splitlines()


def refused_for(prompt: str) -> str | None:
    """Return the blocked word that a prompt is refused for."""
    try:
        refuse_blocked_words(prompt, BLOCKED)
    except BlockedWord as refused:
        return refused.word
    return None


def is_refused(prompt: str) -> bool:
    return refused_for(prompt) is not None


@pytest.mark.parametrize("prompt", INNOCENT)
def test_an_innocent_prompt_is_not_refused(prompt: str) -> None:
    refuse_blocked_words(prompt, BLOCKED)


def test_ordinary_prompts_are_not_refused() -> None:
    assert len(PROMPTS) > 200
    assert [prompt for prompt in PROMPTS if is_refused(prompt)] == []


# Disguises ----------------------------------------------------------------------------------------

LOOK_ALIKES = {
    "a": "аαɑ", "b": "вβ", "c": "сϲ", "d": "ԁ", "e": "еεє", "g": "ɡ", "h": "һн", "i": "іιı",
    "k": "кκ", "l": "ӏ", "m": "мμ", "n": "пηո", "o": "оοօ", "p": "рρ", "r": "г", "s": "ѕ",
    "t": "тτ", "u": "υս", "w": "ѡω", "x": "хχ", "y": "уγ",
}  # fmt: skip
LEET = {
    "o": "0", "i": "1!|", "l": "1|", "e": "3", "a": "4@", "s": "5$", "t": "7+", "b": "8",
    "g": "96", "z": "2", "c": "¢",
}  # fmt: skip
INSIDE_ONLY = "!|+"
INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f"]
Change = Callable[[st.DataObject, str], str]


def cased(data: st.DataObject, word: str) -> str:
    return "".join(data.draw(st.sampled_from([c.lower(), c.upper()])) for c in word)


def accented(data: st.DataObject, word: str) -> str:
    marks = st.text(st.sampled_from("\u0301\u0308\u0327\u0336\u20dd"), max_size=2)
    marked = "".join(c + data.draw(marks) if c.isalpha() else c for c in word)
    form = data.draw(st.sampled_from(["NFC", "NFD"]))
    return unicodedata.normalize(form, marked)  # type: ignore[arg-type]


def veiled(data: st.DataObject, word: str) -> str:
    unseen = st.text(st.sampled_from(INVISIBLE), max_size=2)
    return "".join(c + data.draw(unseen) for c in word)


def lookalike(data: st.DataObject, word: str) -> str:
    return "".join(data.draw(st.sampled_from(c + LOOK_ALIKES.get(c, ""))) for c in word)


def styled(data: st.DataObject, word: str) -> str:
    starts = st.sampled_from([0xFF41, 0x1D41A, 0x1D4EA, 0x1D5BA, 0x24D0])
    start = data.draw(starts)
    return "".join(chr(start + ord(c) - ord("a")) if c.isalpha() else c for c in word)


def leeted(data: st.DataObject, word: str) -> str:
    """Put digits and signs in place of letters, but for one at least."""
    kept = data.draw(st.integers(0, len(word) - 1))
    made = ""
    for at, letter in enumerate(word):
        signs = letter + LEET.get(letter, "")
        if at == kept or letter == " ":
            signs = letter
        elif not 0 < at < len(word) - 1 or " " in (word[at - 1], word[at + 1]):
            signs = "".join(each for each in signs if each not in INSIDE_ONLY)
        made += data.draw(st.sampled_from(signs))
    return made


def parted(data: st.DataObject, word: str) -> str:
    between = data.draw(st.sampled_from([".", "-", "_", "*", "~", " ", ". ", "·", "🍑", "  "]))
    return between.join(word.replace(" ", ""))


def stretched(data: st.DataObject, word: str) -> str:
    most = data.draw(st.integers(3, 6))
    times = st.sampled_from([1, most])
    return "".join(c * data.draw(times) if c.isalpha() else c for c in word)


def joined(_data: st.DataObject, word: str) -> str:
    half = len(word) // 2
    return f"({word[:half]})({word[half:]})" if " " not in word else word.replace(" ", "_")


def weighted(data: st.DataObject, word: str) -> str:
    return data.draw(st.sampled_from(["({})1.3", "({}:1.2)", "[{}]", "{}++", '"{}"'])).format(word)


SINGLE: list[Change] = [
    cased, accented, veiled, lookalike, styled, leeted, parted, stretched, joined, weighted,
]  # fmt: skip
INNER: list[Change] = [cased, accented, veiled, lookalike, stretched]
OUTER: list[Change] = [veiled, parted, weighted]


@pytest.mark.parametrize("change", SINGLE)
@settings(deadline=None)
@given(data=st.data())
def test_a_blocked_word_is_found_in_every_disguise(change: Change, data: st.DataObject) -> None:
    hidden = change(data, data.draw(st.sampled_from(LATIN)))
    prompt = data.draw(st.sampled_from(["{}", "a {} picture", "moon,{}", "x ({}) y"]))
    assert is_refused(prompt.format(hidden))


@settings(deadline=None)
@given(data=st.data())
def test_one_disguise_over_another_hides_nothing_either(data: st.DataObject) -> None:
    word = data.draw(st.sampled_from([entry for entry in LATIN if " " not in entry]))
    inner, outer = data.draw(st.sampled_from(INNER)), data.draw(st.sampled_from(OUTER))
    assert is_refused(outer(data, inner(data, word)))


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("a55", "ass"),
        ("@ss", "ass"),
        ("a$$", "ass"),
        ("5h1t", "shit"),
        ("t!ts", "tits"),
        ("🇳🇺🇩🇪", "nude"),
        ("🅝🅤🅓🅔", "nude"),
        ("ɴᴜᴅᴇ", "nude"),
        ("nu++de", "nude"),
        ("nu(de)1.2", "nude"),
        ("bareskin", "bare skin"),
        ("b a r e s k i n", "bare skin"),
        ("area51", "area 51"),
        ("(area)51", "area 51"),
        ("xyй", "хуй"),
        ("ceкc", "секс"),
        ("cęxc", None),
        ("good", None),
        ("goood", "god"),
        ("as", None),
        ("bu+t", "butt"),
        ("nnuuddee", "nude"),
        ("godd", None),
        ("a 5 5", None),
        ("455", None),
    ],
)
def test_what_is_a_disguise_and_what_is_none(prompt: str, word: str | None) -> None:
    assert refused_for(f"one {prompt}, two") == word


@given(st.text(max_size=200))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    letters = letters_of(text)
    assert all(letter.readings for letter in letters)
    is_refused(text)


@pytest.mark.parametrize(
    "piece", ["a-", "a ", "$", "$@", "1", "1l|!", "+a", ":1", "an-", "a\u0301"]
)
def test_the_work_grows_no_faster_than_the_text(piece: str) -> None:
    """Counted in steps, not in seconds."""

    class Counted(Words):
        steps = 0

        def _read(self, states: set[Any], letter: Letter) -> set[Any]:
            self.steps += len(states)
            return super()._read(states, letter)

    def steps(length: int) -> int:
        words = Counted((*BLOCKED, "ililil", "aaaaaa", "sasasasa"))
        words.first_in((piece * length)[:length])
        return words.steps

    assert steps(2000) <= 2.2 * steps(1000) + 50
    assert steps(2000) <= 20 * 2000

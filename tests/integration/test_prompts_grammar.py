"""Our reading of prompts against compel's own parser."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from compel.prompt_parser import Blend, PromptParser
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.errors import BadPrompt
from generation.prompt import read, translate

PROMPTS = (Path(__file__).parent / "prompts.txt").read_text("utf-8").splitlines()
PIECE = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")
"""What CLIP's tokenizer cuts a text into before it looks words up."""

Parsed = list[list[tuple[list[str], float]]]


def pieces(text: str) -> list[str]:
    return PIECE.findall(text.lower())


def compels(text: str) -> Parsed:
    prompts = PromptParser().parse_conjunction(text).prompts
    if isinstance(prompts[0], Blend):
        prompts = prompts[0].prompts
    return [
        [(pieces(part.text), round(part.weight, 6)) for part in prompt.children if part.text]
        for prompt in prompts
    ]


def ours(text: str) -> Parsed:
    reading = read(text)
    if reading.plain:
        return [[(pieces(reading.literal), 1.0)]]
    return [
        [(pieces(part.text), round(part.weight, 6)) for part in prompt]
        for prompt in reading.prompts
    ]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_compel_reads_the_translation_as_we_read_what_was_typed(prompt: str) -> None:
    assert compels(translate(prompt)) == ours(prompt)


def test_the_list_is_long_and_each_prompt_there_once() -> None:
    assert len(PROMPTS) == len(set(PROMPTS)) >= 200


WORDS = st.sampled_from(
    ["a", "red", "cat", "1girl", ",", ".", "don't", "C++", "x-y", "- ", "5", '"', "”", "=", ":)"]
)
MARKS = st.sampled_from([" ", " ", "(", ")", ")1.2", ":0.8)", "[", "]", "+", "--", "\\(", "\n"])


def level(text: str) -> int:
    """How deep the brackets go; compel's time is five times as long for each level."""
    depth, deepest = 0, 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    return deepest


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(WORDS, MARKS, WORDS), max_size=25).map("".join))
def test_compels_parser_accepts_every_translation(text: str) -> None:
    if level(text) > 3:
        return
    with contextlib.suppress(BadPrompt):
        PromptParser().parse_conjunction(translate(text))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_compels_parser_accepts_any_text_that_we_do(text: str) -> None:
    with contextlib.suppress(BadPrompt):
        PromptParser().parse_conjunction(translate(text))

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Widest, commands
from bot.errors import FlagNeedsValue, UnknownFlag
from bot.flags import parse_flags
from generation.errors import UserError

COMMANDS = {command.name: command for command in commands(Widest())}
IMAGINE = COMMANDS["imagine"]


@pytest.mark.parametrize(
    ("text", "prompt", "options"),
    [
        ("a fox", "a fox", {}),
        ("a fox --seed 42", "a fox", {"seed": ["42"]}),
        ("a fox —seed 42", "a fox", {"seed": ["42"]}),
        ("a fox –seed 42", "a fox", {"seed": ["42"]}),
        ("--seed 42 a fox", "a fox", {"seed": ["42"]}),
        ("a fox --SEED=42 in snow", "a fox in snow", {"seed": ["42"]}),
        ("a fox --no snow, ice --seed 1", "a fox", {"negative": ["snow, ice"], "seed": ["1"]}),
        ("a fox --no “snow and ice” at night", "a fox at night", {"negative": ["snow and ice"]}),
        ("a fox --no 'it's cold' now", "a fox now", {"negative": ["it's cold"]}),
        ("a fox --lora a:1, b:0.5 x", "a fox x", {"lora": ["a:1, b:0.5"]}),
        ("a fox --lora a:1 --lora b:0.5", "a fox", {"lora": ["a:1", "b:0.5"]}),
        ("a fox -n 3", "a fox", {"count": ["3"]}),
        ("a fox --private --steps 5 red", "a fox red", {"private": ["yes"], "steps": ["5"]}),
        ("a fox\non two lines --seed 3", "a fox\non two lines", {"seed": ["3"]}),
        ("a 🦊 in ❄️ --seed 3", "a 🦊 in ❄️", {"seed": ["3"]}),
        ("a fox --seed -1", "a fox", {"seed": ["-1"]}),
        ("a fox --refiner-mode img2img", "a fox", {"refiner_mode": ["img2img"]}),
    ],
)
def test_flags_leave_the_prompt(text: str, prompt: str, options: dict[str, list[str]]) -> None:
    parsed = parse_flags(IMAGINE, text)
    assert (parsed.text, parsed.options) == (prompt, options)


@pytest.mark.parametrize(
    "text",
    [
        "snow-- and red---",
        "(oil on canvas)--",
        "rock -n roll",
        "a cat — asleep",
        "a cat —beautiful and proud",
        "a -- b",
        "state-of-the-art",
        "1920--1930",
        "it's five o'clock",
    ],
)
def test_what_is_no_flag_stays_in_the_prompt(text: str) -> None:
    parsed = parse_flags(IMAGINE, text)
    assert (parsed.text, parsed.options) == (text, {})


@pytest.mark.parametrize(
    ("text", "flag", "near"),
    [
        ("a fox --sead 4", "--sead", "--seed"),
        ("a fox --step 4", "--step", "--steps"),
        ("a fox —sede 4", "--sede", "--seed"),
        ("a fox --cgf 4", "--cgf", "--cfg"),
    ],
)
def test_a_bad_flag_says_which_and_the_nearest_right_one(text: str, flag: str, near: str) -> None:
    with pytest.raises(UnknownFlag) as caught:
        parse_flags(IMAGINE, text)
    assert caught.value.flag == flag
    assert near in caught.value.near


@pytest.mark.parametrize("text", ["a fox --seed", "a fox --seed --steps 4", "--no --seed 1"])
def test_a_flag_without_its_value_is_refused(text: str) -> None:
    with pytest.raises(FlagNeedsValue):
        parse_flags(IMAGINE, text)


@given(st.text(max_size=300))
def test_any_text_gives_options_or_an_error_for_people(text: str) -> None:
    for command in COMMANDS.values():
        try:
            parsed = parse_flags(command, text)
        except UserError:
            continue
        assert all(command.option(name) for name in parsed.options)


@given(st.integers(0, 2**32 - 1), st.integers(1, 100))
def test_flags_mean_the_same_wherever_they_stand(seed: int, steps: int) -> None:
    texts = (
        f"--seed {seed} --steps {steps} a red fox",
        f"a --seed {seed} red --steps={steps} fox",
        f"a red fox —steps {steps} —seed {seed}",
    )
    parsed = [parse_flags(IMAGINE, text) for text in texts]
    assert {p.text for p in parsed} == {"a red fox"}
    assert all(p.options == {"seed": [str(seed)], "steps": [str(steps)]} for p in parsed)

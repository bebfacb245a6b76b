from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands import Widest, commands
from bot.errors import UnexpectedWords, UnknownFlag
from bot.invocation import Attachment, Given
from bot.reading import read_options
from bot.values import LoraWish
from generation.errors import BadValue, UnknownName

COMMANDS = {command.name: command for command in commands(Widest())}


def read(command: str, **given: Given) -> dict[str, object]:
    return dict(read_options(COMMANDS[command], given).values)


def test_values_have_the_types_of_their_options() -> None:
    text = (
        "a fox --seed 4 --guidance 6,5 --size 96×128 --ar 3:2 --sampler EULER-A --refiner off "
        "--lora ink:−0.5,wrong --private"
    )
    assert read("imagine", prompt=text) == {
        "prompt": "a fox",
        "seed": 4,
        "guidance": 6.5,
        "size": (96, 128),
        "aspect": "3:2",
        "sampler": "euler-a",
        "refiner": "off",
        "lora": (LoraWish("ink", -0.5), LoraWish("wrong")),
        "private": True,
    }


@pytest.mark.parametrize("guidance", [7, 7.5, 0.1, 1e-05, 0.0])
def test_a_typed_number_is_read_as_it_is(guidance: float) -> None:
    assert read("imagine", prompt="a fox", guidance=guidance)["guidance"] == guidance


@pytest.mark.parametrize("guidance", [float("nan"), float("inf"), 1e300])
def test_a_typed_number_that_is_none_is_refused(guidance: float) -> None:
    with pytest.raises(BadValue):
        read("imagine", prompt="a fox", guidance=guidance)


def test_a_typed_option_wins_over_a_flag_in_the_text() -> None:
    assert read("imagine", prompt="a fox --seed 4 --steps 9", seed=5) == {
        "prompt": "a fox",
        "seed": 5,
        "steps": 9,
    }


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ("--seed -1", "seed"),
        ("--seed 4294967296", "seed"),
        ("--seed abc", "seed"),
        ("--seed 1.5", "seed"),
        ("--steps 0", "steps"),
        ("--steps 1000000000", "steps"),
        ("--steps " + "9" * 400, "steps"),
        ("--guidance 31", "guidance"),
        ("--guidance nan", "guidance"),
        ("--guidance 1e400", "guidance"),
        ("--size 7", "size"),
        ("--ar wide", "ar"),
        ("--refiner 0.2", "refiner"),
        ("--lora a:9", "lora"),
        ("--lora a:b", "lora"),
        ("--lora a,b,c,d,e", "lora"),
        ("--count 0", "count"),
        ("--count 10", "count"),
        ("--strength 0", "strength"),
    ],
)
def test_a_bad_value_names_its_field_and_what_is_allowed(flags: str, field: str) -> None:
    with pytest.raises(BadValue) as caught:
        read("imagine", prompt=f"a fox {flags}")
    assert caught.value.field == field
    assert caught.value.allowed
    assert len(caught.value.value) <= 60


def test_an_unknown_sampler_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        read("imagine", prompt="a fox --sampler eular")
    assert caught.value.near[0] == "euler"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k7f3q2", {"id": "k7f3q2"}),
        ("#K7F3Q2.3 --seed random", {"id": "k7f3q2.3", "seed": "random"}),
        ("k7f3q2 a green circle", {"id": "k7f3q2", "prompt": "a green circle"}),
        ("a green circle", {"prompt": "a green circle"}),
        ("--steps 5", {"steps": 5}),
    ],
)
def test_reroll_takes_an_id_and_then_a_prompt(text: str, expected: dict[str, object]) -> None:
    assert read("reroll", id=text) == expected


def test_flags_in_a_prompt_of_its_own_count_where_nothing_typed_does() -> None:
    prompt = "a cat --steps 9 --seed 5"
    found = read("reroll", id="k7f3q2 --steps 7", prompt=prompt, seed="4")
    assert found == {"id": "k7f3q2", "prompt": "a cat", "steps": 9, "seed": 4}
    assert read("reroll", id="k7f3q2", prompt="--steps 9") == {"id": "k7f3q2", "steps": 9}


def test_words_for_a_command_that_takes_none_are_refused() -> None:
    with pytest.raises(UnexpectedWords):
        read("queue", **{"": "now"})


def test_an_attachment_passes_as_it_is() -> None:
    attachment = Attachment(Path("cat.png"), "cat.png")
    assert read("imagine", prompt="a cat", image=attachment)["image"] is attachment


def test_an_option_that_only_an_earlier_version_had_is_refused_by_its_name() -> None:
    with pytest.raises(UnknownFlag) as refused:
        read("imagine", prompt="a fox", brightness="7")
    assert (refused.value.flag, refused.value.command) == ("--brightness", "imagine")

from __future__ import annotations

from typing import Any

from bot import texts
from bot.service.showing.changes import Change, changes_between, left_alone, read_environment
from generation.recipe import LoraUse, Recipe

RECIPE = Recipe(prompt="a", seed=1, width=64, height=64, steps=1, guidance=1, model="mini")
BEFORE: dict[str, Any] = {
    "device": "cpu",
    "threads": 2,
    "versions": {"torch": "2.11", "peft": "0.2"},
    "weights": {"base": "a" * 64, "lora ink": "b" * 64},
}


def words(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [texts.change(each.what, each.before, each.now) for each in changes_between(before, now)]


def test_what_differs_is_named_with_what_it_was_and_is() -> None:
    now = BEFORE | {"device": "NVIDIA H200", "versions": {"torch": "2.13", "peft": "0.2"}}
    assert words(BEFORE, now) == ["device cpu → NVIDIA H200", "torch 2.11 → 2.13"]
    now = BEFORE | {"weights": {"base": "c" * 64, "lora ink": "d" * 64}, "threads": 8}
    assert words(BEFORE, now) == [
        "CPU threads 2 → 8",
        "weights of the model: aaaaaaaa → cccccccc",
        "weights of the LoRA ink: bbbbbbbb → dddddddd",
    ]
    assert words({"vae_tiles": False}, {"vae_tiles": True}) == ["tiles of the VAE False → True"]
    assert words({"configs": {"base": "a" * 64}}, {"configs": {"base": "b" * 64}}) == [
        "settings of the model: aaaaaaaa → bbbbbbbb"
    ]
    assert words({"cuda": {"cudnn": 90100}}, {"cuda": {"cudnn": 91000}}) == ["cuDNN 90100 → 91000"]
    assert words(
        {"batching": "exact", "attention": "sdpa"}, {"batching": "throughput", "attention": "math"}
    ) == [
        "kernel of attention sdpa → math",
        "way of painting several pictures exact → throughput",
    ]
    assert words({"pen": {"ink": "red"}}, {"pen": {"ink": "blue"}}) == ["pen ink red → blue"]


def test_what_one_of_them_does_not_know_of_is_not_changed() -> None:
    now = BEFORE | {"processor": "one", "versions": {"scipy": "1"}, "weights": {}}
    del now["threads"]
    assert changes_between(BEFORE, now) == changes_between(now, BEFORE) == ()
    assert changes_between(BEFORE, {}) == ()


def test_a_file_that_is_gone_is_said_to_be() -> None:
    now = BEFORE | {"weights": {"base": "", "lora ink": ""}}
    assert words(BEFORE, now) == [
        "the model is not here any more",
        "the LoRA ink is not here any more",
    ]


def test_what_the_person_changed_is_not_warned_of() -> None:
    changes = (
        Change(("versions", "torch"), "1", "2"),
        Change(("weights", "base"), "a", "b"),
        Change(("weights", "lora ink"), "a", "b"),
        Change(("configs", "base"), "a", "b"),
        Change(("vae_dtype",), "a", "b"),
    )
    other = RECIPE.changed(model="sdxl", loras=(LoraUse("ink"),))
    assert left_alone(changes, RECIPE, RECIPE.changed(steps=5)) == changes
    assert [each.what for each in left_alone(changes, RECIPE, other)] == [
        ("versions", "torch"),
        ("weights", "lora ink"),
    ]


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    line = texts.changed(tuple(f"thing {number}" for number in range(9)))
    assert "".join(span.text for span in line) == (
        "Changed since: thing 0, thing 1, thing 2, thing 3, thing 4, thing 5, and 3 things more."
    )
    assert "".join(span.text for span in texts.changed(("torch 1 → 2",))) == (
        "Changed since: torch 1 → 2."
    )


def test_what_is_stored_of_an_environment_is_read_or_nothing_is() -> None:
    assert read_environment('{"device":"cpu"}') == {"device": "cpu"}
    assert read_environment(None) == read_environment("[1]") == {}

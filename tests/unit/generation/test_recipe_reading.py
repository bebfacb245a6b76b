from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import BadRecipe, BadValue, UserError
from generation.recipe import SCHEMA, Recipe
from generation.recipe_reading import read_recipe, recipe_from
from tests.recipes import data

PINNED = json.loads((Path(__file__).parent / "recipes_schema_3.json").read_text("utf-8"))
"""Canonical texts with their hashes, which no release may write otherwise."""
OLD, BEFORE = (
    json.loads((Path(__file__).parent / f"recipes_schema_{schema}.json").read_text("utf-8"))
    for schema in (1, 2)
)
"""What the releases before wrote: with schema 1, and with schema 2."""


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned["title"])
def test_a_recipe_of_a_release_has_the_form_and_hash_it_had(
    pinned: dict[str, str],
) -> None:
    read = read_recipe(pinned["json"])
    assert read.to_json() == pinned["json"]
    assert read.hash() == pinned["sha256"]


@pytest.mark.parametrize("old", OLD, ids=lambda old: old["title"])
def test_a_recipe_of_schema_1_is_read_with_nothing_that_came_later(old: dict[str, str]) -> None:
    made = read_recipe(old["json"])
    before, now = json.loads(old["json"]), made.to_dict()
    image = now["image"] and {**now["image"], "region": None, "extend": None, "feather": 0}
    assert now["image"] == image
    assert {**before, "schema": SCHEMA} == {
        name: value
        if name != "image" or value is None
        else {key: value[key] for key in before["image"]}
        for name, value in now.items()
        if name in before
    }
    assert (made.variations, made.upscale, made.style) == ((), None, None)
    assert made.guidance_end == 1.0
    assert made.words == (made.prompt, made.negative)


@pytest.mark.parametrize("old", BEFORE, ids=lambda old: old["title"])
def test_a_recipe_of_schema_2_is_guided_to_its_end(old: dict[str, str]) -> None:
    before, now = json.loads(old["json"]), read_recipe(old["json"]).to_dict()
    assert now == {**before, "schema": SCHEMA, "guidance_end": 1.0}
    with pytest.raises(BadRecipe) as caught:
        recipe_from({**before, "guidance_end": 1.0})
    assert caught.value.reason == "unknown fields"


@pytest.mark.parametrize("field", ["variations", "upscale", "style", "guidance_end"])
def test_a_recipe_of_schema_1_has_no_field_of_later_ones(field: str) -> None:
    later = {**json.loads(OLD[0]["json"]), field: None}
    with pytest.raises(BadRecipe) as caught:
        recipe_from(later)
    assert caught.value.reason == "unknown fields"


def test_the_pinned_recipes_use_every_field() -> None:
    fields = {field.name for field in dataclasses.fields(Recipe)}
    used = {
        name
        for pinned in PINNED
        for name, value in json.loads(pinned["json"]).items()
        if value not in (None, [], "")
    }
    assert used == fields | {"schema"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not json"),
        ("{", "not json"),
        ("[" * 100_000, "not json"),
        ('{"a":' * 100_000, "not json"),
        ('{"schema":' + "9" * 5000 + "}", "not json"),
        ("[]", "not a recipe"),
        ("null", "not a recipe"),
        ('"text"', "not a recipe"),
        ("{}", "no schema"),
        ('{"schema":true}', "no schema"),
        ('{"schema":1.0}', "no schema"),
        ('{"schema":0}', "no schema"),
        ('{"schema":4}', "newer schema"),
        ('{"schema":' + "9" * 4000 + "}", "no schema"),
        ('{"schema":1}', "missing field"),
        ('{"schema":2}', "missing field"),
        ('{"schema":3}', "missing field"),
    ],
)
def test_what_is_no_recipe_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadRecipe) as caught:
        read_recipe(text)
    assert caught.value.reason == reason
    assert len(caught.value.detail) <= 200


@pytest.mark.parametrize("name", sorted(data()))
def test_every_field_has_to_be_there(name: str) -> None:
    lacking = data()
    del lacking[name]
    with pytest.raises(BadRecipe):
        recipe_from(lacking)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"surprise": 1}, "unknown fields"),
        ({"refiner": {"switch": 0.8, "mode": "split", "surprise": 1}}, "unknown fields"),
        ({"loras": [{"name": "ink", "scale": 1, "surprise": 1}]}, "unknown fields"),
        ({"refiner": {"switch": 0.8}}, "missing field"),
        ({"image": {"sha256": "ab" * 32, "strength": 0.5}}, "missing field"),
        ({"prompt": 1}, "wrong type"),
        ({"prompt": None}, "wrong type"),
        ({"seed": "7"}, "wrong type"),
        ({"seed": True}, "wrong type"),
        ({"seed": 7.0}, "wrong type"),
        ({"guidance": True}, "wrong type"),
        ({"guidance": "5"}, "wrong type"),
        ({"refiner": []}, "wrong type"),
        ({"refiner": 0.8}, "wrong type"),
        ({"refiner": False}, "wrong type"),
        ({"loras": {}}, "wrong type"),
        ({"loras": ["ink"]}, "wrong type"),
        ({"image": "ab" * 32}, "wrong type"),
        ({"image": {"sha256": "ab" * 32, "strength": 0.5, "mask": 1}}, "wrong type"),
    ],
)
def test_a_recipe_of_another_form_is_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecipe) as caught:
        recipe_from(data(**values))
    assert caught.value.reason == reason


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 4000])
@pytest.mark.parametrize("name", ["guidance", "seed"])
def test_numbers_beyond_all_bounds_are_refused(name: str, number: str) -> None:
    text = json.dumps(data(**{name: "here"})).replace('"here"', number)
    with pytest.raises((BadValue, BadRecipe)):
        read_recipe(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["switch", "mode", "name", "scale", "x"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(data())), JSON, max_size=4))
def test_any_data_is_a_recipe_or_refused(changed: dict[str, Any]) -> None:
    with contextlib.suppress(UserError):
        made = recipe_from(data(**changed))
        assert recipe_from(made.to_dict()) == made


@given(st.text(max_size=200))
def test_any_text_is_a_recipe_or_refused(text: str) -> None:
    with contextlib.suppress(UserError):
        read_recipe(text)

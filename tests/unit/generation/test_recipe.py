from __future__ import annotations

import dataclasses
import json
import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import BadPrompt, BadValue, UnknownName
from generation.recipe import (
    BOUNDS,
    LORAS_MAX,
    REFINER_MODES,
    SCHEMA,
    SEED_MAX,
    InputImage,
    LoraUse,
    Recipe,
    Refiner,
    StyleUse,
    Upscale,
    Variation,
)
from generation.recipe_parts import SUBJECT, VARIATIONS_MAX, Extend, Region
from generation.recipe_reading import read_recipe, recipe_from
from generation.samplers import SAMPLERS, STEPS_MOST
from tests.recipes import data, recipe

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=80)
NAMES = TEXTS.filter(str.strip)
SIZES = st.integers(8, 256).map(lambda eighths: eighths * 8)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


def within(name: str) -> st.SearchStrategy[float]:
    return st.floats(BOUNDS[name].low, BOUNDS[name].high)


def region(edges: list[float]) -> Region:
    left, right, top, bottom = edges
    return Region(min(left, right), min(top, bottom), max(left, right), max(top, bottom))


EDGES = st.lists(st.integers(0, 10_000).map(lambda edge: edge / 10_000), min_size=4, max_size=4)
IMAGES = st.builds(
    InputImage,
    DIGESTS,
    within("strength"),
    feather=st.integers(0, 256),
) | st.builds(
    lambda image, part: dataclasses.replace(image, **part),
    st.builds(InputImage, DIGESTS, within("strength"), feather=st.integers(0, 256)),
    st.builds(dict, mask=DIGESTS)
    | st.builds(
        dict,
        region=EDGES.filter(lambda edges: edges[0] != edges[1] and edges[2] != edges[3]).map(
            region
        ),
    ),
)
RECIPES = st.builds(
    Recipe,
    prompt=NAMES,
    negative=TEXTS,
    seed=st.integers(0, SEED_MAX),
    width=SIZES,
    height=SIZES,
    steps=st.integers(1, min(STEPS_MOST.values())),
    guidance=within("guidance"),
    guidance_end=within("guidance-end"),
    model=NAMES,
    sampler=st.sampled_from(SAMPLERS),
    refiner=st.none() | st.builds(Refiner, within("refiner"), st.sampled_from(REFINER_MODES)),
    loras=st.lists(
        st.builds(LoraUse, NAMES, within("lora scale")),
        max_size=LORAS_MAX,
        unique_by=lambda lora: lora.name,
    ).map(tuple),
    image=st.none() | IMAGES,
    variations=st.lists(
        st.builds(Variation, st.integers(0, SEED_MAX), within("variation")), max_size=VARIATIONS_MAX
    ).map(tuple),
    style=st.none()
    | st.builds(
        lambda name, before, after, negative: StyleUse(
            name, f"{before}{SUBJECT}{after}".replace(SUBJECT * 2, SUBJECT), negative
        ),
        NAMES,
        TEXTS.filter(lambda text: "{" not in text),
        TEXTS.filter(lambda text: "{" not in text),
        TEXTS,
    ),
)


@given(RECIPES)
def test_a_recipe_comes_back_from_its_json(made: Recipe) -> None:
    again = read_recipe(made.to_json())
    assert again == made
    assert again.to_json() == made.to_json()
    assert again.hash() == made.hash()
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301


@given(RECIPES)
def test_the_canonical_form_is_sorted_and_without_blanks(made: Recipe) -> None:
    text = made.to_json()
    form = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert text == form
    assert json.loads(text)["schema"] == SCHEMA


def test_the_order_of_keys_and_whole_numbers_for_floats_do_not_change_the_hash() -> None:
    shuffled = dict(reversed(data(guidance=5).items()))
    assert recipe_from(shuffled).hash() == recipe_from(data(guidance=5.0)).hash()


def test_minus_zero_is_zero() -> None:
    assert recipe(guidance=-0.0).hash() == recipe(guidance=0).hash()
    one, other = (recipe(loras=(LoraUse("ink", zero),)) for zero in (-0.0, 0))
    assert one.hash() == other.hash()


@given(RECIPES, st.integers(1, 9))
def test_each_picture_of_a_job_has_the_next_seed(made: Recipe, index: int) -> None:
    assert made.for_picture(1) == made
    plain = made.changed(variations=())
    assert plain.for_picture(index).seed == (made.seed + index - 1) % 2**32


def test_each_variation_of_a_picture_keeps_its_seed_and_goes_towards_another_one() -> None:
    made = recipe(variations=(Variation(3, 0.2), Variation(SEED_MAX, 0.5)))
    second = made.for_picture(2)
    assert second.seed == made.seed
    assert second.variations == (Variation(3, 0.2), Variation(0, 0.5))


def test_a_style_takes_the_words_into_its_template_and_adds_its_negative() -> None:
    style = StyleUse("oil", "oil painting of {prompt}, thick paint", "photo")
    made = recipe(negative="blurry", style=style)
    assert made.words == ("oil painting of a red circle, thick paint", "blurry, photo")
    assert recipe(style=style).words[1] == "photo"


@pytest.mark.parametrize("template", ["", "oil", "{prompt} {prompt}"])
def test_a_template_without_one_place_for_the_words_is_refused(template: str) -> None:
    with pytest.raises(BadValue):
        StyleUse("oil", template)


@pytest.mark.parametrize(
    "edges", [(0.5, 0, 0.5, 1), (0, 0.6, 1, 0.4), (-0.1, 0, 1, 1), (0, 0, 1.1, 1)]
)
def test_a_region_has_some_of_the_picture(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadValue):
        Region(*edges)


@pytest.mark.parametrize("edges", [(0, 0, 0, 0), (4, 0, 0, 0), (-8, 0, 0, 0)])
def test_a_picture_is_extended_by_whole_latents(edges: tuple[int, int, int, int]) -> None:
    with pytest.raises(BadValue):
        Extend(*edges)


def test_something_of_the_input_has_to_be_left_when_it_is_extended() -> None:
    image = InputImage("ab" * 32, extend=Extend(left=32))
    assert recipe(image=image).image == image
    with pytest.raises(BadValue):
        recipe(image=InputImage("ab" * 32, extend=Extend(left=72)))


def test_only_one_part_of_a_picture_is_painted() -> None:
    with pytest.raises(BadValue):
        InputImage("ab" * 32, mask="cd" * 32, region=Region(0, 0, 0.5, 1))


@pytest.mark.parametrize(
    ("scale", "method", "upscaler"),
    [(3, "plain", ""), (2, "other", ""), (2, "model", ""), (2, "plain", "esrgan")],
)
def test_an_enlargement_that_makes_no_sense_is_refused(
    scale: int, method: Any, upscaler: str
) -> None:
    with pytest.raises(BadValue):
        Upscale(scale, method, upscaler)


@pytest.mark.parametrize(
    "image", [None, InputImage("ab" * 32, mask="cd" * 32)], ids=["nothing", "a part"]
)
def test_only_a_whole_picture_is_enlarged(image: InputImage | None) -> None:
    with pytest.raises(BadValue):
        recipe(image=image, upscale=Upscale(2))
    whole = recipe(image=InputImage("ab" * 32), upscale=Upscale(2))
    assert whole.upscale == Upscale(2)


def test_an_enlarged_picture_has_whole_pixels_before() -> None:
    with pytest.raises(BadValue):
        recipe(width=136, height=132, image=InputImage("ab" * 32), upscale=Upscale(4))


def test_the_seed_after_the_last_is_zero() -> None:
    assert recipe(seed=SEED_MAX).for_picture(2).seed == 0


def test_a_changed_recipe_is_checked_again_and_the_first_stays() -> None:
    first = recipe()
    assert first.changed(seed=8).seed == 8
    assert first.seed == 7
    with pytest.raises(BadValue):
        first.changed(seed=-1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.seed = 8  # type: ignore[misc]


@pytest.mark.parametrize("name", ["seed", "width", "height", "steps", "guidance"])
def test_the_bounds_themselves_are_allowed_and_one_further_is_not(name: str) -> None:
    bounds = BOUNDS[name]
    step = 8 if name in ("width", "height") else 1
    kind = float if name == "guidance" else int
    for value in (bounds.low, bounds.high):
        assert getattr(recipe(**{name: kind(value)}), name) == value
    for value in (bounds.low - step, bounds.high + step):
        with pytest.raises(BadValue) as caught:
            recipe(**{name: kind(value)})
        assert caught.value.field == name
        assert caught.value.value == f"{value:.12g}"
        assert caught.value.allowed == str(bounds)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda value: Refiner(value), "refiner"),
        (lambda value: LoraUse("ink", value), "lora scale"),
        (lambda value: InputImage("ab" * 32, value), "strength"),
    ],
)
def test_the_bounds_of_parts_hold_too(make: Any, name: str) -> None:
    for value in (BOUNDS[name].low, BOUNDS[name].high):
        make(value)
    for value in (BOUNDS[name].low - 0.01, BOUNDS[name].high + 0.01, math.nan, math.inf, 10**400):
        with pytest.raises(BadValue) as caught:
            make(value)
        assert caught.value.field == name


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"seed": 10**400}, "seed"),
        ({"seed": -(10**400)}, "seed"),
        ({"seed": 7.0}, "seed"),
        ({"seed": True}, "seed"),
        ({"steps": 1.5}, "steps"),
        ({"width": 100}, "width"),
        ({"height": 4}, "height"),
        ({"guidance": math.nan}, "guidance"),
        ({"model": ""}, "model"),
        ({"model": "a\ud800"}, "model"),
        ({"loras": tuple(LoraUse(str(n)) for n in range(5))}, "lora"),
        ({"loras": (LoraUse("ink"), LoraUse("ink", 0.5))}, "lora"),
    ],
)
def test_an_impossible_value_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(BadValue) as caught:
        recipe(**values)
    assert caught.value.field == field
    assert len(caught.value.value) <= 100


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "\ud800"])
def test_a_lora_needs_a_name_that_can_be_written(name: str) -> None:
    with pytest.raises(BadValue):
        LoraUse(name)


@pytest.mark.parametrize("digest", ["", "ab", "AB" * 32, "../" * 21 + "x", "ab" * 32 + "\n"])
def test_an_input_picture_is_named_by_its_digest_alone(digest: str) -> None:
    with pytest.raises(BadValue):
        InputImage(digest)
    with pytest.raises(BadValue):
        InputImage("ab" * 32, mask=digest)


def test_an_unknown_sampler_comes_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        recipe(sampler="eulr")
    assert "euler" in caught.value.near


def test_an_unknown_refiner_mode_is_refused() -> None:
    with pytest.raises(BadValue):
        Refiner(0.8, "both")  # type: ignore[arg-type]


@pytest.mark.parametrize("prompt", ["", " \n\t"])
def test_a_prompt_needs_words(prompt: str) -> None:
    with pytest.raises(BadPrompt) as caught:
        recipe(prompt=prompt)
    assert caught.value.reason == "empty"


@pytest.mark.parametrize("field", ["prompt", "negative"])
def test_control_characters_are_refused_at_their_place(field: str) -> None:
    with pytest.raises(BadPrompt) as caught:
        recipe(**{field: "red\x00"})
    assert (caught.value.position, caught.value.field) == (3, field)


@pytest.mark.parametrize("sampler", sorted(STEPS_MOST))
def test_a_sampler_of_few_steps_takes_no_more_than_it_was_trained_for(sampler: str) -> None:
    most = STEPS_MOST[sampler]
    assert recipe(sampler=sampler, steps=most).steps == most
    with pytest.raises(BadValue) as caught:
        recipe(sampler=sampler, steps=most + 1)
    assert (caught.value.field, caught.value.value) == ("steps", str(most + 1))
    assert sampler in caught.value.allowed


def test_a_negative_prompt_acts_only_where_a_step_is_guided() -> None:
    assert recipe(guidance=5).is_guided
    assert not recipe(guidance=1).is_guided
    assert not recipe(guidance=5, guidance_end=0).is_guided

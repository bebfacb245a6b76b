from __future__ import annotations

from typing import Any

import pytest

from generation.batching import common_kind, kind_of, most_together
from generation.recipe import InputImage, LoraUse, Refiner, StyleUse, Variation
from generation.settings import Levers
from tests.engine_bench import recipe


def test_pictures_that_differ_in_words_and_seeds_fit_together() -> None:
    one = recipe("a red circle", seed=1)
    other = recipe("a blue star", seed=2, negative="grey", variations=(Variation(5, 0.2),))
    styled = recipe(seed=3, style=StyleUse("anime"))
    assert kind_of(one) == kind_of(other) == kind_of(styled) is not None
    assert common_kind([one, other, styled]) == kind_of(one)


@pytest.mark.parametrize(
    "different",
    [
        {"width": 128},
        {"steps": 5},
        {"guidance": 4.0},
        {"sampler": "ddim"},
        {"model": "other"},
        {"refiner": Refiner(0.8)},
        {"loras": (LoraUse("inkstyle", 1.0),)},
    ],
)
def test_pictures_that_go_through_the_networks_otherwise_do_not(
    different: dict[str, Any],
) -> None:
    assert kind_of(recipe(**different)) != kind_of(recipe())
    assert common_kind([recipe(), recipe(**different)]) is None


def test_a_picture_made_from_another_one_is_painted_alone() -> None:
    assert kind_of(recipe(image=InputImage("a" * 64))) is None


def test_pictures_are_painted_together_only_where_the_owner_says_so() -> None:
    assert most_together(Levers(batch=8)) == 1
    assert most_together(Levers(batching="throughput", batch=8)) == 8

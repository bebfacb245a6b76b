from __future__ import annotations

import pytest

from generation.engine import Stage
from generation.local.pace import Pace
from generation.recipe import InputImage, Recipe, Refiner, Upscale
from generation.worker.messages import Stepped

RECIPE = Recipe(prompt="a", seed=1, width=1000, height=1000, steps=10, guidance=5, model="mini")


def stepped(step: int, at: float, stage: Stage = "base", index: int = 1) -> Stepped:
    return Stepped("ab", 1, index, stage, step, 10, at)


def test_nothing_is_said_before_two_steps_are_known() -> None:
    pace = Pace()
    first = stepped(1, 100.0)
    pace.learn(RECIPE, first)
    assert pace.seconds_left(RECIPE, first, 0) is None
    assert pace.speeds == {}


def test_the_rest_is_counted_in_measured_steps_over_all_pictures() -> None:
    pace = Pace()
    for step in (1, 2, 3, 4):
        pace.learn(RECIPE, stepped(step, 100 + step * 0.5))
    assert pace.seconds_left(RECIPE, stepped(4, 102), 0) == pytest.approx(6 * 0.5)
    assert pace.seconds_left(RECIPE, stepped(4, 102), 2) == pytest.approx(26 * 0.5)
    assert pace.speeds == {"mini": pytest.approx(2.0)}


def test_a_refiner_of_another_speed_is_counted_apart() -> None:
    pace = Pace()
    recipe = RECIPE.changed(refiner=Refiner(0.8))
    for step, at in ((1, 1.0), (2, 2.0)):
        pace.learn(recipe, stepped(step, at))
    for step, at in ((9, 20.0), (10, 23.0)):
        pace.learn(recipe, stepped(step, at, "refiner"))
    assert pace.seconds_left(recipe, stepped(4, 0, index=2), 0) == pytest.approx(4 * 1 + 2 * 3)


def test_the_time_between_two_pictures_is_no_step() -> None:
    pace = Pace()
    pace.learn(RECIPE, stepped(1, 1.0))
    pace.learn(RECIPE, stepped(2, 2.0))
    pace.learn(RECIPE, stepped(1, 90.0, index=2))
    assert pace.speeds == {"mini": pytest.approx(1.0)}


def test_sizes_are_measured_apart() -> None:
    pace = Pace()
    pace.learn(RECIPE, stepped(1, 1.0))
    pace.learn(RECIPE, stepped(2, 2.0))
    assert pace.seconds_left(RECIPE.changed(width=64), stepped(2, 2.0), 0) is None


ENLARGED = RECIPE.changed(
    width=2000, height=2000, steps=20, image=InputImage("0" * 64, 0.1), upscale=Upscale(2)
)


def tile(step: int, at: float) -> Stepped:
    return Stepped("ab", 1, 1, "refiner", step, 18, at)


def test_an_enlargement_is_measured_by_its_tiles() -> None:
    pace = Pace()
    recipe = ENLARGED.changed(refiner=Refiner(0.8, "img2img"))
    for step in (1, 2, 3):
        pace.learn(recipe, tile(step, 10 + 0.5 * step))
    # Nine tiles of a megapixel in each of two steps, half a second each.
    assert pace.speeds == {"mini": pytest.approx(2.0)}
    assert pace.seconds_left(recipe, tile(3, 11.5), 0) == pytest.approx(15 * 0.5)
    # A picture of that size that is painted whole takes other steps.
    assert pace.seconds_left(RECIPE.changed(width=2000, height=2000), tile(3, 0), 0) is None


def test_what_is_enlarged_without_a_model_says_nothing_of_its_speed() -> None:
    pace = Pace()
    recipe = ENLARGED.changed(upscale=Upscale(2, "plain"))
    for step in (1, 2, 3):
        pace.learn(recipe, stepped(step, 0.001 * step, "decode"))
    assert pace.speeds == {}

from __future__ import annotations

import pytest

from generation.engine import Stage
from generation.local.pace import Pace
from generation.recipe import Recipe, Refiner
from generation.worker.messages import Stepped

RECIPE = Recipe(prompt="a", seed=1, width=1000, height=1000, steps=10, guidance=1, model="mini")


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

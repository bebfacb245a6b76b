from __future__ import annotations

import pytest

from generation.plan import plan_of
from generation.recipe import InputImage, Recipe, Refiner

RECIPE = Recipe(
    prompt="a star", seed=1, width=1024, height=1024, steps=40, guidance=7.5, model="sdxl"
)


def test_a_split_shares_the_steps() -> None:
    plan = plan_of(RECIPE.changed(refiner=Refiner(0.8)))
    assert (plan.base_steps, plan.refiner_steps, plan.steps) == (32, 8, 40)


def test_img2img_adds_steps() -> None:
    plan = plan_of(RECIPE.changed(refiner=Refiner(0.8, "img2img")))
    assert (plan.base_steps, plan.refiner_steps) == (40, 8)


def test_heun_evaluates_twice_a_step() -> None:
    assert plan_of(RECIPE.changed(sampler="heun")).steps == 79


def test_a_model_without_refiner_takes_the_base_alone() -> None:
    assert plan_of(RECIPE.changed(refiner=Refiner(0.8)), has_refiner=False).steps == 40


@pytest.mark.parametrize(("strength", "steps"), [(1.0, 40), (0.5, 20), (0.05, 2)])
def test_strength_leaves_out_the_first_steps(strength: float, steps: int) -> None:
    recipe = RECIPE.changed(image=InputImage("0" * 64, strength))
    assert plan_of(recipe).base_steps == steps


def test_cost_counts_pixels_and_steps() -> None:
    assert plan_of(RECIPE).cost == pytest.approx(40 * 1024 * 1024 / 1e6)
    assert plan_of(RECIPE.changed(width=512)).cost == plan_of(RECIPE).cost / 2

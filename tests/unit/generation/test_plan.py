from __future__ import annotations

import pytest

from generation.plan import plan_of
from generation.recipe import InputImage, Recipe, Refiner, Upscale

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


def test_steps_without_guidance_cost_half() -> None:
    whole = plan_of(RECIPE)
    for changes in ({"guidance": 1.0}, {"guidance_end": 0.0}):
        assert plan_of(RECIPE.changed(**changes)).cost == whole.cost / 2
    cut = plan_of(RECIPE.changed(guidance_end=0.6, refiner=Refiner(0.8)))
    assert (cut.steps, cut.unguided) == (whole.steps, 16)
    assert cut.cost == pytest.approx(whole.cost * 0.8)


LARGER = RECIPE.changed(
    width=2048, height=2048, image=InputImage("0" * 64, 0.2), upscale=Upscale(2)
)


def test_an_enlargement_takes_the_steps_of_its_strength_on_each_tile() -> None:
    plan = plan_of(LARGER.changed(refiner=Refiner(0.8, "img2img")))
    assert (plan.base_steps, plan.refiner_steps, plan.pixels) == (0, 8 * 9, 1024 * 1024)
    assert plan_of(LARGER).base_steps == plan_of(LARGER.changed(refiner=None)).steps == 8 * 9
    four = LARGER.changed(width=4096, height=4096, upscale=Upscale(4))
    assert plan_of(four).steps == 8 * 25
    assert plan_of(four).cost == pytest.approx(8 * 25 * 1024**2 / 1e6)


def test_what_no_model_paints_costs_next_to_nothing_but_something() -> None:
    for how in (Upscale(2, "plain"), Upscale(2, "model", "sharp")):
        plan = plan_of(LARGER.changed(upscale=how))
        assert plan.steps == 0
        assert 0 < plan.cost < plan_of(RECIPE).cost / 5

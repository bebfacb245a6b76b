"""What is measured: from what was typed to recipes."""

from __future__ import annotations

import pytest

from generation.bench.options import Options
from generation.bench.plan import PARTS, Plan, alone, bench_recipe, read_lever
from generation.errors import BadValue
from generation.models import MINI, SDXL
from generation.settings import GenerationSettings

SETTINGS = GenerationSettings(models=(MINI, SDXL))


def test_a_model_is_painted_with_as_it_is_best_at() -> None:
    recipe = bench_recipe(SETTINGS, Plan("sdxl"))
    assert (recipe.steps, recipe.width, recipe.guidance) == (40, 1024, 7.5)
    assert recipe.refiner is not None
    base = alone(recipe, Plan("sdxl"))
    assert (base.steps, base.refiner) == (30, None)


def test_steps_and_size_can_be_others() -> None:
    plan = Plan("sdxl", steps=4, size=(768, 512))
    recipe = bench_recipe(SETTINGS, plan)
    assert (recipe.steps, recipe.width, recipe.height) == (4, 768, 512)
    assert alone(recipe, plan).steps == 4


def test_random_weights_are_a_model_of_their_own() -> None:
    settings, plan = Options(random_weights="sdxl").read(SETTINGS, "mini")
    assert plan.model == "sdxl-random"
    recipe = bench_recipe(settings, plan)
    assert (recipe.steps, recipe.width) == (40, 1024)
    assert set(plan.parts) == set(PARTS)


def test_the_configured_model_is_measured_unless_another_is_named() -> None:
    assert Options().read(SETTINGS, "mini")[1].model == "mini"
    assert Options(model="sdxl").read(SETTINGS, "mini")[1].model == "sdxl"


def test_a_quick_bench_takes_few_turns() -> None:
    _, plan = Options(quick=True).read(SETTINGS, "mini")
    assert set(plan.parts) == {"picture", "queue"}
    assert (plan.repeats, plan.pictures, plan.rounds) == (3, 6, 1)
    _, whole = Options().read(SETTINGS, "mini")
    assert (whole.repeats, whole.pictures, whole.rounds) == (5, 20, 3)


def test_what_is_typed_counts_in_a_quick_bench_too() -> None:
    _, plan = Options(quick=True, repeats=9, pictures=20, only="starts").read(SETTINGS, "mini")
    assert (plan.repeats, plan.pictures, plan.parts) == (9, 20, ("starts",))


def test_a_lever_is_moved_for_all_or_measured_beside_the_rest() -> None:
    moved, _ = Options(moved=["compile=on"]).read(SETTINGS, "mini")
    assert moved.levers.compile == "on"
    beside, plan = Options(levers=["precision=int8", "compile=off"]).read(SETTINGS, "mini")
    assert beside == SETTINGS
    assert plan.levers == (("precision", "int8"), ("compile", "off"))


def test_sizes_to_compile_are_joined_by_plus() -> None:
    assert read_lever("compile_sizes=1024x1024+832x1216") == (
        "compile_sizes",
        ((1024, 1024), (832, 1216)),
    )


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ("compile", "with", "NAME=VALUE"),
        ("speed=on", "with", "prompt_keys"),
        ("compile=", "compile", "auto, on, off"),
        ("batch=0", "batch", "1 … 32"),
        ("batch=33", "batch", "1 … 32"),
        ("batch=" + "9" * 5000, "batch", "1 … 32"),
        ("batch=many", "batch", "1 … 32"),
        ("compile_sizes=64x64,96x96", "compile_sizes", "several with +"),
    ],
)
def test_what_is_no_lever_is_refused(text: str, field: str, allowed: str) -> None:
    with pytest.raises(BadValue) as caught:
        Options(moved=[text]).read(SETTINGS, "mini")
    assert caught.value.field == field
    assert allowed in caught.value.allowed


@pytest.mark.parametrize("text", ["batching=throughput", "batch=8"])
def test_what_a_single_picture_does_not_show_is_measured_elsewhere(text: str) -> None:
    with pytest.raises(BadValue, match="--only together"):
        Options(levers=[text]).read(SETTINGS, "mini")
    _, plan = Options(moved=[text], only="together").read(SETTINGS, "mini")
    assert plan.parts == ("together",)


@pytest.mark.parametrize(
    "options",
    [
        Options(random_weights="flux"),
        Options(random_weights="sdxl", model="mini"),
        Options(steps=5000),
        Options(steps=-1),
        Options(repeats=0),
        Options(pictures=1),
        Options(size="big"),
        Options(only="speed"),
    ],
)
def test_what_cannot_be_measured_is_refused(options: Options) -> None:
    with pytest.raises(BadValue):
        options.read(SETTINGS, "mini")

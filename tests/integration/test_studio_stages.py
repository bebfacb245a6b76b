"""The steps that are planned are the steps that the real schedulers take."""

import inspect
import json
from typing import Any

import pytest
import torch

from generation.models import MINI_FOLDER
from generation.plan import plan_of, timesteps
from generation.recipe import InputImage, Recipe, Refiner, RefinerMode
from generation.samplers import SAMPLERS, STEPS_MOST
from generation.worker.schedulers import build_scheduler
from generation.worker.stages import Stages, plan_stages

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CONFIG = json.loads((MINI_FOLDER / "base/scheduler/scheduler_config.json").read_text())
BASE = Recipe(prompt="a star", seed=1, width=64, height=64, steps=20, guidance=5, model="mini")


def stages(recipe: Recipe, with_refiner: bool = True) -> Stages:
    refiner = build_scheduler(recipe.sampler, CONFIG) if with_refiner else None
    return plan_stages(recipe, build_scheduler(recipe.sampler, CONFIG), refiner)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 20, 40, 100])
def test_planned_timesteps_are_those_of_the_scheduler(sampler: str, steps: int) -> None:
    steps = min(steps, STEPS_MOST.get(sampler, steps))
    scheduler = build_scheduler(sampler, CONFIG)
    scheduler.set_timesteps(steps)
    assert list(timesteps(sampler, steps)) == [float(time) for time in scheduler.timesteps]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 5, 20, 33, 100])
@pytest.mark.parametrize("mode", ["split", "img2img"])
def test_plan_counts_the_steps_of_both_stages(sampler: str, steps: int, mode: RefinerMode) -> None:
    steps = min(steps, STEPS_MOST.get(sampler, steps))
    for switch in (0.5, 0.7, 0.8, 0.99):
        for image in (None, InputImage("0" * 64, 0.05), InputImage("0" * 64, 0.3)):
            recipe = BASE.changed(
                sampler=sampler, steps=steps, refiner=Refiner(switch, mode), image=image
            )
            real, plan = stages(recipe), plan_of(recipe)
            assert (plan.base_steps, plan.refiner_steps) == (real.base_steps, real.refiner_steps)
            assert real.base_steps > 0


def test_a_split_that_leaves_the_base_no_step_becomes_the_base_alone() -> None:
    recipe = BASE.changed(image=InputImage("0" * 64, 0.1), refiner=Refiner(0.5))
    assert stages(recipe).refiner_steps == 0
    assert stages(recipe).base_steps == 2
    assert stages(recipe).base_end is None
    assert stages(recipe).warnings == ("base-no-step",)


def test_a_split_that_leaves_the_refiner_no_step_becomes_the_base_alone() -> None:
    recipe = BASE.changed(steps=3, sampler="dpm++2m", refiner=Refiner(0.99))
    assert stages(recipe).warnings == ("refiner-no-step",)
    assert (stages(recipe).base_steps, stages(recipe).refiner_steps) == (3, 0)


def test_a_model_without_refiner_says_that_it_was_left_out() -> None:
    recipe = BASE.changed(refiner=Refiner(0.8))
    assert stages(recipe, with_refiner=False).warnings == ("no-refiner",)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("switch", [0.5, 0.75, 0.9])
def test_a_split_loses_no_noise_level_between_the_stages(sampler: str, switch: float) -> None:
    """With a denoiser that knows the answer, one schedule and two halves end at the same place.

    Every sampler then goes straight to the answer; a stage that began a step too early or too late
    would leave noise behind or take away too much.
    """
    answer = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    recipe = BASE.changed(sampler=sampler, refiner=Refiner(switch))
    plan = stages(recipe)
    base, refiner = build_scheduler(sampler, CONFIG), build_scheduler(sampler, CONFIG)
    noise = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(2))
    base.set_timesteps(recipe.steps)
    refiner.set_timesteps(recipe.steps)
    latents = run(base, 0, plan.base_steps, noise * base.init_noise_sigma, answer)
    first = len(refiner.timesteps) - plan.refiner_steps
    latents = run(refiner, first, plan.refiner_steps, latents, answer)
    assert (latents - answer).abs().max() < 0.12


def run(
    scheduler: Any, first: int, count: int, latents: torch.Tensor, answer: torch.Tensor
) -> torch.Tensor:
    """Denoise with the exact noise of ``answer`` in the latents, whatever they are."""
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    options: dict[str, Any] = {}
    if "generator" in inspect.signature(scheduler.step).parameters:
        options["generator"] = torch.Generator().manual_seed(3)
    for time in scheduler.timesteps[first : first + count]:
        seen = scheduler.scale_model_input(latents, time)
        kept = scheduler.alphas_cumprod[int(time)]
        noise = (seen - kept.sqrt() * answer) / (1 - kept).sqrt()
        latents = scheduler.step(noise, time, latents, **options).prev_sample
    return latents

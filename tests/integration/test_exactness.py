"""The same recipe gives the same pixels: alone or among others, first or last.

On the CPU, and where there is an accelerator on that, too. What a picture has to be is painted by a
studio that has done nothing else before it, or in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from generation.engine import Failed, Finished, Progress
from generation.errors import OutOfMemory, UserError
from generation.local.engine import STUDIO
from generation.models import MINI, MINI_FOLDER, Model
from generation.recipe import InputImage, LoraUse, Refiner
from generation.samplers import SAMPLERS
from generation.settings import Device, Levers
from generation.worker.machine import devices_present
from generation.worker.painter import Stopped
from generation.worker.studio import Studio
from generation.worker.tracing import WORTH
from tests.engine_bench import begin, engine_in, events_of, hashes, of, order, until
from tests.studio_bench import RECIPE, Witness, new_studio, paint, save_input, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 3}
OTHER = Model("other", str(MINI_FOLDER / "base"), size=(128, 128))
INK, WRONG = LoraUse("inkstyle", 0.8), LoraUse("wrong", -0.5)

KINDS: dict[str, dict[str, Any]] = {
    **{sampler: {"sampler": sampler} for sampler in SAMPLERS},
    "refined": {"refiner": Refiner(0.5), "sampler": "euler-a"},
    "repainted": {"refiner": Refiner(0.5, "img2img"), "steps": 4},
    "with a lora": {"loras": (INK,), "sampler": "euler-a"},
    "with two loras": {"loras": (WRONG, INK)},
    "weighted": {"prompt": "a (red)1.4 circle++", "negative": "blue"},
    "wide": {"width": 96},
}
"""Recipes of every kind, beside ``RECIPE`` at ``SMALL``."""


def recipe(kind: str) -> dict[str, Any]:
    return {**SMALL, **KINDS[kind]}


@pytest.fixture(scope="module", params=devices_present())
def device(request: pytest.FixtureRequest) -> Device:
    device: Device = request.param
    return device


@pytest.fixture(scope="module")
def expected(device: Device) -> dict[str, str]:
    """The pixels of each kind, by a studio that keeps and replays nothing, and paints no more."""
    studio = new_studio(device=device, levers=Levers(trace="off", prompt_keys="off"))
    return {kind: sha256(paint(studio, **recipe(kind))) for kind in KINDS}


@pytest.fixture(scope="module")
def studio(device: Device) -> Studio:
    """A studio with a past: its order is another one, and it has two models."""
    studio = new_studio(device=device, models=(MINI, OTHER), levers=Levers(trace="on"))
    for kind in reversed(KINDS):
        paint(studio, **recipe(kind))
    return studio


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[InputImage, dict[str, Path]]:
    folder = tmp_path_factory.mktemp("inputs")
    digest, where = save_input(folder, Image.linear_gradient("L").resize((80, 64)).convert("RGB"))
    return InputImage(digest, 0.7), where


def another_size(studio: Studio) -> None:
    paint(studio, **{**SMALL, "width": 128, "height": 96})


def another_model(studio: Studio) -> None:
    paint(studio, model="other", **SMALL)


def another_lora(studio: Studio) -> None:
    paint(studio, loras=(WRONG, INK), refiner=Refiner(0.6), **SMALL)


def another_sampler(studio: Studio) -> None:
    paint(studio, sampler="euler-a", **SMALL)
    paint(studio, sampler="heun", **SMALL)


def a_cancelled_picture(studio: Studio) -> None:
    for step in (1, 3):
        with pytest.raises(Stopped):
            paint(
                studio,
                watch=Witness(stop_at=step),
                sampler="euler-a",
                loras=(INK,),
                refiner=Refiner(0.5),
                **SMALL,
            )


def no_memory(studio: Studio) -> None:
    for step in (1, 3):
        with pytest.raises(OutOfMemory):
            paint(
                studio,
                watch=Witness(stop_at=step, fail=torch.OutOfMemoryError("no")),
                loras=(WRONG,),
                refiner=Refiner(0.5),
                **SMALL,
            )


def a_mistake(studio: Studio) -> None:
    with pytest.raises(UserError):
        paint(studio, loras=(INK, LoraUse("nowhere")), **SMALL)
    with pytest.raises(ZeroDivisionError):
        paint(studio, watch=Witness(stop_at=2, fail=ZeroDivisionError()), **SMALL)


@pytest.mark.parametrize(
    "past",
    [
        another_size,
        another_model,
        another_lora,
        another_sampler,
        a_cancelled_picture,
        no_memory,
        a_mistake,
    ],
)
def test_what_went_before_changes_no_pixel(
    studio: Studio, expected: dict[str, str], past: Callable[[Studio], None]
) -> None:
    for kind in ("euler-a", "refined", "with a lora"):
        past(studio)
        assert sha256(paint(studio, **recipe(kind))) == expected[kind], kind


def test_what_is_replayed_gives_the_pixels_of_what_is_not(
    studio: Studio, expected: dict[str, str]
) -> None:
    base, _ = studio.easel("mini").eager.traced
    for _ in range(WORTH):
        if base.recordings:
            break
        paint(studio, **recipe("euler-a"))
    assert base.recordings
    for kind in ("euler-a", "with a lora", "weighted"):
        assert sha256(paint(studio, **recipe(kind))) == expected[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_time_gives_the_same_pixels(
    studio: Studio, expected: dict[str, str], kind: str
) -> None:
    assert sha256(paint(studio, **recipe(kind))) == expected[kind]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_place_in_a_job_gives_the_pixels_of_its_recipe_alone(
    studio: Studio, sampler: str
) -> None:
    base = RECIPE.changed(**{**SMALL, "sampler": sampler})
    alone = {
        seed: sha256(paint(studio, **{**SMALL, "sampler": sampler, "seed": seed}))
        for seed in (10, 8, 9, 7)
    }
    together = [
        sha256(studio.paint(base.for_picture(index), {}, Witness())) for index in (1, 2, 3, 4)
    ]
    assert together == [alone[seed] for seed in (7, 8, 9, 10)]
    assert len(set(together)) == 4


@pytest.mark.parametrize("sampler", ["euler", "euler-a"])
def test_a_picture_that_starts_from_one_is_the_same_after_others(
    device: Device, studio: Studio, inputs: tuple[InputImage, dict[str, Path]], sampler: str
) -> None:
    image, where = inputs
    made = [
        sha256(paint(each, where, **{**SMALL, "image": image, "sampler": sampler}))
        for each in (new_studio(device=device), studio, studio)
    ]
    assert len(set(made)) == 1


def test_a_model_that_was_dropped_and_loaded_again_gives_the_same_pixels(
    device: Device, expected: dict[str, str]
) -> None:
    more = tuple(Model(f"m{number}", str(MINI_FOLDER / "base")) for number in (1, 2))
    studio = new_studio(device=device, models=(MINI, *more), keep_bytes=0)
    for kind in ("euler-a", "with a lora"):
        assert sha256(paint(studio, **recipe(kind))) == expected[kind]
        for model in more:
            paint(studio, model=model.name, **SMALL)
        assert "mini" not in studio.models


async def test_workers_that_come_and_go_give_the_pixels_of_one(
    tmp_path: Path, device: Device, expected: dict[str, str]
) -> None:
    """Four in one job, each alone in another worker, and after one was cancelled or failed."""
    settings: dict[str, Any] = {"device": device, "threads": 1}
    four: dict[str, Any] = {"count": 4, "prompt": RECIPE.prompt, **recipe("euler-a")}
    async with engine_in(tmp_path / "a", STUDIO, **settings) as engine:
        together = hashes(await events_of(engine, order(**four)))
        assert together[0] == expected["euler-a"]
    async with engine_in(tmp_path / "b", STUDIO, **settings) as engine:
        events, task = begin(engine, order(job="bbbbbb", **{**SMALL, "steps": 500}))
        await until(lambda: of(Progress, events))
        await engine.cancel("bbbbbb")
        await task
        failed = await events_of(engine, order(job="cccccc", loras=(LoraUse("nowhere"),), **SMALL))
        assert isinstance(failed[-1], Failed)
        for place, seed in ((4, 10), (2, 8)):
            alone = await events_of(engine, order(**{**four, "count": 1, "seed": seed}))
            assert isinstance(alone[-1], Finished)
            assert hashes(alone) == [together[place - 1]]


def test_the_pictures_of_these_tests_are_different_ones(expected: dict[str, str]) -> None:
    assert len(set(expected.values())) == len(KINDS)

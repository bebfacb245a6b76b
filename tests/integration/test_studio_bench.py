"""The measurement compares like with like. What it measures is no test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.bench.measure import PLAINLY, Plan, bench_recipe, measure_queue, queue_of
from generation.settings import GenerationSettings
from generation.worker.bench.side_by_side import Rivals, run
from tests.studio_bench import Witness

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_both_ways_come_to_the_same_pixels() -> None:
    result = run(GenerationSettings(threads=1), "mini", steps=3, repeats=2)
    assert result["same_pixels"]
    assert result["device"] == "cpu"
    picture = result["picture"]
    assert picture["ratio"] == pytest.approx(picture["plain_s"] / picture["ours_s"], abs=0.01)


async def test_a_queue_is_measured_with_both_ways_in_one_worker(tmp_path: Path) -> None:
    settings = GenerationSettings(threads=1, incoming=tmp_path / "mine")
    result = await measure_queue(settings, Plan("mini", steps=10, repeats=1, pictures=3))
    queue = result["queue"]
    assert queue["pictures"] == 3
    assert queue["ratio"] == pytest.approx(
        queue["ours_per_minute"] / queue["plain_per_minute"], rel=0.01
    )
    assert result["idle_ms_p50"] >= 0
    assert not (tmp_path / "mine").exists(), "what is measured is no picture of the owner's"


def test_a_queue_has_no_prompt_and_no_seed_twice() -> None:
    recipe = bench_recipe(GenerationSettings(), "mini", 2)
    queue = queue_of(recipe, 20)
    assert len({each.prompt for each in queue}) == len({each.seed for each in queue}) == 20


def test_the_plain_way_paints_as_many_pictures_as_it_is_asked_for() -> None:
    settings = GenerationSettings(threads=1)
    rivals, recipe = Rivals(settings), bench_recipe(settings, "mini", 2)
    witness = Witness()
    plain = rivals.paint(recipe.changed(negative=f"{PLAINLY}3"), {}, witness)
    assert len(witness.prepared) == 3
    last = queue_of(recipe, 3)[-1]
    assert np.array_equal(plain.pixels, rivals.paint(last, {}, Witness()).pixels)

"""The measurement compares like with like. What it measures is no test."""

from __future__ import annotations

import pytest

from generation.settings import GenerationSettings
from generation.worker.bench import run

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_both_ways_come_to_the_same_pixels() -> None:
    result = run(GenerationSettings(threads=1), "mini", steps=3, repeats=2)
    assert result["same_pixels"]
    assert result["device"] == "cpu"
    picture = result["picture"]
    assert picture["ratio"] == pytest.approx(picture["plain_s"] / picture["ours_s"], abs=0.01)

from __future__ import annotations

import pytest

from generation.local.gaps import REMEMBERED, Gaps
from generation.worker.messages import Painted


def painted(begun: float, ended: float, launch: str = "a") -> Painted:
    return Painted(launch, 1, begun, ended)


def test_nothing_is_known_before_the_second_order() -> None:
    gaps = Gaps()
    assert gaps.median is None
    gaps.learn(painted(0, 1), next_waits=True)
    assert gaps.median is None
    gaps.learn(painted(1.25, 2), next_waits=False)
    assert gaps.median == 0.25


def test_a_worker_without_work_leaves_no_gap() -> None:
    gaps = Gaps()
    gaps.learn(painted(0, 1), next_waits=False)
    gaps.learn(painted(60, 61), next_waits=True)
    gaps.learn(painted(61.5, 62), next_waits=True)
    assert gaps.median == 0.5


def test_the_clock_of_another_worker_is_another_one() -> None:
    gaps = Gaps()
    gaps.learn(painted(0, 1), next_waits=True)
    gaps.learn(painted(900, 901, "b"), next_waits=True)
    assert gaps.median is None


def test_the_median_is_that_of_the_last_gaps() -> None:
    gaps = Gaps()
    at = 0.0
    for gap in [*[5.0] * REMEMBERED, *[0.1] * REMEMBERED]:
        gaps.learn(painted(at, at + 1), next_waits=True)
        at += 1 + gap
    assert gaps.median == pytest.approx(0.1)

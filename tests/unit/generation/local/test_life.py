from __future__ import annotations

import time

from generation.local.life import SignsOfLife
from generation.worker.messages import Beat


def overdue(phase: str, *spent: float) -> bool:
    life = SignsOfLife(0.05)
    life.renew("painting")
    time.sleep(0.06)
    for seconds in spent:
        life.beat(Beat("ab", phase, seconds))
    return life.is_over()


def test_work_in_a_phase_without_steps_is_a_sign_of_life() -> None:
    assert not overdue("loading", 1.0, 2.0)


def test_a_beat_without_work_is_none() -> None:
    life = SignsOfLife(0.05)
    life.beat(Beat("ab", "loading", 5.0))
    time.sleep(0.06)
    life.beat(Beat("ab", "loading", 5.0))
    assert life.is_over()


def test_a_busy_processor_is_none_while_steps_are_due() -> None:
    assert overdue("base", 1.0, 2.0)


def test_even_work_ends_the_patience_at_last() -> None:
    life = SignsOfLife(0.02)
    life.renew("painting")
    time.sleep(0.1)
    life.beat(Beat("ab", "compiling", 9.0))
    assert life.is_over()

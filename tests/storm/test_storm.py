"""The short form of the storm; ``make storm`` has the long one."""

from __future__ import annotations

from pathlib import Path

from tests.storm.storm import QUICK, Plan, storm


async def test_what_was_acknowledged_in_a_storm_comes_once_whatever_is_killed(
    tmp_path: Path,
) -> None:
    plan = Plan(
        tmp_path,
        seed=5,
        jobs=36,
        people=6,
        kills=6,
        pause=1.5,
        words=QUICK,
        last_kill=True,
        patience=240.0,
    )
    outcome = await storm(plan)
    assert outcome.faults == [], outcome.numbers
    assert sum(outcome.numbers["kills"].values()) >= plan.kills

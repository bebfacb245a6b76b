"""The short form of the power cuts; ``make storm`` has the long one."""

from __future__ import annotations

from pathlib import Path

from tests.storm.power_cut import cut


async def test_what_a_power_cut_leaves_opens_clean_and_goes_on(tmp_path: Path) -> None:
    outcome = await cut(tmp_path, copies=3, seed=3)
    assert outcome.faults == []
    assert len(outcome.opened) == 3
    assert all(each["jobs"] for each in outcome.opened)

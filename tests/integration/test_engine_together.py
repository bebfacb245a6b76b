"""Orders that wait at the engine and go together, through a real worker process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from generation.engine import Cancelled, Failed, Finished, Progress, Retry
from generation.errors import WorkerDied
from generation.settings import Levers
from tests.engine_bench import begin, engine_in, expected_hash, hashes, of, order, recipe, until

TOGETHER = Levers(batching="throughput", batch=4)


async def test_orders_that_wait_go_together_and_one_of_them_can_be_cancelled(
    tmp_path: Path,
) -> None:
    async with engine_in(tmp_path, levers=TOGETHER) as engine:
        three = [
            begin(engine, order("wait here", job=name * 6, seed=seed))
            for name, seed in (("a", 10), ("b", 20), ("c", 30))
        ]
        await until(lambda: all(of(Progress, events) for events, _ in three))
        assert all(of(Progress, events)[0].preview for events, _ in three), "each has its own"
        await engine.cancel("bbbbbb")
        await until(lambda: engine._supervisor._handed[2].cancelled)
        (tmp_path / "go").touch()
        await asyncio.gather(*(task for _, task in three))
        assert engine.status().steps_per_second["mini"] > 0
    one, cancelled, third = (events for events, _ in three)
    assert (tmp_path / "passes").read_text() == "10 20 30\n"
    assert hashes(one) == [expected_hash(recipe(seed=10))]
    assert hashes(third) == [expected_hash(recipe(seed=30))]
    assert isinstance(one[-1], Finished)
    assert cancelled[-1] == Cancelled()
    assert not hashes(cancelled)


async def test_after_a_death_in_company_each_order_is_painted_alone_and_one_is_blamed(
    tmp_path: Path,
) -> None:
    async with engine_in(tmp_path, levers=TOGETHER) as engine:
        named = {"quarrelsome it": "aaaaaa", "segfault it": "bbbbbb", "good one": "cccccc"}
        three = [
            begin(engine, order(prompt, job=job, seed=seed))
            for seed, (prompt, job) in enumerate(named.items(), 40)
        ]
        await asyncio.gather(*(task for _, task in three))
        assert engine.status().deaths == {"SIGSEGV": 3}, "once together, twice the culprit"
    quarrelsome, bad, good = (events for events, _ in three)
    assert hashes(quarrelsome) == [expected_hash(recipe(seed=40))]
    assert hashes(good) == [expected_hash(recipe(seed=42))]
    assert of(Retry, quarrelsome) == of(Retry, good) == []
    assert isinstance(bad[-1], Failed)
    assert isinstance(bad[-1].error, WorkerDied)
    assert bad[-1].error.attempts == 2
    assert (tmp_path / "passes").read_text() == "40 41 42\n"

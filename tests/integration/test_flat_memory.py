"""Whatever people do, nothing of it stays in memory once it is over."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from bot.config import load_config
from bot.metrics import Metrics
from bot.wiring import running_app
from generation.engine import Progress
from generation.local import LocalEngine
from tests.busy_people import BusyPeople, ForgetfulAdapter
from tests.engine_bench import engine_in, events_of, order, until
from tests.fakes import FakeEngine
from tests.live_objects import grown, settled_census


async def test_after_three_hundred_jobs_no_more_is_alive_than_after_a_hundred(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text(
        "[generation]\nmodel = 'mini'\n[limits]\njobs_per_user = 50\n"
        "jobs_per_hour = 30\ncommands_per_minute = 10000\n"
    )
    config = load_config(tmp_path / "config.toml", {})
    engine, adapter = FakeEngine(config.generation().incoming), ForgetfulAdapter()
    async with running_app(
        config, engine, resume=True, work=True, adapters=[adapter], meter=Metrics()
    ) as app:
        people = BusyPeople(app, engine, adapter.chat)
        await people.make(100)
        engine.orders.clear()
        before = await settled_census(people.is_idle)
        await people.make(200)
        engine.orders.clear()
        after = await settled_census(people.is_idle)
    assert people.problems == []
    assert adapter.chat.previews > 0
    assert grown(before, after) == {}


async def carry_out(engine: LocalEngine, orders: int) -> None:
    """Let pictures be painted, and every fifth order be cancelled in its middle."""
    for number in range(orders):
        if number % 5:
            await events_of(engine, order(job=f"job{number:03}", count=2, steps=2))
            continue
        async for event in (events := engine.run(order("wait", job=f"job{number:03}"))):
            if isinstance(event, Progress):
                await engine.cancel(f"job{number:03}")
        await events.aclose()


async def test_neither_engine_nor_worker_keep_anything_of_three_hundred_orders(
    tmp_path: Path,
) -> None:
    async with engine_in(tmp_path) as engine:
        counts = []
        for orders in (100, 200):
            await carry_out(engine, orders)
            await until(lambda: engine.status().state == "idle")
            counts.append(await settled_census(lambda: True))
            await events_of(engine, order("count"))
    assert grown(*counts) == {}
    in_worker = [Counter(json.loads((tmp_path / f"census-{i}").read_text())) for i in (0, 1)]
    assert in_worker[0]["Worker"] == 1
    assert grown(*in_worker) == {}

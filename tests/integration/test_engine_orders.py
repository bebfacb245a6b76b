"""Orders through a real worker process with a painter that needs no model."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.secrecy import SECRETS
from generation.engine import (
    Cancelled,
    Failed,
    Finished,
    PictureReady,
    Preparing,
    Preview,
    Progress,
)
from generation.errors import InternalFault, OutOfMemory, UnknownName
from generation.metadata import read_metadata
from generation.recipe import InputImage, Upscale
from tests.engine_bench import (
    begin,
    engine_in,
    events_of,
    expected_hash,
    hashes,
    of,
    order,
    recipe,
    until,
)


async def test_an_order_ends_in_its_pictures_each_with_its_seed_and_hash(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events = await events_of(engine, order(count=3))

    assert isinstance(events[-1], Finished)
    ready = of(PictureReady, events)
    assert [picture.index for picture in ready] == [1, 2, 3]
    assert [picture.recipe.seed for picture in ready] == [7, 8, 9]
    assert hashes(events) == [expected_hash(recipe().for_picture(i)) for i in (1, 2, 3)]
    assert ready[0].environment == '{"paper":"white"}'
    assert ready[0].warnings == ("sketched\tby hand",)


async def test_an_order_that_only_enlarges_needs_no_model(tmp_path: Path) -> None:
    image, size = InputImage("a" * 64), {"width": 128, "height": 128}
    async with engine_in(tmp_path) as engine:
        for how, ending in (("plain", Finished), ("redraw", Failed)):
            wanted = recipe(model="none", image=image, upscale=Upscale(2, how), **size)  # type: ignore[arg-type]
            events = await events_of(engine, replace(order(), recipe=wanted))
            assert isinstance(events[-1], ending), how
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, UnknownName)


async def test_the_file_is_whole_before_the_picture_is_announced(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        async for event in engine.run(order()):
            if isinstance(event, PictureReady):
                with Image.open(event.path) as image:
                    assert image.size == (event.width, event.height) == (64, 64)
                found = read_metadata(event.path)
                assert found.recipe == event.recipe
                assert found.picture_id == "k7f3q2.1"
    assert not list((tmp_path / "incoming").glob("*.part"))


async def test_steps_come_in_order_with_seconds_left_and_speed_is_remembered(
    tmp_path: Path,
) -> None:
    async with engine_in(tmp_path) as engine:
        steps = of(Progress, await events_of(engine, order(steps=6)))
        assert [step.step for step in steps] == sorted(step.step for step in steps)
        assert steps[-1].step == steps[-1].total == 6
        assert steps[-1].seconds_left == 0
        assert engine.status().steps_per_second["mini"] > 0


async def test_an_order_waits_for_the_one_that_runs(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        first, first_task = begin(engine, order("wait here", job="aaaaaa"))
        await until(lambda: of(Progress, first))
        second, second_task = begin(engine, order(job="bbbbbb", seed=40))
        await asyncio.sleep(0.2)
        assert not of(Progress, second)
        (tmp_path / "go").touch()
        await asyncio.gather(first_task, second_task)
    assert isinstance(first[-1], Finished)
    assert hashes(second) == [expected_hash(recipe(seed=40))]


async def test_cancel_ends_an_order_in_mid_picture_and_the_next_one_runs(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events, task = begin(engine, order("wait for it", count=2))
        await until(lambda: of(Progress, events))
        await engine.cancel("k7f3q2")
        await task
        assert isinstance(events[-1], Cancelled)
        assert not of(PictureReady, events)
        assert isinstance((await events_of(engine, order(job="bbbbbb")))[-1], Finished)


async def test_cancel_of_a_waiting_order_leaves_the_running_one_alone(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        running, running_task = begin(engine, order("wait", job="aaaaaa"))
        await until(lambda: of(Progress, running))
        waiting, waiting_task = begin(engine, order(job="bbbbbb"))
        await until(lambda: True)
        await asyncio.sleep(0.1)
        await engine.cancel("bbbbbb")
        await waiting_task
        assert waiting == [Cancelled()]
        (tmp_path / "go").touch()
        await running_task
    assert isinstance(running[-1], Finished)


async def test_cancel_before_the_first_event_is_asked_for_works(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events = engine.run(order())
        await engine.cancel("k7f3q2")
        assert [event async for event in events][-1] == Cancelled()


async def test_late_cancel_does_not_stop_the_next_order_of_the_same_job(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        assert isinstance((await events_of(engine, order()))[-1], Finished)
        await engine.cancel("k7f3q2")
        assert isinstance((await events_of(engine, order()))[-1], Finished)


async def test_leaving_the_events_early_cancels_the_order(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events = engine.run(order("wait"))
        async for event in events:
            if isinstance(event, Progress):
                break
        await events.aclose()
        assert isinstance((await events_of(engine, order(job="bbbbbb")))[-1], Finished)


async def test_cancelling_the_receiving_task_cancels_the_order(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events, task = begin(engine, order("wait"))
        await until(lambda: of(Progress, events))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance((await events_of(engine, order(job="bbbbbb")))[-1], Finished)


async def test_an_error_for_people_fails_its_order_alone(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        [*_, last] = await events_of(engine, order("memory runs out"))
        assert isinstance(last, Failed)
        assert isinstance(last.error, OutOfMemory)
        assert last.error.values() == {"device": "paper", "width": 64, "height": 64}
        pid = engine.status().pid
        assert isinstance((await events_of(engine, order()))[-1], Finished)
        assert engine.status().pid == pid


async def test_a_lack_of_main_memory_is_told_as_such(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        [*_, last] = await events_of(engine, order("huge"))
    assert isinstance(last, Failed)
    assert isinstance(last.error, OutOfMemory)


async def test_a_fault_is_logged_with_its_traceback_under_the_reference(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine_in(tmp_path) as engine:
        [*_, last] = await events_of(engine, order("fault"))
        assert isinstance(last, Failed)
        assert isinstance(last.error, InternalFault)
        assert isinstance((await events_of(engine, order()))[-1], Finished)
    record = next(each for each in caplog.records if last.error.reference in each.getMessage())
    assert "ZeroDivisionError" in record.traceback  # type: ignore[attr-defined]
    assert "\n" not in record.getMessage()
    assert record.levelno == logging.ERROR
    assert record.job == "k7f3q2"  # type: ignore[attr-defined]


async def test_an_unknown_model_is_named_with_the_nearest(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        [last] = await events_of(engine, order(model="mimi"))
    assert isinstance(last, Failed)
    assert isinstance(last.error, UnknownName)
    assert last.error.near == ("mini",)


async def test_what_libraries_print_goes_to_the_log_file_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with engine_in(tmp_path) as engine:
        assert isinstance((await events_of(engine, order("noisy")))[-1], Finished)
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""
    logged = (tmp_path / "worker.log").read_text()
    for line in ("written from C", "from a child"):
        assert line in logged


async def test_no_secret_is_in_the_workers_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {name: f"secret-of-{name.lower()}" for name in SECRETS}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    async with engine_in(tmp_path) as engine:
        assert isinstance((await events_of(engine, order("confess")))[-1], Finished)
    logged = (tmp_path / "worker.log").read_text()
    assert "PYTHONPATH" in logged
    assert [name for name, value in secrets.items() if value in logged] == []


async def test_a_preview_waits_until_the_one_before_is_taken(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events = engine.run(order("wait"))
        async for event in events:
            if isinstance(event, Progress) and event.preview:
                break
        await asyncio.sleep(1.6)  # dozens of steps, and three times as long as previews are apart
        newest = await anext(events)
        assert isinstance(newest, Progress)
        assert newest.preview == Preview(1, 1, bytes((2, 0, 0))), "the third was not even made"
        await events.aclose()


async def test_a_slow_receiver_gets_the_newest_step_not_a_backlog(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events = engine.run(order(steps=200))
        first = await anext(events)
        assert isinstance(first, Preparing)
        await until(lambda: (tmp_path / "incoming").glob("*.png") and engine.status().models)
        await asyncio.sleep(0.5)
        rest = [event async for event in events]
    assert isinstance(rest[-1], Finished)
    assert len(of(Progress, rest)) < 20


async def test_start_returns_before_the_worker_is_ready_and_status_tells(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        assert engine.status().state == "starting"
        await events_of(engine, order())
        status = engine.status()
    assert (status.state, status.models, status.device) == ("idle", ("mini",), "paper")
    assert status.sizes == {"mini": 1000}
    assert engine.status().state == "stopped"


async def test_closing_ends_the_events_of_an_order_without_a_last_one(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events, task = begin(engine, order("wait"))
        await until(lambda: of(Progress, events))
    await task
    assert not isinstance(events[-1], Finished | Failed | Cancelled)
    assert not list((tmp_path / "incoming").glob("*.part"))


async def test_an_order_that_comes_during_the_preload_is_told_what_holds_it_up(
    tmp_path: Path,
) -> None:
    async with engine_in(tmp_path, "tests.painters:SlowLoader", preload="mini") as engine:
        events, task = begin(engine, order())
        await until(lambda: Preparing("loading") in events)
        (tmp_path / "go").touch()
        await task
    assert isinstance(events[-1], Finished)
    assert of(Preparing, events)[0].phase == "starting"


async def test_the_time_between_two_orders_is_known_once_one_waited(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        await events_of(engine, order())
        await events_of(engine, order())
        assert engine.status().idle_seconds is None, "nobody waited"
        _, first = begin(engine, order("wait"))
        await until(lambda: engine.status().state == "busy")
        _, second = begin(engine, order())
        await until(lambda: engine._supervisor._waiting)
        (tmp_path / "go").touch()
        await first
        await second
        idle = engine.status().idle_seconds
    assert idle is not None
    assert idle > 0


async def test_what_decides_pixels_here_is_told_beforehand_and_outlives_the_worker(
    tmp_path: Path,
) -> None:
    async with engine_in(tmp_path) as engine:
        assert engine.status().machine == {}
        await until(lambda: engine.status().state == "idle")
        assert (engine.status().machine, engine.status().plans) == ({"paper": "white"}, {})
        await events_of(engine, order())
        plans = {"mini": {"pencil": "soft"}}
        await until(lambda: engine.status().plans == plans)
        pid = engine.status().pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        await until(lambda: engine.status().pid != pid)
        assert (engine.status().machine, engine.status().plans) == ({"paper": "white"}, plans)

"""What kills a worker, and what becomes of its orders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from generation.engine import Failed, Finished, PictureReady, Progress, Retry
from generation.errors import (
    CannotWrite,
    DeviceMissing,
    DiskFull,
    WorkerDied,
    WorkerHung,
    WorkerWillNotStart,
)
from generation.local import LocalEngine
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


async def another_worker(engine: LocalEngine, than: int) -> None:
    await until(lambda: engine.status().pid not in (None, than))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_kill_from_outside_costs_no_picture_and_is_no_attempt(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with engine_in(tmp_path) as engine:
        events, task = begin(engine, order("wait", count=2))
        for _ in range(3):
            await until(lambda: of(Progress, events))
            events.clear()
            pid = engine.status().pid
            assert pid
            os.kill(pid, number)
            await another_worker(engine, pid)
        (tmp_path / "go").touch()
        await task
        assert engine.status().deaths == {number.name: 3}
    assert isinstance(events[-1], Finished)
    assert hashes(events) == [expected_hash(recipe("wait").for_picture(i)) for i in (1, 2)]


async def test_after_a_kill_only_the_pictures_still_missing_are_painted(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events, task = begin(engine, order(count=9, steps=60))
        await until(lambda: len(of(PictureReady, events)) >= 3)
        before = engine.status().pid
        assert before
        os.kill(before, signal.SIGKILL)
        await task
        assert engine.status().pid != before
    assert isinstance(events[-1], Finished)
    assert [picture.index for picture in of(PictureReady, events)] == list(range(1, 10))
    launches = [picture.path.name.split("-")[0] for picture in of(PictureReady, events)]
    assert len(set(launches)) == 2
    assert not list((tmp_path / "incoming").glob("*.part"))


async def test_kills_without_end_are_not_endured_for_ever(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        [*_, last] = await events_of(engine, order("killed"))
        assert isinstance(last, Failed)
        assert isinstance(last.error, WorkerDied)
        assert (last.error.attempts, last.error.reason) == (20, "SIGKILL")
        assert isinstance((await events_of(engine, order()))[-1], Finished)


async def test_an_order_that_brings_its_worker_down_is_tried_twice_then_explained(
    tmp_path: Path,
) -> None:
    async with engine_in(tmp_path) as engine:
        for prompt, reason in (("segfault", "SIGSEGV"), ("exit", "exit code 3")):
            [*_, last] = await events_of(engine, order(prompt))
            assert isinstance(last, Failed)
            assert isinstance(last.error, WorkerDied)
            assert (last.error.attempts, last.error.reason) == (2, reason)
        assert isinstance((await events_of(engine, order()))[-1], Finished)


async def test_what_an_order_brought_down_before_is_counted(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        first = await events_of(engine, order("segfault"))
        assert of(Retry, first) == [Retry(1)]
        again = await events_of(engine, replace(order("segfault"), attempts=1))
        assert of(Retry, again) == []
        assert engine.status().deaths == {"SIGSEGV": 3}
    assert isinstance(again[-1], Failed)
    assert isinstance(again[-1].error, WorkerDied)
    assert again[-1].error.attempts == 2


async def test_a_kill_from_outside_is_not_told_as_a_try(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        assert of(Retry, await events_of(engine, order("killed"))) == []


async def test_an_order_whose_second_try_works_ends_well(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events = await events_of(engine, order("segfault-once"))
    assert isinstance(events[-1], Finished)
    assert hashes(events) == [expected_hash(recipe("segfault-once"))]


async def test_a_death_is_not_blamed_on_the_order_that_waits(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        bad, bad_task = begin(engine, order("segfault", job="aaaaaa"))
        good, good_task = begin(engine, order(job="bbbbbb"))
        await bad_task
        await good_task
    assert isinstance(bad[-1], Failed)
    assert isinstance(good[-1], Finished)


async def test_a_hung_worker_is_killed_and_counted(tmp_path: Path) -> None:
    async with engine_in(tmp_path, hang_seconds=3) as engine:
        [*_, last] = await events_of(engine, order("hang"))
        assert isinstance(last, Failed)
        assert isinstance(last.error, WorkerHung)
        assert (last.error.attempts, last.error.seconds) == (2, 3)
        assert isinstance((await events_of(engine, order()))[-1], Finished)


async def test_a_worker_stopped_by_a_signal_counts_as_hung_too(tmp_path: Path) -> None:
    async with engine_in(tmp_path, hang_seconds=3) as engine:
        events, task = begin(engine, order("wait"))
        await until(lambda: of(Progress, events))
        pid = engine.status().pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        await another_worker(engine, pid)
        (tmp_path / "go").touch()
        await task
    assert isinstance(events[-1], Finished)


async def test_ctrl_c_does_not_reach_the_worker(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        events, task = begin(engine, order("wait"))
        await until(lambda: of(Progress, events))
        pid = engine.status().pid
        assert pid
        assert os.getpgid(pid) != os.getpgid(0), "the terminal signals a process group"
        os.kill(pid, signal.SIGINT)
        (tmp_path / "go").touch()
        await task
        assert engine.status().pid == pid
    assert isinstance(events[-1], Finished)
    assert "KeyboardInterrupt" not in (tmp_path / "worker.log").read_text()


# Starting -----------------------------------------------------------------------------------------


async def test_a_missing_device_is_told_as_itself(tmp_path: Path) -> None:
    async with engine_in(tmp_path, "tests.painters:without_device") as engine:
        [*_, last] = await events_of(engine, order())
        assert isinstance(last, Failed)
        assert isinstance(last.error, DeviceMissing)
        assert isinstance((await events_of(engine, order()))[-1], Failed)


@pytest.mark.parametrize(
    ("painter", "reason"),
    [
        ("broken", "ImportError: libcudart.so.12: cannot open shared object file"),
        ("dying", "cannot go on like this"),
        ("missing", "AttributeError: module 'tests.painters' has no attribute 'missing'"),
    ],
)
async def test_a_worker_that_will_not_start_is_tried_twice_and_says_why(
    tmp_path: Path, painter: str, reason: str
) -> None:
    async with engine_in(tmp_path, f"tests.painters:{painter}") as engine:
        [*_, last] = await events_of(engine, order())
    assert isinstance(last, Failed)
    assert isinstance(last.error, WorkerWillNotStart)
    assert last.error.reason == reason
    assert last.error.log == str(tmp_path / "worker.log")


async def test_a_start_that_works_the_second_time_is_enough(tmp_path: Path) -> None:
    async with engine_in(tmp_path, "tests.painters:broken_once") as engine:
        assert isinstance((await events_of(engine, order()))[-1], Finished)


async def test_a_start_that_hangs_is_ended(tmp_path: Path) -> None:
    async with engine_in(tmp_path, "tests.painters:sleeping", hang_seconds=3) as engine:
        [*_, last] = await events_of(engine, order())
    assert isinstance(last, Failed)
    assert isinstance(last.error, WorkerWillNotStart)
    assert last.error.reason == "hung"


async def test_a_log_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with engine_in(tmp_path, log_file=tmp_path / "file" / "worker.log") as engine:
        [*_, last] = await events_of(engine, order())
    assert isinstance(last, Failed)
    assert isinstance(last.error, CannotWrite)


# Writing ------------------------------------------------------------------------------------------


async def test_a_full_disk_fails_the_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        await events_of(engine, order())
        worker = psutil.Process(engine.status().pid)
        worker.rlimit(psutil.RLIMIT_FSIZE, (20_000, psutil.RLIM_INFINITY))
        [*_, last] = await events_of(engine, order(job="bbbbbb", width=256, height=256))
        assert isinstance(last, Failed)
        assert isinstance(last.error, DiskFull)
        assert last.error.folder == str(tmp_path / "incoming")
        assert not list((tmp_path / "incoming").glob("*bbbbbb*"))
        worker.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
        events = await events_of(engine, order(job="cccccc", width=256, height=256))
        assert isinstance(events[-1], Finished)


async def test_a_folder_that_cannot_be_made_fails_the_order(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with engine_in(tmp_path, incoming=tmp_path / "file" / "incoming") as engine:
        [*_, last] = await events_of(engine, order())
    assert isinstance(last, Failed)
    assert isinstance(last.error, CannotWrite)


# The parent's end ---------------------------------------------------------------------------------

PARENT = """
import asyncio, sys
from pathlib import Path
from generation.engine import Progress
from tests.engine_bench import engine_in, order

async def main():
    async with engine_in(Path(sys.argv[1])) as engine:
        async for event in engine.run(order("wait")):
            if isinstance(event, Progress):
                print(engine.status().pid, flush=True)

asyncio.run(main())
"""


def test_the_worker_ends_with_its_parent_in_mid_step(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as parent:
        assert parent.stdout
        worker = psutil.Process(int(parent.stdout.readline()))
        assert worker.is_running()
        parent.kill()
        worker.wait(timeout=30)

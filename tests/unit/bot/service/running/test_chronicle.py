from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import load_config
from bot.invocation import Invocation
from bot.log_context import at_hand
from bot.logs import NameJob
from bot.service.running.chronicle import Chronicle
from bot.service.running.meter import Unmetered
from bot.wiring import App, running_app
from generation.errors import OutOfMemory
from storage.records import JobRecord, ReplyTo
from tests.engine_bench import until
from tests.fakes import FakeAdapter, FakeEngine

LIFE = ["accepted", "started", "rendered", "delivered"]


class Scene:
    """A bot on a fake engine, and what it logs of each job."""

    def __init__(self, app: App, engine: FakeEngine, caplog: pytest.LogCaptureFixture) -> None:
        self.app = app
        self.engine = engine
        self._caplog = caplog

    async def ask(self, prompt: str, **options: str) -> str:
        asked = Invocation("imagine", {"prompt": prompt, **options}, "fake:ann", ReplyTo("fake"))
        return str((await self.app.service.answer(asked)).job)

    def life(self, job: str) -> list[str]:
        """What was logged for the owner while a job was at hand."""
        records = [each for each in self._caplog.records if each.levelno >= logging.INFO]
        return [each.getMessage() for each in records if getattr(each, "job", "") == job]

    async def until(self, job: str, word: str) -> list[str]:
        await until(lambda: any(line.startswith(word) for line in self.life(job)))
        return self.life(job)


@pytest.fixture
async def scene(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Scene]:
    (tmp_path / "config.toml").write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(tmp_path / "config.toml", {})
    engine = FakeEngine(config.generation().incoming)
    caplog.handler.addFilter(NameJob())
    caplog.set_level(logging.INFO)
    async with running_app(config, engine, resume=True, work=True, adapters=[FakeAdapter()]) as app:
        yield Scene(app, engine, caplog)


async def test_the_life_of_a_job_is_four_lines_that_name_it(scene: Scene) -> None:
    job = await scene.ask("a very secret circle", count="2", size="64x64", steps="5")
    accepted, started, rendered, delivered = await scene.until(job, "delivered")
    assert accepted == (
        "accepted: /imagine by fake:ann in fake:, 2 pictures with mini, 0.041 megapixel-steps"
    )
    assert started.startswith("started, ")
    assert rendered == "rendered in 0.2 s"
    assert delivered.startswith("delivered, ")
    assert all(line.endswith(" s after it was accepted") for line in (started, delivered))


async def test_a_failure_is_told_by_its_kind_and_the_prompt_by_nobody(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.engine.faults["a very secret circle"] = OutOfMemory("cpu", 64, 64)
    job = await scene.ask("a very secret circle")
    assert (await scene.until(job, "failed"))[2:] == ["failed: OutOfMemory"]
    assert "secret" not in caplog.text


async def test_a_cancelled_job_is_told_once(scene: Scene) -> None:
    scene.engine.hold.clear()
    running, waiting = await scene.ask("one"), await scene.ask("two")
    for job in (waiting, running):
        asked = Invocation("cancel", {"id": job}, "fake:ann", ReplyTo("fake"))
        await scene.app.service.answer(asked)
    assert [line.split()[0] for line in await scene.until(running, "cancelled")] == [
        "accepted:",
        "started,",
        "cancelled",
    ]
    assert (await scene.until(waiting, "cancelled"))[1:] == ["cancelled"]


async def test_jobs_side_by_side_keep_their_lines_apart(scene: Scene) -> None:
    jobs = [await scene.ask(f"picture {number}") for number in range(5)]
    for job in jobs:
        lines = await scene.until(job, "delivered")
        assert [line.split()[0].strip(":,") for line in lines] == LIFE
    assert at_hand().job == ""


class Noted(Unmetered):
    """A meter that remembers how long deliveries took."""

    def __init__(self) -> None:
        self.deliveries: list[float] = []

    def delivered(self, job: JobRecord, seconds: float) -> None:
        self.deliveries.append(seconds)


async def test_a_clock_that_was_set_back_makes_no_negative_wait(scene: Scene) -> None:
    id_ = await scene.ask("a red circle")
    await scene.until(id_, "delivered")
    job = await scene.app.store.jobs.get(id_)
    assert job is not None
    noted = Noted()
    for apart in (-3600, 2):
        Chronicle(noted, lambda: job.created + timedelta(seconds=apart)).delivered(job)  # noqa: B023
    assert noted.deliveries == [0.0, 2.0]

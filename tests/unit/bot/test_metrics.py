from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot import texts
from bot.chat_errors import CannotListen
from bot.cli.running import attend
from bot.cli.watching import Watch, watch
from bot.config import Config, load_config
from bot.config_sections import MetricsSection
from bot.invocation import Invocation
from bot.metrics import Metrics
from bot.reply import Reply
from bot.vitals import Vitals, look_at
from bot.wiring import App, running_app
from generation.engine import EngineStatus
from generation.errors import OutOfMemory
from storage.records import ReplyTo
from tests.fakes import FakeAdapter, FakeEngine
from tests.scraping import PATIENCE, Scrape, free_port, scrape

README = Path(__file__).parents[3] / "README.md"
NOBODY = "fake:somebody-secret"


@dataclass
class Watched:
    """A bot on a fake engine and a fake chat, whose numbers can be read."""

    app: App
    engine: FakeEngine
    adapter: FakeAdapter
    address: str

    async def read(self) -> Scrape:
        return await scrape(self.address)

    async def ask(self, command: str = "imagine", **options: str) -> Reply:
        asked = Invocation(command, options, NOBODY, ReplyTo("fake", "a-secret-place"))
        return await self.app.service.answer(asked)

    async def until(self, name: str, value: float, **labels: str) -> Scrape:
        async with asyncio.timeout(PATIENCE):
            while (seen := await self.read()).get(name, **labels) != value:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return seen


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n")
    return load_config(file, {})


@pytest.fixture
async def watched(config: Config) -> AsyncIterator[Watched]:
    engine, adapter, metrics = FakeEngine(config.generation().incoming), FakeAdapter(), Metrics()
    async with AsyncExitStack() as stack:
        opened = running_app(
            config, engine, resume=True, work=True, adapters=[adapter], meter=metrics
        )
        app = await stack.enter_async_context(opened)
        folders = {"data": config.data, "pictures": config.pictures}
        look = metrics.served(MetricsSection(), lambda: look_at(app), folders)
        port = await stack.enter_async_context(look)
        yield Watched(app, engine, adapter, f"http://127.0.0.1:{port}/metrics")


async def test_a_job_moves_the_numbers_from_its_acceptance_to_its_delivery(
    watched: Watched,
) -> None:
    before = await watched.read()
    watched.engine.hold.clear()
    await watched.ask(prompt="a red circle", count="3", seed="7")
    await watched.ask(prompt="a blue square")
    await watched.until("reroll_job_wait_seconds_count", 1)
    # Counts and states are not read in the same moment; from here on none of them moves.
    meanwhile = await watched.read()
    watched.engine.hold.set()
    await watched.until("reroll_jobs_ended_total", 2, end="delivered", error="")
    after = await watched.read()
    of_mini = {"model": "mini"}
    seen = [
        (
            each.get("reroll_jobs_accepted_total", platform="fake", command="imagine"),
            each.get("reroll_queued_jobs"),
            each.get("reroll_running_jobs"),
            each.get("reroll_job_wait_seconds_count"),
            each.get("reroll_job_drawing_seconds_count", **of_mini),
            each.get("reroll_job_delivery_seconds_count", platform="fake"),
            each.get("reroll_pictures_total", **of_mini),
        )
        for each in (before, meanwhile, after)
    ]
    assert seen == [(0, 0, 0, 0, 0, 0, 0), (2, 1, 1, 1, 0, 0, 0), (2, 0, 0, 2, 2, 2, 4)]
    assert after.get("reroll_job_drawing_seconds_sum", **of_mini) == pytest.approx(0.4)
    assert after.get("reroll_model_megapixel_steps_per_second", **of_mini) == 1.0


async def test_failures_are_counted_by_their_kind_and_cancellations_by_themselves(
    watched: Watched,
) -> None:
    watched.engine.faults["a red circle"] = OutOfMemory("cpu", 64, 64)
    await watched.ask(prompt="a red circle")
    await watched.until("reroll_jobs_ended_total", 1, end="failed", error="OutOfMemory")
    watched.engine.hold.clear()
    running, waiting = await watched.ask(prompt="one"), await watched.ask(prompt="two")
    for reply in (waiting, running):
        await watched.ask("cancel", id=str(reply.job))
    after = await watched.until("reroll_jobs_ended_total", 2, end="cancelled", error="")
    assert after.get("reroll_jobs_ended_total", end="delivered", error="") == 0
    assert after.get("reroll_job_drawing_seconds_count", model="mini") == 0


async def test_a_check_draws_but_makes_no_pictures(watched: Watched) -> None:
    reply = await watched.ask(prompt="a red circle")
    await watched.until("reroll_jobs_ended_total", 1, end="delivered", error="")
    await watched.ask("verify", id=str(reply.job))
    after = await watched.until("reroll_jobs_ended_total", 2, end="delivered", error="")
    assert after.get("reroll_jobs_accepted_total", platform="fake", command="verify") == 1
    assert after.get("reroll_job_drawing_seconds_count", model="mini") == 2
    assert after.get("reroll_pictures_total", model="mini") == 1


async def test_results_that_their_chat_has_not_taken_are_counted_with_their_age(
    watched: Watched,
) -> None:
    watched.adapter.surface.hold.clear()
    await watched.ask(prompt="a red circle")
    owed = await watched.until("reroll_undelivered_results", 1)
    assert owed.get("reroll_undelivered_oldest_seconds") > 0
    watched.adapter.surface.hold.set()
    paid = await watched.until("reroll_undelivered_results", 0)
    assert paid.get("reroll_undelivered_oldest_seconds") == 0


async def test_how_the_bot_is_can_be_read_at_any_time(watched: Watched) -> None:
    first = await watched.read()
    assert first.get("reroll_adapter_connected", platform="fake") == 0
    watched.adapter.state = "connected"
    seen = await watched.read()
    assert seen.get("reroll_adapter_connected", platform="fake") == 1
    assert seen.get("reroll_worker_state", state="idle") == 1
    assert seen.get("reroll_worker_state", state="busy") == 0
    assert seen.get("reroll_resident_memory_bytes", process="bot") > 10e6
    for folder in ("data", "pictures"):
        assert seen.get("reroll_disk_free_bytes", folder=folder) > 0


async def test_first_answers_are_measured_by_platform(watched: Watched) -> None:
    meter = watched.app.runner  # the same app serves both platforms
    assert meter.running == 0
    metrics = Metrics()
    for seconds in (0.02, 0.02, 2.7, 9.0):
        metrics.acknowledged("slack", seconds)
    async with metrics.served(MetricsSection(), lambda: look_at(watched.app), {}) as port:
        seen = await scrape(f"http://127.0.0.1:{port}/metrics")
    name = "reroll_acknowledgement_seconds_bucket"
    counts = [seen.get(name, platform="slack", le=le) for le in ("0.01", "0.025", "3.0", "+Inf")]
    assert counts == [0, 2, 3, 4]


async def test_no_person_and_no_prompt_is_in_the_numbers(watched: Watched) -> None:
    await watched.ask(prompt="a very secret circle")
    after = await watched.until("reroll_jobs_ended_total", 1, end="delivered", error="")
    assert "secret" not in after.text


async def test_the_names_follow_the_rules_of_prometheus(watched: Watched) -> None:
    await watched.ask(prompt="a red circle")
    seen = await watched.until("reroll_jobs_ended_total", 1, end="delivered", error="")
    assert len(seen.kinds) > 15
    for name, kind in seen.kinds.items():
        assert re.fullmatch(r"reroll(_[a-z]+)+", name)
        assert not name.endswith(("_count", "_sum", "_total", "_ms", "_mb"))
        if kind == "histogram":
            assert name.endswith("_seconds")
    totals = {name for name, _labels in seen.values if name.endswith("_total")}
    assert {name.removesuffix("_total") for name in totals} <= set(seen.kinds)


async def test_workers_that_died_and_their_memory_are_told(config: Config) -> None:
    status = EngineStatus("stopped", pid=2**30, deaths={"SIGKILL": 2, "exit code 3": 1})

    async def look() -> Vitals:
        return Vitals(0, 0, 0, 0.0, status, {})

    async with Metrics().served(MetricsSection(), look, {"gone": config.data / "gone"}) as port:
        seen = await scrape(f"http://127.0.0.1:{port}/metrics")
    assert seen.get("reroll_worker_restarts_total", reason="SIGKILL") == 2
    assert seen.get("reroll_worker_restarts_total", reason="exit code 3") == 1
    assert "worker" not in seen.text.partition("TYPE reroll_resident_memory_bytes")[2]


async def test_what_can_be_counted_is_told_even_when_the_bot_does_not_say_how_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def look() -> Vitals:
        raise ValueError("a fault of ours")

    metrics = Metrics()
    metrics.acknowledged("slack", 0.5)
    async with metrics.served(MetricsSection(), look, {}) as port:
        seen = await scrape(f"http://127.0.0.1:{port}/metrics")
    assert seen.get("reroll_acknowledgement_seconds_count", platform="slack") == 1
    assert "reroll_queued_jobs" not in seen.kinds
    assert "a fault of ours" in caplog.text


# In reroll run ------------------------------------------------------------------------------------


def with_port(config: Config, port: int) -> Config:
    assert config.file is not None
    config.file.write_text(f"[generation]\nmodel = 'mini'\n[metrics]\nport = {port}\n")
    return load_config(config.file, {})


def test_without_a_port_nobody_counts(config: Config) -> None:
    assert watch(config) == Watch()


async def test_a_port_that_is_taken_is_one_sentence_before_anybody_is_logged_in(
    config: Config,
) -> None:
    adapter, told = FakeAdapter(), list[str]()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = with_port(config, taken.getsockname()[1])
        watching = watch(config)
        engine = FakeEngine(config.generation().incoming)
        opened = running_app(
            config, engine, resume=True, work=True, adapters=[adapter], meter=watching.meter
        )
        with pytest.raises(CannotListen) as refused:
            await attend(opened, [adapter], asyncio.Event(), told.append, watching.watched)
    assert refused.value.exit_code == 2
    sentence = texts.sentence(refused.value)
    assert sentence.startswith(f"127.0.0.1:{config.settings.metrics.port} cannot be listened on")
    assert "set [metrics] host and port to" in sentence
    assert "start" not in adapter.heard


async def test_the_owner_is_told_where_the_numbers_are_and_they_end_with_the_run(
    config: Config,
) -> None:
    port = free_port()
    config = with_port(config, port)
    watching, adapter, told = watch(config), FakeAdapter(), list[str]()
    engine, stop = FakeEngine(config.generation().incoming), asyncio.Event()
    opened = running_app(
        config, engine, resume=True, work=True, adapters=[adapter], meter=watching.meter
    )
    run = asyncio.create_task(attend(opened, [adapter], stop, told.append, watching.watched))
    async with asyncio.timeout(PATIENCE):
        while not any("Jobs are taken" in each for each in told):
            assert not run.done(), run
            await asyncio.sleep(0.01)
    address = f"http://127.0.0.1:{port}/metrics"
    assert f"Metrics: {address}" in told
    assert (await scrape(address)).get("reroll_adapter_connected", platform="fake") == 1
    stop.set()
    await run
    with pytest.raises(OSError, match="refused"):
        await scrape(address)


async def test_the_readme_names_every_number_with_its_labels(watched: Watched) -> None:
    watched.adapter.state = "connected"
    metrics = Metrics()
    reply = await watched.ask(prompt="a red circle")
    await watched.until("reroll_jobs_ended_total", 1, end="delivered", error="")
    job = await watched.app.store.jobs.get(str(reply.job))
    assert job is not None
    for told in (metrics.accepted, metrics.picture, metrics.stopped):
        told(job)
    for measured in (metrics.started, metrics.rendered, metrics.delivered):
        measured(job, 1.0)
    metrics.acknowledged("fake", 1.0)
    status = EngineStatus("idle", steps_per_second={"mini": 1.0}, deaths={"hung": 1})

    async def look() -> Vitals:
        return replace(await look_at(watched.app), engine=status)

    folders = {"data": watched.app.config.data}
    async with metrics.served(MetricsSection(), look, folders) as port:
        seen = await scrape(f"http://127.0.0.1:{port}/metrics")
    exported: dict[str, set[str]] = {}
    for (name, labels), _value in seen.values.items():
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        exported.setdefault(family, set()).update(dict(labels).keys() - {"le"})
    rows = re.findall(r"^\| `(reroll_\w+)` \| (.*?) ?\| ", README.read_text("utf-8"), re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == exported

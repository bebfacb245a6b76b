from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import texts
from bot.chat_errors import NoTokens, TokenMissing, TokenRefused
from bot.cli.running import attend, present
from bot.config import Config, load_config
from bot.control.client import RemoteSession
from bot.invocation import Invocation
from bot.wiring import App, running_app
from generation.engine import Preparing
from generation.errors import ModelMissing
from storage.ownership import find_owner
from storage.records import ReplyTo
from storage.store import Store
from tests.fakes import FakeAdapter, FakeEngine

PATIENCE = 120.0
REFUSED = TokenRefused("fake", "FAKE_TOKEN")
SECRET = "MTIz.abc.the-secret-part"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n")
    return load_config(file, {})


@pytest.fixture
def engine(config: Config) -> FakeEngine:
    return FakeEngine(config.generation().incoming)


@dataclass
class Run:
    """``reroll run`` on a fake engine, with what it told."""

    config: Config
    engine: FakeEngine
    adapters: list[FakeAdapter]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    told: list[str] = field(default_factory=list)

    def opened(self) -> AbstractAsyncContextManager[App]:
        return running_app(self.config, self.engine, resume=True, work=True, adapters=self.adapters)

    async def until_stopped(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await attend(self.opened(), self.adapters, self.stop, self.told.append)

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Run beside the test until its end, and stop then."""
        task = asyncio.create_task(self.until_stopped())
        try:
            await until(lambda: task.done() or any("Jobs are taken" in each for each in self.told))
            yield
        finally:
            self.stop.set()
            await task


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def ask(adapter: FakeAdapter, prompt: str) -> Awaitable[object]:
    assert adapter.service is not None
    asked = Invocation("imagine", {"prompt": prompt}, "fake:ann", ReplyTo("fake", "a"))
    return adapter.service.answer(asked)


# Who is there -------------------------------------------------------------------------------------


def test_without_tokens_nothing_starts(config: Config) -> None:
    with pytest.raises(NoTokens) as refused:
        present(config, {"DISCORD_BOT_TOKEN": " \n"})
    assert "DISCORD_BOT_TOKEN or SLACK_BOT_TOKEN with" in texts.sentence(refused.value)
    assert "SLACK_BOT_TOKEN with SLACK_APP_TOKEN" in texts.sentence(refused.value)
    assert "reroll console" in texts.sentence(refused.value)


SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


async def test_each_service_with_tokens_has_an_adapter(config: Config) -> None:
    discord = {"DISCORD_BOT_TOKEN": f"{SECRET}\n"}
    for tokens, names in (
        (discord, ["discord"]),
        (SLACK, ["slack"]),
        (discord | SLACK, ["discord", "slack"]),
        (discord | {"SLACK_SIGNING_SECRET": "unused"}, ["discord"]),
    ):
        adapters = present(config, tokens)
        assert [adapter.name for adapter in adapters] == names
        assert {adapter.state for adapter in adapters} == {"connecting"}
        for adapter in adapters:
            await adapter.close()


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_half_of_what_slack_needs_is_not_enough(tmp_path: Path, mode: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[slack]\nmode = '{mode}'\n")
    config = load_config(file, {})
    second = {"socket": "SLACK_APP_TOKEN", "http": "SLACK_SIGNING_SECRET"}[mode]
    for here, missing in (("SLACK_BOT_TOKEN", second), (second, "SLACK_BOT_TOKEN")):
        with pytest.raises(TokenMissing) as refused:
            present(config, {"DISCORD_BOT_TOKEN": SECRET, here: "x-1"})
        assert refused.value.exit_code == 2
        sentence = texts.sentence(refused.value)
        assert sentence.startswith(f"Slack needs {missing} too: copy it from api.slack.com/apps (")
    [adapter] = present(config, {"SLACK_BOT_TOKEN": "xoxb-1", second: "x-1"})
    await adapter.close()


@pytest.mark.parametrize("token", ["the token", "tok\nen", "töken"])
def test_what_can_be_no_token_is_refused_before_it_is_sent(config: Config, token: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        present(config, {"DISCORD_BOT_TOKEN": token})
    sentence = texts.sentence(refused.value)
    assert sentence.startswith("Discord does not take the token in DISCORD_BOT_TOKEN:")
    assert token not in sentence.replace("the token in", "")


# From the start to the end ------------------------------------------------------------------------


async def test_a_run_says_what_it_does_and_shows_in_the_status(
    config: Config, engine: FakeEngine
) -> None:
    run = Run(config, engine, [FakeAdapter()])
    async with run.beside():
        owner = find_owner(config.data)
        assert owner is not None
        assert (await RemoteSession(owner).status()).adapters == {"fake": "connected"}
        run.adapters[0].state = "disconnected"
        assert (await RemoteSession(owner).status()).adapters == {"fake": "disconnected"}
    assert run.told[0] == "fake: logged in as fake#1, in 2 servers."
    assert "model mini" in run.told[1]
    assert str(config.data) in run.told[1]
    assert find_owner(config.data) is None


async def test_what_is_not_done_at_the_end_waits_for_the_next_start(
    config: Config, engine: FakeEngine
) -> None:
    engine.hold.clear()
    run = Run(config, engine, [FakeAdapter()])
    async with run.beside():
        await ask(run.adapters[0], "a star")
        await engine.begun.wait()
    assert run.adapters[0].heard == ["start", "stop listening", "close"]
    async with Store(config.database_url, folder=config.folder) as store:
        [job] = await store.jobs.waiting()
    assert job.recipe.prompt == "a star"


async def test_an_end_that_is_known_is_told_before_the_adapter_is_closed(
    config: Config, engine: FakeEngine
) -> None:
    run = Run(config, engine, [FakeAdapter()])
    run.adapters[0].surface.hold.clear()
    async with run.beside():
        await ask(run.adapters[0], "a star")
        await until(lambda: engine.orders)
        await until_rendered(run)
    assert run.adapters[0].heard == ["start", "stop listening", "told the end", "close"]


async def until_rendered(run: Run) -> None:
    service = run.adapters[0].service
    assert service is not None
    async with asyncio.timeout(PATIENCE):
        while True:
            [job] = await service.desk.store.jobs.unfinished()
            if job.status == "rendered":
                return
            await asyncio.sleep(0.01)


async def test_an_adapter_that_cannot_start_ends_the_run_and_frees_the_folder(
    config: Config, engine: FakeEngine
) -> None:
    first, second = FakeAdapter(), FakeAdapter("other", REFUSED)
    run = Run(config, engine, [first, second])
    with pytest.raises(TokenRefused):
        await run.until_stopped()
    assert first.heard[-1] == second.heard[-1] == "close"
    assert find_owner(config.data) is None


async def test_a_stop_during_the_start_ends_it(config: Config, engine: FakeEngine) -> None:
    run = Run(config, engine, [FakeAdapter()])
    run.adapters[0].slow = True
    task = asyncio.create_task(run.until_stopped())
    await until(lambda: run.adapters[0].heard)
    run.stop.set()
    await task
    assert run.adapters[0].heard[-1] == "close"
    assert find_owner(config.data) is None


async def test_a_run_goes_on_as_long_as_one_adapter_does(
    config: Config, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = FakeAdapter(), FakeAdapter("other")
    run = Run(config, engine, [first, second])
    task = asyncio.create_task(run.until_stopped())
    await until(lambda: any("Jobs are taken" in each for each in run.told))
    first.lose(REFUSED)
    await until(lambda: "fake: fake does not take the token" in caplog.text)
    assert not task.done()
    second.lose(TokenRefused("other", "OTHER_TOKEN"))
    with pytest.raises(TokenRefused):
        await task


# The first download -------------------------------------------------------------------------------


async def test_the_first_download_is_told_now_and_then(config: Config, engine: FakeEngine) -> None:
    steps = [Preparing("downloading", "mini", done, 1_000_000) for done in range(0, 1_000_001, 999)]
    engine.downloads = [Preparing("downloading", "mini"), *steps]
    run = Run(config, engine, [FakeAdapter()])
    async with run.beside():
        await until(lambda: "mini is here now." in run.told)
    about = [each for each in run.told if "being downloaded" in each]
    assert about[0] == "The model mini is being downloaded; jobs for it wait meanwhile."
    assert "(50.9 kB of 1 MB)" in about[1]
    assert len(about) in range(15, 22)


async def test_a_download_that_fails_does_not_end_the_run(
    config: Config, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.download_fault = ModelMissing("mini", "the hub", "no network")
    run = Run(config, engine, [FakeAdapter()])
    async with run.beside():
        await until(lambda: "The model mini cannot be had" in caplog.text)
        await ask(run.adapters[0], "a star")
        await until(lambda: engine.orders)
    assert not any("here now" in each for each in run.told)

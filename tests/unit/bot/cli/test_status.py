from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import texts
from bot.cli.shell import show_status
from bot.config import load_config
from bot.wiring import running_app
from storage.ownership import Ownership
from tests.fakes import FakeAdapter, FakeEngine


async def test_a_health_check_fails_where_no_bot_runs_or_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(file, {})
    codes = []

    async def look(*, check: bool) -> None:
        codes.append(await show_status(file, as_json=True, check=check))

    await look(check=True)
    with Ownership.acquire(config.data):
        # It comes up, and answers nobody yet.
        await look(check=True)
    engine, adapter = FakeEngine(config.generation().incoming), FakeAdapter()
    adapter.state = "disconnected"
    async with running_app(config, engine, resume=True, work=True, adapters=[adapter]):
        await look(check=True)
    await look(check=True)
    await look(check=False)
    assert codes == [1, 1, 0, 1, 0]
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["adapters"] for each in answers] == [{}, {}, {"fake": "disconnected"}, {}, {}]
    assert all(set(each) == {"adapters", "queue", "worker", "models"} for each in answers)


def test_the_status_calls_the_services_by_their_names() -> None:
    adapters = {"discord": "connected", "slack": "disconnected"}
    said = texts.status("busy", 1, adapters, runs=True)
    assert said == "The worker is busy; 1 job waits; Discord connected; Slack disconnected."
    assert texts.status("idle", 0, {}, runs=True) == "The worker is idle; 0 jobs wait."


def test_the_status_says_what_the_models_in_memory_take() -> None:
    sizes = {"mini": 28_029_772, "sdxl": 11_456_730_286}
    said = texts.status("idle", 0, {}, runs=True, models=sizes)
    assert said.endswith("; in memory: mini (28 MB) and sdxl (11.5 GB).")

from __future__ import annotations

from pathlib import Path

import pytest

from bot import texts
from bot.chat_errors import Unreachable
from bot.cli.app import run
from bot.secrecy import SECRETS, without_secrets
from bot.service.service import refusal
from generation.errors import CannotWrite, UnknownName, UserError, WorkerWillNotStart

SECRET = "Qf3kTz8mWwYb1sN0aXcV"


@pytest.fixture(params=SECRETS)
def secret(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The value of one of the variables, as careless people set it."""
    monkeypatch.setenv(request.param, f" {SECRET}\n")
    return SECRET


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("slack", "https://x", f"GET wss://x/?ticket={SECRET} failed"),
        Unreachable("discord", f"https://discord.com/api/webhooks/1/{SECRET}/messages"),
        WorkerWillNotStart(f"xoxb-1-{SECRET}", "/data/worker.log"),
        WorkerWillNotStart(f"Authorization: Bearer hf_{SECRET}", "/data/worker.log"),
    ],
    ids=str,
)
def test_no_error_shows_what_opens_a_door(error: UserError) -> None:
    assert SECRET in str(error)
    assert SECRET not in texts.sentence(error)
    reply = refusal(error)
    assert SECRET not in repr(reply)
    assert "***" in repr(reply)


def test_no_error_shows_the_value_of_a_secret_variable(secret: str) -> None:
    for error in (UnknownName("model", secret), CannotWrite(f"/data/{secret}", "no")):
        assert secret not in texts.sentence(error)


def test_no_error_of_the_shell_shows_a_secret_not_even_with_its_traceback(
    secret: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(f"[generation]\nmodel = '{secret}'\n")
    for words in (["models"], ["--debug", "models"], ["--debug", "show", "--config", secret]):
        assert run(words) == 2
    said = capsys.readouterr()
    assert secret not in said.out + said.err
    assert said.err.count("Traceback") == 2
    assert said.err.count("***") == 2


def test_what_is_no_secret_stays_as_it_is() -> None:
    said = "hf_hub, an axe, x-app and 100 tokens: (a token) is a word; actions/what/they/do"
    assert without_secrets(said) == said

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from bot.adapters.discord.starting import point_at
from bot.cli.doctor import LOW_DISK, disks, examine
from bot.cli.finding import Finding
from bot.cli.running import TOKENS
from bot.cli.weight_checks import styles, upscalers
from bot.config import load_config
from bot.config_sections import DiscordSection
from bot.errors import BadStyle
from generation.upscalers import library_version
from storage.room import RESERVE
from tests.discord_api import APPLICATION, TOKEN, api
from tests.slack_api import APP_TOKEN, BOT_TOKEN, slack_api


def test_upscalers_are_counted_and_their_library_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("[generation]\nmodel = 'mini'\n")
    folder = tmp_path / "data" / "upscalers"

    def found() -> list[Finding]:
        config = load_config(tmp_path / "config.toml", {})
        return list(upscalers(config))

    assert [(each.state, each.sentence[:18]) for each in found()] == [("ok", "0 upscalers ready;")]
    folder.mkdir(parents=True)
    save_file({"a": np.zeros(3, np.float32)}, folder / "sharp.safetensors")
    (folder / "broken.safetensors").write_bytes(b"no weights")
    broken, *library, count = found()
    assert (broken.state, "broken.safetensors" in broken.sentence) == ("fault", True)
    assert [each.sentence for each in library if "pip install" not in each.sentence] == []
    assert len(library) == (1 if library_version() is None else 0)
    assert count.sentence.startswith("1 upscaler ready;")


@pytest.fixture(autouse=True)
def _no_tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)
    yield
    point_at(DiscordSection())


async def about_discord(folder: Path, url: str = "", guilds: str = "[]") -> list[Finding]:
    """Return what the doctor finds of Discord."""
    config = f"[discord]\nguilds = {guilds}\n" + (f'api_url = "{url}"\n' if url else "")
    return await about("discord", folder, config)


async def about_slack(folder: Path, url: str = "", mode: str = "socket") -> list[Finding]:
    """Return what the doctor finds of Slack."""
    config = f"[slack]\nmode = '{mode}'\n" + (f'api_url = "{url}"\n' if url else "")
    return await about("slack", folder, config)


async def about(service: str, folder: Path, config: str) -> list[Finding]:
    """Return what the doctor finds of a chat service, which it looks at before the disk."""
    file = folder / "config.toml"
    file.write_text(config)

    def look() -> list[Finding]:
        return list(takewhile(lambda finding: finding.subject != "disk", examine(file)))

    return [each for each in await asyncio.to_thread(look) if each.subject == service]


async def test_without_a_token_the_doctor_says_where_to_get_one(tmp_path: Path) -> None:
    [finding] = await about_discord(tmp_path)
    assert finding.state == "note"
    assert "discord.com/developers/applications" in finding.sentence


def test_the_doctor_says_what_is_wrong_with_the_styles(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(tmp_path / "config.toml", {})
    [finding] = styles(config)
    assert finding.sentence == f"2 styles for mini; more go into {tmp_path / 'styles.toml'}."
    (tmp_path / "styles.toml").write_text("[night]\nstepps = 3")
    with pytest.raises(BadStyle, match="night"):
        list(styles(config))


async def test_the_doctor_knows_who_the_token_is_and_where_the_bot_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", f"{TOKEN}\n")
    missing = (403, {"message": "Missing Access", "code": 50001})
    about = APPLICATION | {"interactions_endpoint_url": "https://example.org/hook"}
    async with api(commands=missing, application=(200, about)) as url:
        findings = await about_discord(tmp_path, url, "[4711]")
    assert [finding.state for finding in findings] == ["ok", "note", "fault", "fault"]
    known, alone, elsewhere, absent = (finding.sentence for finding in findings)
    assert known == "The token is that of reroll (application 123), in 0 servers."
    assert "client_id=123&" in alone
    assert "https://example.org/hook" in elsewhere
    assert "the server 4711: open https://discord.com/oauth2/authorize" in absent


async def test_a_bot_in_a_server_is_no_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    about = APPLICATION | {"approximate_guild_count": 1}
    async with api(application=(200, about)) as url:
        [finding] = await about_discord(tmp_path, url)
    assert finding == Finding(
        "ok", "discord", "The token is that of reroll (application 123), in 1 server."
    )


async def test_a_token_that_is_refused_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    async with api(me=(401, {"message": "401: Unauthorized", "code": 0})) as url:
        [finding] = await about_discord(tmp_path, url)
    assert (finding.state, finding.subject) == ("fault", "discord")
    assert "Discord does not take the token" in finding.sentence


async def test_what_can_be_no_token_is_not_even_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", "a token")
    async with api() as url:
        [finding] = await about_discord(tmp_path, url)
    assert finding.state == "fault"
    assert "Discord does not take the token" in finding.sentence


async def test_a_discord_out_of_reach_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    [finding] = await about_discord(tmp_path, "http://discord.invalid/api/v10")
    assert finding.state == "fault"
    assert "check the network" in finding.sentence


# Slack --------------------------------------------------------------------------------------------


@pytest.fixture
def slack_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", f"{BOT_TOKEN}\n")
    monkeypatch.setenv("SLACK_APP_TOKEN", f" {APP_TOKEN}")


async def test_without_tokens_the_doctor_says_how_to_make_an_app(tmp_path: Path) -> None:
    [socket] = await about_slack(tmp_path)
    [http] = await about_slack(tmp_path, mode="http")
    assert socket.state == http.state == "note"
    assert "`reroll manifest slack`" in socket.sentence
    assert "SLACK_APP_TOKEN from api.slack.com/apps" in socket.sentence
    assert "SLACK_SIGNING_SECRET from api.slack.com/apps" in http.sentence


@pytest.mark.usefixtures("slack_tokens")
async def test_the_doctor_looks_at_slack_without_connecting(tmp_path: Path) -> None:
    async with slack_api() as api:
        found = await about_slack(tmp_path, api.url)
        assert [method for method, _ in api.asked] == ["auth.test", "apps.connections.open"]
        assert api.opened == []
    assert found == [
        Finding("ok", "slack", "The token is that of @reroll in Example (workspace T1)."),
        Finding("ok", "slack", "Slack opens connections for SLACK_APP_TOKEN."),
    ]


@pytest.mark.usefixtures("slack_tokens")
async def test_each_fault_with_slack_is_named_with_its_fix(tmp_path: Path) -> None:
    refused = {"ok": False, "error": "missing_scope", "needed": "connections:write"}
    async with slack_api() as api:
        api.scopes = "chat:write,commands"
        api.answers["apps.connections.open"] = (200, refused)
        known, scopes, socket = await about_slack(tmp_path, api.url)
    assert (known.state, scopes.state, socket.state) == ("ok", "fault", "fault")
    assert "the token in SLACK_BOT_TOKEN lacks app_mentions:read, " in scopes.sentence
    assert "chat:write," not in scopes.sentence
    assert "install the app again" in scopes.sentence
    assert "the token in SLACK_APP_TOKEN lacks connections:write: make a new one" in socket.sentence


async def test_half_of_the_tokens_of_slack_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    async with slack_api() as api:
        missing, known = await about_slack(tmp_path, api.url)
        mode_missing, mode_known, listens = await about_slack(tmp_path, api.url, "http")
    assert (missing.state, known.state) == ("fault", "ok")
    assert missing.sentence.startswith("Slack needs SLACK_APP_TOKEN too")
    assert mode_missing.sentence.startswith("Slack needs SLACK_SIGNING_SECRET too")
    assert (mode_known.state, listens.state) == ("ok", "note")
    assert "http://127.0.0.1:3000/slack/events" in listens.sentence
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    [alone] = await about_slack(tmp_path)
    assert alone.sentence.startswith("Slack needs SLACK_BOT_TOKEN too")


async def test_tokens_in_each_others_place_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", APP_TOKEN)
    monkeypatch.setenv("SLACK_APP_TOKEN", BOT_TOKEN)
    async with slack_api() as api:
        [found] = await about_slack(tmp_path, api.url)
        assert api.asked == []
    assert found.state == "fault"
    assert found.sentence.startswith("SLACK_BOT_TOKEN holds a token for SLACK_APP_TOKEN")
    assert APP_TOKEN not in found.sentence


@pytest.mark.parametrize(
    ("free", "state", "said"),
    [
        (RESERVE - 1, "fault", "until then no job is taken"),
        (LOW_DISK - 1, "note", "GB free for"),
        (LOW_DISK, "ok", "2 GB free for"),
    ],
)
def test_a_disk_on_which_no_job_is_taken_is_a_fault(
    tmp_path: Path, free: int, state: str, said: str
) -> None:
    [finding] = disks([tmp_path / "data"], lambda _folder: free)
    assert (finding.subject, finding.state) == ("disk", state)
    assert said in finding.sentence

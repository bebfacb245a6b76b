from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from bot.adapters.discord.starting import point_at
from bot.cli.doctor import Finding, examine
from bot.config import DiscordSection
from tests.discord_api import APPLICATION, TOKEN, api


@pytest.fixture(autouse=True)
def _no_tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("DISCORD_BOT_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield
    point_at(DiscordSection())


async def about_discord(folder: Path, url: str = "", guilds: str = "[]") -> list[Finding]:
    """Return what the doctor finds of the chat services, which it looks at before the disk."""
    file = folder / "config.toml"
    file.write_text(f"[discord]\nguilds = {guilds}\n" + (f'api_url = "{url}"\n' if url else ""))

    def look() -> list[Finding]:
        return list(takewhile(lambda finding: finding.subject != "disk", examine(file)))

    return (await asyncio.to_thread(look))[2:]


async def test_without_a_token_the_doctor_says_where_to_get_one(tmp_path: Path) -> None:
    [finding] = await about_discord(tmp_path)
    assert finding.state == "note"
    assert "discord.com/developers/applications" in finding.sentence


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

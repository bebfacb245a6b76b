from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import discord
import pytest

from bot import texts
from bot.cli.app import run
from bot.commands import Widest, commands
from bot.errors import (
    IntentsRefused,
    NotInstalled,
    NoTokens,
    ServiceDown,
    ServiceRefuses,
    TokenRefused,
    Unreachable,
)
from bot.manifest import (
    DISCORD_PERMISSIONS,
    application_id,
    discord_install,
    discord_invite,
    discord_permissions,
    slack_manifest,
)
from generation.errors import AlreadyRunning, UserError

README = Path(__file__).parents[3] / "README.md"
ID = "123456789012345678"
TOKEN = base64.b64encode(ID.encode()).decode().rstrip("=") + ".x.y"


def test_slack_gets_three_commands_with_help_within_its_limits() -> None:
    manifest = slack_manifest(commands(Widest()))
    slash = manifest["features"]["slash_commands"]
    assert [command["command"] for command in slash] == ["/imagine", "/reroll", "/art"]
    assert all(0 < len(command["description"]) <= 2000 for command in slash)
    assert manifest["settings"]["socket_mode_enabled"]


def test_the_token_spells_the_application() -> None:
    assert application_id(TOKEN) == ID
    assert application_id("not a token") is None


@pytest.mark.parametrize("name", DISCORD_PERMISSIONS)
def test_each_permission_bit_is_the_one_of_its_name(name: str) -> None:
    flag = {"View Channels": "view_channel"}.get(name, name.lower().replace(" ", "_"))
    assert DISCORD_PERMISSIONS[name] == discord.Permissions(**{flag: True}).value


def test_the_link_to_a_server_asks_for_the_commands_and_just_these_permissions() -> None:
    query = parse_qs(urlparse(discord_invite(ID)).query)
    assert query["client_id"] == [ID]
    assert query["scope"] == ["bot applications.commands"]
    asked = discord.Permissions(int(query["permissions"][0]))
    assert {name for name, given in asked if given} == {
        "read_messages",
        "send_messages",
        "embed_links",
        "attach_files",
        "read_message_history",
        "send_messages_in_threads",
    }


def test_the_link_to_an_account_asks_for_the_commands_alone() -> None:
    query = parse_qs(urlparse(discord_install(ID)).query)
    assert query == {
        "client_id": [ID],
        "scope": ["applications.commands"],
        "integration_type": ["1"],
    }


def test_the_readme_names_the_permissions_of_the_link() -> None:
    text = README.read_text(encoding="utf-8")
    assert set(re.findall(r"permissions=(\d+)", text)) == {str(discord_permissions())}
    for name in DISCORD_PERMISSIONS:
        assert name in text


@pytest.mark.parametrize(
    "error",
    [
        NoTokens(("DISCORD_BOT_TOKEN",)),
        TokenRefused("discord", "DISCORD_BOT_TOKEN"),
        NotInstalled("discord", "4711", "https://x"),
        IntentsRefused("discord"),
        Unreachable("discord", "https://x"),
        ServiceDown("discord", 503),
        ServiceRefuses("discord", 403),
        AlreadyRunning(1, "/data"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_readme_explains_what_a_start_that_fails_says(error: UserError) -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert any(texts.sentence(error).startswith(row) for row in rows)


def test_the_readme_shows_what_a_run_says() -> None:
    text = README.read_text(encoding="utf-8")
    assert texts.run_adapter("discord", "Reroll#1234", 1) in text
    assert texts.run_ready("mini", "/home/you/reroll/data") in text


def test_the_readme_explains_every_button_of_a_picture() -> None:
    text = README.read_text(encoding="utf-8")
    for action in ("reroll", "edit", "recipe", "favorite", "delete", "cancel"):
        assert f"| `{texts.BUTTONS[action]}` |" in text
    for name in texts.MENUS.values():
        assert f"`{name}`" in text


def test_the_manifest_for_discord_shows_links_and_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", f"{TOKEN}\n")
    assert run(["manifest", "discord"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert discord_invite(ID) in lines
    assert discord_install(ID) in lines
    at = lines.index("/imagine  Make a picture from words.")
    assert lines[at + 1] == "    prompt  What to paint, in words."
    assert TOKEN not in "".join(lines)


def test_the_manifest_without_a_token_says_what_to_put_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISCORD_BOT_TOKEN", raising=False)
    assert run(["manifest", "discord"]) == 0
    out = capsys.readouterr().out
    assert "client_id=APPLICATION_ID&" in out
    assert "in place of APPLICATION_ID." in out


def test_the_manifest_has_the_commands_as_discord_gets_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REROLL_LIMITS__STEPS", "33")
    assert run(["manifest", "discord", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    made = {command["name"]: command for command in found["commands"]}
    steps = next(each for each in made["imagine"]["options"] if each["name"] == "steps")
    assert (steps["type"], steps["min_value"], steps["max_value"]) == (4, 1, 33)
    assert made["imagine"]["integration_types"] == [0, 1]
    assert {name for name, command in made.items() if command["type"] == 3} == {
        "Recipe",
        "Reroll",
        "Use as input",
    }
    assert found["permissions"] == discord_permissions()

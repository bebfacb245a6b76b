from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import discord
import pytest
import yaml

from bot import texts
from bot.chat_errors import (
    IntentsRefused,
    NotInstalled,
    NoTokens,
    ScopesMissing,
    ServiceDown,
    ServiceRefuses,
    SocketModeOff,
    TokenMissing,
    TokenRefused,
    Unreachable,
    WrongToken,
)
from bot.cli.app import run
from bot.commands import Widest, commands
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


def slack(request_url: str = "") -> dict[str, Any]:
    return slack_manifest(commands(Widest()), request_url)


def test_slack_gets_three_commands_with_help_within_its_limits() -> None:
    slash = slack()["features"]["slash_commands"]
    assert [command["command"] for command in slash] == ["/imagine", "/reroll", "/art"]
    for command in slash:
        assert 0 < len(command["description"]) <= 2000
        assert 0 < len(command["usage_hint"]) <= 1000


def test_slack_shows_the_bot_by_names_that_it_takes() -> None:
    manifest = slack()
    assert manifest["display_information"]["name"] == "Reroll"
    assert 0 < len(manifest["display_information"]["description"]) <= 140
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", manifest["features"]["bot_user"]["display_name"])


def test_slack_has_imagine_everywhere_and_the_menu_of_discord_beside_every_message() -> None:
    shortcuts = slack()["features"]["shortcuts"]
    assert [(each["type"], each["callback_id"], each["name"]) for each in shortcuts] == [
        ("global", "imagine", "Imagine"),
        ("message", "recipe", "Recipe"),
        ("message", "reroll", "Reroll"),
        ("message", "use", "Use as input"),
    ]
    for each in shortcuts:
        assert len(each["name"]) <= 24
        assert 0 < len(each["description"]) <= 150


def test_slack_lets_people_write_to_the_bot_and_tells_of_it() -> None:
    manifest = slack()
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    events = {"app_home_opened": "", "app_mention": "app_mentions:read", "message.im": "im:history"}
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": list(events)}
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert {scope for scope in events.values() if scope} <= set(scopes)
    assert scopes == sorted(set(scopes))


def test_slack_uses_its_socket_and_no_address() -> None:
    settings = slack()["settings"]
    assert settings["socket_mode_enabled"]
    assert settings["interactivity"] == {"is_enabled": True}
    assert "://" not in json.dumps(slack())


def test_slack_with_an_address_sends_all_there_and_opens_no_socket() -> None:
    url = "https://bot.example.org/slack/events"
    manifest = slack(url)
    settings = manifest["settings"]
    assert not settings["socket_mode_enabled"]
    assert settings["event_subscriptions"]["request_url"] == url
    assert settings["interactivity"]["request_url"] == url
    assert settings["interactivity"]["message_menu_options_url"] == url
    assert {command["url"] for command in manifest["features"]["slash_commands"]} == {url}


def test_the_manifest_for_slack_is_printed_as_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["manifest", "slack"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == slack()
    assert run(["manifest", "slack", "--url", "https://bot.example.org"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == slack("https://bot.example.org")


@pytest.mark.parametrize(
    "url", ["http://bot.example.org", "bot.example.org", "https:///x", "https://a b"]
)
def test_slack_takes_no_address_without_encryption(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["manifest", "slack", "--url", url]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"url cannot be {url}: give ")


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


def test_the_readme_has_the_manifest_for_slack_as_it_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["manifest", "slack"]) == 0
    printed = capsys.readouterr().out
    [copy] = re.findall(
        r"^```yaml\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert copy == printed, "put what `reroll manifest slack` prints into README.md"


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
        TokenMissing("slack", "SLACK_APP_TOKEN"),
        WrongToken("slack", "SLACK_BOT_TOKEN", "xoxb-", "SLACK_APP_TOKEN"),
        WrongToken("slack", "SLACK_BOT_TOKEN", "xoxb-", ""),
        TokenRefused("slack", "SLACK_BOT_TOKEN"),
        ScopesMissing("slack", "SLACK_BOT_TOKEN", ("files:read",)),
        ScopesMissing("slack", "SLACK_APP_TOKEN", ("connections:write",)),
        SocketModeOff("slack"),
        Unreachable("slack", "https://x"),
        ServiceDown("slack", 503),
        AlreadyRunning(1, "/data"),
    ],
    ids=str,
)
def test_the_readme_explains_what_a_start_that_fails_says(error: UserError) -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert any(texts.sentence(error).startswith(row) for row in rows)


def test_the_readme_shows_what_a_run_says() -> None:
    text = README.read_text(encoding="utf-8")
    assert texts.run_adapter("discord", "Reroll#1234", 1) in text
    assert texts.run_adapter("slack", "@reroll in Painters", 1) in text
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

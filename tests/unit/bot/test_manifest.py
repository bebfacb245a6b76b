from __future__ import annotations

import base64

from bot.commands import Widest, commands
from bot.manifest import application_id, discord_invite, slack_manifest


def test_slack_gets_three_commands_with_help_within_its_limits() -> None:
    manifest = slack_manifest(commands(Widest()))
    slash = manifest["features"]["slash_commands"]
    assert [command["command"] for command in slash] == ["/imagine", "/reroll", "/art"]
    assert all(0 < len(command["description"]) <= 2000 for command in slash)
    assert manifest["settings"]["socket_mode_enabled"]


def test_the_invite_link_carries_the_application_of_the_token() -> None:
    token = base64.b64encode(b"123456789012345678").decode().rstrip("=") + ".x.y"
    assert application_id(token) == "123456789012345678"
    assert application_id("not a token") is None
    assert "client_id=123456789012345678" in discord_invite("123456789012345678")

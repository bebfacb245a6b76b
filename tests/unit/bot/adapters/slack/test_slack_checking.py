from __future__ import annotations

import pytest

from bot.adapters.slack.checking import look
from bot.chat_errors import ServiceDown, TokenRefused
from bot.config_sections import SlackSection
from tests.slack_api import APP_TOKEN, BOT_TOKEN, slack_api


async def test_a_look_tells_who_the_bot_is_and_leaves_nothing_connected() -> None:
    async with slack_api() as api:
        api.scopes = "chat:write"
        found = await look(SlackSection(api_url=api.url), BOT_TOKEN, APP_TOKEN)
        assert api.opened == []
    assert (str(found.account), found.account.team_id) == ("@reroll in Example", "T1")
    assert "commands" in found.account.missing
    assert found.socket is None


async def test_a_look_without_an_app_token_asks_for_no_connection() -> None:
    async with slack_api() as api:
        found = await look(SlackSection(api_url=api.url, mode="http"), BOT_TOKEN)
        assert [method for method, _ in api.asked] == ["auth.test"]
    assert found.socket is None


async def test_a_refused_app_token_does_not_hide_the_account() -> None:
    async with slack_api() as api:
        api.answers["apps.connections.open"] = (200, {"ok": False, "error": "invalid_auth"})
        found = await look(SlackSection(api_url=api.url), BOT_TOKEN, APP_TOKEN)
    assert found.account.name == "reroll"
    assert isinstance(found.socket, TokenRefused)
    assert found.socket.variable == "SLACK_APP_TOKEN"


async def test_a_look_that_learns_nothing_raises_what_a_start_would() -> None:
    async with slack_api() as api:
        api.answers["auth.test"] = (503, "upstream")
        with pytest.raises(ServiceDown):
            await look(SlackSection(api_url=api.url), BOT_TOKEN, APP_TOKEN)

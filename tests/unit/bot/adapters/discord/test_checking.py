from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.adapters.discord.checking import look
from bot.adapters.discord.starting import point_at
from bot.chat_errors import TokenRefused
from bot.config_sections import DiscordSection
from tests.discord_api import APPLICATION, TOKEN, api

MISSING_ACCESS = (403, {"message": "Missing Access", "code": 50001})


@pytest.fixture(autouse=True)
def _standard_addresses() -> Iterator[None]:
    yield
    point_at(DiscordSection())


async def test_a_bot_that_stands_well() -> None:
    about = APPLICATION | {"approximate_guild_count": 3}
    async with api(application=(200, about)) as url:
        found = await look(DiscordSection(api_url=url, guilds=(7,)), TOKEN)
    assert (found.account, found.application, found.places) == ("reroll", 123, 3)
    assert (found.absent, found.endpoint) == ((), "")
    assert "client_id=123&" in found.invite


async def test_servers_without_the_bot_are_found() -> None:
    async with api(commands=MISSING_ACCESS) as url:
        found = await look(DiscordSection(api_url=url, guilds=(7, 8)), TOKEN)
    assert found.absent == (7, 8)


async def test_an_address_that_takes_the_commands_away_is_found() -> None:
    about = APPLICATION | {"interactions_endpoint_url": "https://example.org/hook"}
    async with api(application=(200, about)) as url:
        found = await look(DiscordSection(api_url=url), TOKEN)
    assert found.endpoint == "https://example.org/hook"


async def test_a_wrong_token_is_refused_as_at_a_start() -> None:
    async with api(me=(401, {"message": "401: Unauthorized", "code": 0})) as url:
        with pytest.raises(TokenRefused):
            await look(DiscordSection(api_url=url), TOKEN)

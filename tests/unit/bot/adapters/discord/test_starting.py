from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import texts
from bot.adapters.discord.starting import gateway_of, point_at, start_faults
from bot.chat_errors import (
    IntentsRefused,
    NoSuchApi,
    NotInstalled,
    ServiceDown,
    ServiceRefuses,
    TokenRefused,
    Unreachable,
)
from bot.config_sections import DiscordSection
from generation.errors import UserError
from tests.discord_api import TOKEN, api


@pytest.fixture(autouse=True)
def _standard_addresses() -> Iterator[None]:
    yield
    point_at(DiscordSection())


async def log_in(url: str, *, guild: int = 0, connect: bool = False) -> None:
    """Start as the adapter does, as far as the test needs."""
    section = DiscordSection(api_url=url)
    client = discord.Client(intents=discord.Intents.none())
    try:
        with start_faults(url):
            point_at(section)
            await client.login(TOKEN)
            point_at(section, await gateway_of(client, section))
            if guild:
                tree = discord.app_commands.CommandTree(client)
                await tree.sync(guild=discord.Object(guild))
            if connect:
                async with asyncio.timeout(120):
                    await client.connect()
    finally:
        await client.close()


def words(error: UserError) -> str:
    return "".join(span.text for span in texts.words_of(error))


async def test_a_token_that_is_refused_is_named_by_its_variable() -> None:
    async with api(me=(401, {"message": "401: Unauthorized", "code": 0})) as url:
        with pytest.raises(TokenRefused) as refused:
            await log_in(url)
    assert refused.value.exit_code == 2
    assert "DISCORD_BOT_TOKEN" in words(refused.value)
    assert "discord.com/developers" in words(refused.value)
    assert TOKEN not in words(refused.value)
    assert TOKEN not in "".join(traceback.format_exception(refused.value))
    assert "LoginFailure" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (403, {"message": "Banned", "code": 40001}, ServiceRefuses, 1),
        (403, "<html>Attention Required</html>", ServiceRefuses, 1),
        (429, "<html>error 1015</html>", ServiceRefuses, 1),
        (503, {"message": "upstream", "code": 0}, ServiceDown, 1),
        (404, "<html>Not Found</html>", NoSuchApi, 2),
    ],
)
async def test_an_answer_of_the_api_is_one_sentence(
    status: int, body: Any, kind: type[UserError], code: int
) -> None:
    async with api(me=(status, body)) as url:
        with pytest.raises(kind) as refused:
            await log_in(url)
    assert refused.value.exit_code == code
    assert "html" not in words(refused.value)


async def test_a_server_without_the_bot_is_named_with_the_link_that_adds_it() -> None:
    refusal = (403, {"message": "Missing Access", "code": 50001})
    async with api(commands=refusal) as url:
        with pytest.raises(NotInstalled) as refused:
            await log_in(url, guild=4711)
    assert refused.value.place == "4711"
    assert "client_id=123&scope=bot+applications.commands" in words(refused.value)


async def test_a_token_that_is_taken_back_after_the_login_is_refused_too() -> None:
    async with api(commands=(401, {"message": "401: Unauthorized", "code": 0})) as url:
        with pytest.raises(TokenRefused):
            await log_in(url, guild=4711)


@pytest.mark.parametrize(
    ("close_code", "kind"),
    [(4004, TokenRefused), (4013, IntentsRefused), (4014, IntentsRefused), (4012, ServiceRefuses)],
)
async def test_a_gateway_that_closes_for_good_says_why(
    close_code: int, kind: type[UserError]
) -> None:
    async with api(close_code=close_code) as url:
        with pytest.raises(kind):
            await log_in(url, connect=True)


async def test_no_way_over_the_network_is_no_fault_of_the_configuration() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v10"
        with pytest.raises(Unreachable) as refused:
            await log_in(url)
    assert refused.value.exit_code == 1
    assert f"{url} (Connection refused)" in words(refused.value)


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await log_in("http://discord.invalid/api/v10")


@pytest.mark.parametrize("url", ["discord.com/api", "ftp://discord.com", "", "https://"])
async def test_what_is_no_address_names_its_key(url: str) -> None:
    with pytest.raises(NoSuchApi) as refused:
        await log_in(url)
    assert "[discord] api_url" in words(refused.value)


async def test_an_answer_that_nobody_foresaw_stays_what_it_is() -> None:
    async with api(me=(400, {"message": "odd", "code": 50035})) as url:
        with pytest.raises(discord.HTTPException):
            await log_in(url)


async def test_another_api_is_asked_for_its_gateway() -> None:
    async with api() as url:
        client = discord.Client(intents=discord.Intents.none())
        point_at(DiscordSection(api_url=url + "/"))
        await client.login(TOKEN)
        section = DiscordSection(api_url=url)
        asked = await gateway_of(client, section)
        named = await gateway_of(client, DiscordSection(api_url=url, gateway_url="ws://here"))
        own = await gateway_of(client, DiscordSection())
        await client.close()
    assert asked == url.replace("http", "ws").replace("/api/v10", "/socket/")
    assert (named, own) == ("ws://here", "")


@pytest.mark.parametrize("answer", [[], {"url": 3}, {"url": "http://x"}, "<html></html>"])
async def test_what_names_no_gateway_is_no_api(answer: Any) -> None:
    async with api(gateway=(200, answer)) as url:
        with pytest.raises(NoSuchApi):
            await log_in(url)


def test_the_standard_addresses_come_back() -> None:
    standard = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    point_at(DiscordSection(api_url="http://127.0.0.1:9/api/v10", gateway_url="ws://127.0.0.1:9"))
    assert Route.BASE == "http://127.0.0.1:9/api/v10"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:9"
    point_at(DiscordSection())
    assert standard == (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
    assert Route.BASE == "https://discord.com/api/v10"

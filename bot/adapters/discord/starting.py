"""Where the library finds Discord, and what a start that fails means to the owner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import discord
import yarl
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.adapters.discord.where import PLATFORM
from bot.adapters.reaching import unreachable
from bot.chat_errors import (
    IntentsRefused,
    NoSuchApi,
    NotInstalled,
    ServiceDown,
    ServiceRefuses,
    TokenRefused,
)
from bot.config_sections import DiscordSection
from bot.manifest import discord_invite
from generation.errors import UserError

TOKEN: Final = "DISCORD_BOT_TOKEN"  # noqa: S105 - the variable's name
GATEWAY: Final = DiscordWebSocket.DEFAULT_GATEWAY
FILES: Final = Asset.BASE
DISCORD: Final = DiscordSection().api_url

BAD_TOKEN: Final = 4004
BAD_INTENTS: Final = (4013, 4014)
"""Close codes of the gateway, from discord.com/developers/docs/topics/opcodes-and-status-codes."""

UNKNOWN_GUILD: Final = 10004
_GUILD: Final = re.compile(r"/applications/(\d+)/guilds/(\d+)/")


def expect_no_voice() -> None:
    """Keep the library from missing, at every start, what it would need to speak."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def point_at(section: DiscordSection, gateway: str = "") -> None:
    """Let the library talk to the configured API, and to that gateway or the configured one.

    This is for the whole process, as the library keeps its addresses in classes. Raises
    ``NoSuchApi`` for what is no address.
    """
    url = yarl.URL(section.api_url)
    if url.scheme not in ("http", "https") or not url.host:
        raise _no_api(section.api_url)
    Route.BASE = section.api_url.rstrip("/")
    address = gateway or section.gateway_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(address) if address else GATEWAY
    Asset.BASE = FILES if is_discord(section) else str(url.origin())


def is_discord(section: DiscordSection) -> bool:
    """Whether the API is Discord's own address."""
    return section.api_url.rstrip("/") == DISCORD


async def gateway_of(client: discord.Client, section: DiscordSection) -> str:
    """Return the gateway's address: as configured, or as another API names it.

    Empty for Discord's own, which the library knows. The client must have logged in.
    """
    if section.gateway_url or is_discord(section):
        return section.gateway_url
    answer = await client.http.request(Route("GET", "/gateway"))
    address = answer.get("url") if isinstance(answer, dict) else None
    if not isinstance(address, str) or not address.startswith(("ws://", "wss://")):
        raise _no_api(section.api_url)
    return address


@contextmanager
def start_faults(api_url: str) -> Iterator[None]:
    """Turn what the library raises at a start into the error that names the fix."""
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        meaning = _meaning(error, api_url)
        if meaning is None:
            raise
        raise meaning from None


def _meaning(error: Exception, api_url: str) -> UserError | None:
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words(error, api_url)
    return None


def _closed(error: Exception, _api_url: str) -> UserError:
    code = error.code if isinstance(error, discord.ConnectionClosed) else 0
    if code == BAD_TOKEN:
        return TokenRefused(PLATFORM, TOKEN)
    if code in BAD_INTENTS:
        return IntentsRefused(PLATFORM)
    return ServiceRefuses(PLATFORM, code)


def _answered(error: Exception, api_url: str) -> UserError | None:
    """Judge an answer of the API by its status."""
    if not isinstance(error, discord.HTTPException):
        return None
    status, code = error.status, error.code
    if status == 401:
        return TokenRefused(PLATFORM, TOKEN)
    place = _GUILD.search(str(error.response.url))
    if place and (status == 403 or code == UNKNOWN_GUILD):
        return NotInstalled(PLATFORM, place[2], discord_invite(place[1]))
    if status in (403, 429):
        # Without a code of Discord's own it is a page of whatever stands before the API.
        return ServiceRefuses(PLATFORM, status, error.text.splitlines()[0] if code else "")
    if status == 404 and not code:
        return _no_api(api_url)
    return ServiceDown(PLATFORM, status) if status >= 500 else None


def _unreachable(error: Exception, api_url: str) -> UserError:
    return unreachable(PLATFORM, error, api_url)


def _no_api(api_url: str) -> UserError:
    return NoSuchApi(PLATFORM, api_url, "[discord] api_url")


_Words = Callable[[Exception, str], UserError | None]
_WORDS: Final[tuple[tuple[type[Exception], _Words], ...]] = (
    (discord.LoginFailure, lambda _error, _url: TokenRefused(PLATFORM, TOKEN)),
    (discord.PrivilegedIntentsRequired, lambda _error, _url: IntentsRefused(PLATFORM)),
    (discord.ConnectionClosed, _closed),
    (discord.GatewayNotFound, _unreachable),
    (discord.RateLimited, lambda _error, _url: ServiceRefuses(PLATFORM, 429)),
    (discord.HTTPException, _answered),
    (aiohttp.InvalidURL, lambda _error, url: _no_api(url)),
    (aiohttp.ClientError, _unreachable),
    (OSError, _unreachable),
)

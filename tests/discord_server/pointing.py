"""Pointing discord.py at another server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


def patch_discord_py(base_url: str, gateway_url: str, cdn_url: str | None = None) -> None:
    """Let discord.py 2.7 speak with this server; any moment before its login does."""
    Route.BASE = base_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    if cdn_url:
        discord.Asset.BASE = cdn_url


@contextmanager
def pointed_at(base_url: str, gateway_url: str, cdn_url: str) -> Iterator[None]:
    """The same for a while."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE
    patch_discord_py(base_url, gateway_url, cdn_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before

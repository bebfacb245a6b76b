"""Pointing discord.py at another server."""

from __future__ import annotations

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

from __future__ import annotations

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.discord_server import pointed_at

HERE = ("http://127.0.0.1:1/api/v10", "ws://127.0.0.1:1/gateway/", "http://127.0.0.1:1")


def addresses() -> tuple[str, str, str]:
    return Route.BASE, str(DiscordWebSocket.DEFAULT_GATEWAY), discord.Asset.BASE


def test_discord_py_is_pointed_elsewhere_for_a_while() -> None:
    before = addresses()

    with pointed_at(*HERE):
        inside = addresses()

    assert (inside, addresses()) == (HERE, before)
    assert before != HERE

from __future__ import annotations

import logging
from pathlib import Path

import discord
import pytest

from bot.adapters.discord.adapter import DiscordAdapter
from bot.adapters.discord.client import Client
from bot.config import load_config


async def test_a_client_knows_whether_events_come_in() -> None:
    client = Client()
    assert not client.connected.is_set()
    for event, connected in (
        (client.on_ready, True),
        (client.on_disconnect, False),
        (client.on_resumed, True),
    ):
        await event()
        assert client.connected.is_set() is connected


async def test_a_fault_in_an_event_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        await Client().on_error("on_interaction")
    assert "on_interaction" in caplog.text


async def test_a_client_asks_for_no_more_than_it_needs() -> None:
    client = Client()
    assert client.intents == discord.Intents(guilds=True)
    mentions = client.allowed_mentions
    assert mentions is not None
    assert not any([mentions.everyone, mentions.users, mentions.roles, mentions.replied_user])


async def test_nobody_answers_before_the_bot_has_started() -> None:
    with pytest.raises(RuntimeError):
        _ = Client().asking


async def test_an_adapter_that_has_not_started_is_connecting(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("generation.model = 'mini'")
    adapter = DiscordAdapter(load_config(file, {}), "token")
    assert (adapter.state, adapter.account, adapter.places) == ("connecting", "", 0)
    await adapter.close()

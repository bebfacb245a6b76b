from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.adapters.discord.compiling import Interaction, compile_commands
from bot.adapters.discord.syncing import sync
from bot.adapters.discord.values import Value
from bot.command import Command, Option
from bot.commands import Widest, commands
from tests.discord_server import DiscordEmulator, pointed_at

ELSEWHERE = 123456789012345678
DEFINED = {command.name for command in commands(Widest())}
MENU = "Recipe of it"


@pytest.fixture
async def server() -> AsyncIterator[DiscordEmulator]:
    emulator = await DiscordEmulator().start()
    try:
        with pointed_at(emulator.base_url, emulator.gateway_url, emulator.cdn_url):
            yield emulator
    finally:
        await emulator.stop()
    emulator.check()


class Bot(discord.Client):
    """Answers commands with what it was asked, and completes everything with one word."""

    def __init__(self, steps: int = 100) -> None:
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.asked: list[tuple[str, dict[str, Value]]] = []
        for command in compile_commands(commands(Widest(steps)), self.ask, self.suggest):
            self.tree.add_command(command)
        self.tree.add_command(_menu())

    async def ask(
        self, interaction: Interaction, command: Command, values: Mapping[str, Value]
    ) -> None:
        self.asked.append((command.name, dict(values)))
        await interaction.response.send_message("seen", ephemeral=True)

    def suggest(
        self, _interaction: Interaction, command: Command, option: Option, typed: str
    ) -> list[app_commands.Choice[str]]:
        said = f"{command.name} {option.name}"
        return [app_commands.Choice(name=said, value=typed)]


def _menu() -> app_commands.ContextMenu:
    async def callback(_interaction: discord.Interaction, _message: discord.Message) -> None:
        raise AssertionError("nobody picks it")

    return app_commands.ContextMenu(name=MENU, callback=callback)


@asynccontextmanager
async def logged_in(server: DiscordEmulator, steps: int = 100) -> AsyncIterator[Bot]:
    """A bot that can ask and send, but does not listen."""
    bot = Bot(steps)
    try:
        await bot.login(server.token)
        yield bot
    finally:
        await bot.close()


@asynccontextmanager
async def listening(server: DiscordEmulator) -> AsyncIterator[Bot]:
    async with logged_in(server) as bot:
        connection = asyncio.create_task(bot.connect())
        try:
            async with asyncio.timeout(60):
                await bot.wait_until_ready()
            yield bot
        finally:
            await bot.close()
            await asyncio.gather(connection, return_exceptions=True)


def names(found: list[Any]) -> set[str]:
    return {command["name"] for command in found}


def writes(server: DiscordEmulator) -> list[str]:
    return [each.method for each in server.requests if each.method not in ("GET", "POST")]


async def test_commands_are_sent_only_where_they_differ(server: DiscordEmulator) -> None:
    async with logged_in(server) as bot:
        assert await sync(bot.tree, ())
        assert names(server.global_commands) == {*DEFINED, MENU}
        assert not await sync(bot.tree, ())
    async with logged_in(server) as again:
        assert not await sync(again.tree, ())
    assert writes(server) == ["PUT"]
    async with logged_in(server, steps=50) as changed:
        assert await sync(changed.tree, ())
        changed.tree.remove_command("imagine")
        assert await sync(changed.tree, ())
    assert names(server.global_commands) == {*DEFINED, MENU} - {"imagine"}
    assert writes(server) == ["PUT"] * 3
    assert server.violations == []


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Another."},
        {"nsfw": True},
        {"default_member_permissions": "8"},
        {"contexts": [0]},
        {"integration_types": [0]},
        {"type": 2},
    ],
)
async def test_whatever_differs_of_a_command_is_put_right(
    server: DiscordEmulator, change: dict[str, Any]
) -> None:
    async with logged_in(server) as bot:
        await sync(bot.tree, ())
        command = server.command("queue")
        as_it_was = dict(command)
        command.update(change)
        assert await sync(bot.tree, ())
        fixed = server.command("queue")
        assert {name: fixed[name] for name in change} == {name: as_it_was[name] for name in change}


async def test_what_discord_says_in_its_own_way_is_no_difference(server: DiscordEmulator) -> None:
    async with logged_in(server) as bot:
        await sync(bot.tree, ())
        for command in server.global_commands:
            command.update(
                name_localizations={}, contexts=list(reversed(command["contexts"] or ()))
            )
            for option in command["options"]:
                if option.get("required") is False:
                    del option["required"]
                option.update(choices=option.get("choices") or [], name_localizations=None)
                if option.get("min_value") == 0:
                    option["min_value"] = 0.0
        server.global_commands.reverse()
        assert not await sync(bot.tree, ())


async def test_configured_guilds_have_the_commands_alone(server: DiscordEmulator) -> None:
    guild = int(server.guild_id)
    async with logged_in(server) as bot:
        await sync(bot.tree, ())
        assert await sync(bot.tree, [guild])
        assert names(server.guild_commands[server.guild_id]) == {*DEFINED, MENU}
        assert server.global_commands == []
        for command in server.guild_commands[server.guild_id]:
            # Discord keeps neither of a command that belongs to one guild.
            command.update(contexts=None, integration_types=[0])
        assert not await sync(bot.tree, [guild])
    assert server.violations == []


async def test_guilds_that_are_no_longer_configured_lose_their_own_commands(
    server: DiscordEmulator,
) -> None:
    async with listening(server) as bot:
        await sync(bot.tree, [int(server.guild_id)])
    async with listening(server) as bot:
        assert await sync(bot.tree, ())
        assert server.guild_commands[server.guild_id] == []
        assert names(server.global_commands) == {*DEFINED, MENU}
        assert not await sync(bot.tree, ())
    assert server.violations == []


async def test_a_guild_without_the_bot_is_named_in_the_log_and_the_rest_goes_on(
    server: DiscordEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with logged_in(server) as bot:
        await sync(bot.tree, ())
        with caplog.at_level(logging.WARNING):
            assert not await sync(bot.tree, [ELSEWHERE])
        assert names(server.global_commands) == {*DEFINED, MENU}
        assert str(ELSEWHERE) in caplog.text
        assert f"client_id={bot.application_id}" in caplog.text
        assert await sync(bot.tree, [ELSEWHERE, int(server.guild_id)])
        assert names(server.guild_commands[server.guild_id]) == {*DEFINED, MENU}
        assert server.global_commands == []


async def test_another_refusal_is_raised(server: DiscordEmulator) -> None:
    path = f"/guilds/{server.guild_id}/commands"
    server.fault(path, status=403, body={"message": "no", "code": 40001}, times=99)
    async with logged_in(server) as bot:
        with pytest.raises(discord.Forbidden):
            await sync(bot.tree, [int(server.guild_id)])


@pytest.mark.parametrize("in_guild", [True, False])
async def test_a_command_and_its_completions_reach_whoever_answers(
    server: DiscordEmulator, in_guild: bool
) -> None:
    async with listening(server) as bot:
        await sync(bot.tree, [int(server.guild_id)] if in_guild else ())
        given = {"prompt": "a fox", "seed": 4294967295, "guidance": 7.5, "private": True}
        await (await server.slash("imagine", given)).wait_ack()
        await (await server.slash("reroll", {"id": "k7f3q2 · a fox", "seed": "random"})).wait_ack()
        typed = await server.autocomplete("imagine", "lora", "ink")
        await typed.wait_ack()
    assert bot.asked == [("imagine", given), ("reroll", {"id": "k7f3q2", "seed": "random"})]
    assert typed.choices == [{"name": "imagine lora", "value": "ink"}]
    assert server.violations == []

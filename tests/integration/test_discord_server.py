"""The stand-in for Discord, as discord.py sees it, and as a process of its own."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import discord
import pytest
from discord import app_commands
from PIL import Image

from tests.discord_server import DiscordEmulator, Message, pointed_at

ALL_MODES = [False, True] if os.environ.get("DISCORD_OPENAPI") else [False]
ROOT = Path(__file__).parents[2]


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return file.getvalue()


CAT, DOG = png("orange"), png("brown")


class WordsForm(discord.ui.Modal, title="Other words"):
    """Asks for a prompt."""

    words: discord.ui.Label[WordsForm] = discord.ui.Label(
        text="Words", component=discord.ui.TextInput(custom_id="words", max_length=100)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        assert isinstance(self.words.component, discord.ui.TextInput)
        await interaction.followup.send(f"drew {self.words.component.value}")


class UnderPicture(discord.ui.View):
    """What hangs under a picture."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Again", custom_id="again")
    async def again(
        self, interaction: discord.Interaction, _: discord.ui.Button[UnderPicture]
    ) -> None:
        await interaction.response.defer()
        picture = discord.File(io.BytesIO(DOG), "dog.png", description="a dog")
        await interaction.edit_original_response(content="again", attachments=[picture], view=self)

    @discord.ui.button(label="Words", custom_id="words")
    async def words(
        self, interaction: discord.Interaction, _: discord.ui.Button[UnderPicture]
    ) -> None:
        await interaction.response.send_modal(WordsForm())

    @discord.ui.select(
        custom_id="upscale",
        options=[discord.SelectOption(label=f"{times}x", value=str(times)) for times in (2, 4)],
    )
    async def upscale(
        self, interaction: discord.Interaction, select: discord.ui.Select[UnderPicture]
    ) -> None:
        await interaction.response.edit_message(content=f"made {select.values[0]}x larger")


@app_commands.command(name="draw", description="Draw a picture")
@app_commands.describe(prompt="What to draw", style="How", source="What to start from")
async def draw(
    interaction: discord.Interaction,
    prompt: app_commands.Range[str, 1, 100],
    style: str = "plain",
    source: discord.Attachment | None = None,
) -> None:
    """Answers late, with progress and a picture."""
    await interaction.response.defer(thinking=True)
    await interaction.edit_original_response(content="50 %")
    given = await source.read() if source else b""
    embed = discord.Embed(title=prompt, description=f"{style} {len(given)}")
    embed.set_image(url="attachment://cat.png")
    picture = discord.File(io.BytesIO(CAT), "cat.png", description=prompt)
    await interaction.edit_original_response(
        content=None, embed=embed, attachments=[picture], view=UnderPicture()
    )


@draw.autocomplete("style")
async def styles(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Styles that begin like what was typed."""
    known = ("analog", "anime", "oil")
    return [app_commands.Choice(name=one, value=one) for one in known if one.startswith(current)]


@app_commands.context_menu(name="Describe")
async def describe(interaction: discord.Interaction, message: discord.Message) -> None:
    """Says what was said."""
    await interaction.response.send_message(f"it says {message.content}", ephemeral=True)


class Bot(discord.Client):
    """A small bot."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(draw)
        self.tree.add_command(describe)
        self.resumed = 0

    async def setup_hook(self) -> None:
        self.add_view(UnderPicture())
        await self.tree.sync()

    async def on_resumed(self) -> None:
        self.resumed += 1


@pytest.fixture(params=ALL_MODES, ids=lambda checked: "official file" if checked else "own rules")
async def server(request: pytest.FixtureRequest) -> AsyncIterator[DiscordEmulator]:
    server = await DiscordEmulator(checked=request.param).start()
    yield server
    await server.stop()
    server.check()


@pytest.fixture
async def bot(server: DiscordEmulator) -> AsyncIterator[Bot]:
    with pointed_at(server.base_url, server.gateway_url, server.cdn_url):
        bot = Bot()
        running = asyncio.create_task(bot.start(server.token))
        await server.wait_ready()
        await bot.wait_until_ready()
        yield bot
        await bot.close()
        await running


async def drawn(server: DiscordEmulator, bot: Bot) -> Message:
    ix = await server.slash("draw", {"prompt": "a cat"}, user=server.user("ann"))
    return await ix.wait_message(lambda message: message.attachments)


async def test_a_late_answer_with_a_picture(server: DiscordEmulator, bot: Bot) -> None:
    source = ("in.png", DOG, "image/png")
    given = {"prompt": "a cat", "style": "oil", "source": source}

    ix = await server.slash("draw", given, user=server.user("ann"))
    message = await ix.wait_message(lambda message: message.attachments)

    assert ix.ack_type == 5
    assert message.attachments[0].data == CAT
    assert message.attachments[0].description == "a cat"
    assert message.payload["attachments"][0]["width"] == 64
    assert message.embeds[0]["description"] == f"oil {len(DOG)}"
    assert message.embeds[0]["image"]["url"] == message.payload["attachments"][0]["url"]
    assert [edit.payload.get("content") for edit in message.history] == ["", "50 %", ""]
    assert not server.violations


async def test_a_button_changes_the_picture(server: DiscordEmulator, bot: Bot) -> None:
    message = await drawn(server, bot)

    ix = await server.click(message, label="Again", user=server.user("bob"))
    await server.until(lambda: message.content == "again")

    assert ix.ack_type == 6
    assert [(file.filename, file.data) for file in message.attachments] == [("dog.png", DOG)]


async def test_a_select_changes_the_text(server: DiscordEmulator, bot: Bot) -> None:
    message = await drawn(server, bot)

    ix = await server.select(message, "upscale", values=["4"])
    await ix.wait_ack()

    assert (ix.ack_type, message.content) == (7, "made 4x larger")
    assert [file.filename for file in message.attachments] == ["cat.png"]


async def test_a_form_is_answered_to_its_person_alone(server: DiscordEmulator, bot: Bot) -> None:
    ann, bob = server.user("ann"), server.user("bob")
    message = await drawn(server, bot)

    ix = await (await server.click(message, label="Words", user=ann)).wait_ack()
    form = await server.submit_modal(ix, {"words": "two cats"})
    answer = await form.wait_message()

    assert (ix.ack_type, answer.content) == (9, "drew two cats")
    assert answer in server.visible_to(ann)
    assert answer not in server.visible_to(bob)


async def test_suggestions_come_while_one_types(server: DiscordEmulator, bot: Bot) -> None:
    ix = await server.autocomplete("draw", "style", "an", others={"prompt": "a cat"})
    await ix.wait_ack()

    assert ix.choices is not None
    assert [choice["value"] for choice in ix.choices] == ["analog", "anime"]


async def test_the_menu_of_a_message(server: DiscordEmulator, bot: Bot) -> None:
    message = await server.say("hello")

    ix = await server.message_command("Describe", message)

    assert (await ix.wait_message()).content == "it says hello"


async def test_a_429_is_waited_for(server: DiscordEmulator, bot: Bot) -> None:
    fault = server.fault(r"@original$", "PATCH", status=429, retry_after=0.05, times=2)

    message = await drawn(server, bot)

    assert (fault.hits, message.attachments[0].data) == (2, CAT)
    assert message.interaction is not None
    assert [sent.status for sent in message.interaction.requests[1:]] == [429, 429, 200, 200]


async def test_a_bot_whose_socket_is_closed_resumes(server: DiscordEmulator, bot: Bot) -> None:
    await server.drop_gateway()
    ix = await server.slash("draw", {"prompt": "a cat"})
    message = await ix.wait_message(lambda message: message.attachments)

    assert message.attachments[0].data == CAT
    assert [event.what for event in server.gateway_log if event.what != "close"] == [
        "open",
        "identify",
        "open",
        "resume",
    ]


async def test_a_bot_that_is_asked_to_connects_again(server: DiscordEmulator, bot: Bot) -> None:
    await server.reconnect()

    await server.until(lambda: bot.resumed, what="resumption")

    assert (await drawn(server, bot)).attachments


@pytest.mark.parametrize("kind", ["thread", "post", "group", "guild", "conversation"])
async def test_discord_py_knows_every_place(server: DiscordEmulator, bot: Bot, kind: str) -> None:
    ann = server.user("ann")
    place = {
        "thread": lambda: server.thread("cats"),
        "post": lambda: server.post("cats"),
        "group": lambda: server.private_channel(ann, server.user("bob")),
        "guild": lambda: server.foreign_channel("elsewhere"),
        "conversation": lambda: server.dm(ann),
    }[kind]()
    server.global_commands[0]["integration_types"] = [0, 1]
    seen: list[discord.Interaction] = []

    async def look(interaction: discord.Interaction) -> bool:
        seen.append(interaction)
        return True

    bot.tree.interaction_check = look  # type: ignore[method-assign]
    ix = await server.slash("draw", {"prompt": "a cat"}, user=ann, channel=place)
    await ix.wait_message(lambda message: message.attachments)

    assert seen[0].channel_id == int(place["id"])
    expected: dict[str, tuple[type, int | None, bool]] = {
        "thread": (discord.Thread, int(server.guild_id), False),
        "post": (discord.Thread, int(server.guild_id), False),
        "group": (discord.GroupChannel, None, True),
        "guild": (discord.TextChannel, int(server.other_guild_id), True),
        "conversation": (discord.DMChannel, None, False),
    }
    is_users = seen[0].is_user_integration()
    assert (type(seen[0].channel), seen[0].guild_id, is_users) == expected[kind]


async def test_what_the_bot_may_do_is_known_to_discord_py(
    server: DiscordEmulator, bot: Bot
) -> None:
    guild = bot.get_guild(int(server.guild_id))
    assert guild is not None
    channel = guild.get_channel(int(server.channel_id))
    assert isinstance(channel, discord.TextChannel)
    may_send = channel.permissions_for(guild.me).send_messages

    server.restrict(server.channels[server.channel_id], write=False)
    await server.until(lambda: not channel.permissions_for(guild.me).send_messages)

    assert may_send
    with pytest.raises(discord.Forbidden, match="50013"):
        await channel.send("hello")


async def test_the_server_runs_alone() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.discord_server", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        addresses = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        url = addresses["base_url"] + "/gateway"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert (await answer.json())["url"] == addresses["gateway_url"]
    finally:
        process.terminate()
        await process.communicate()

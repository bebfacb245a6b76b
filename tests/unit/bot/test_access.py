from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.config import load_config
from bot.invocation import Click, Invocation, Where
from bot.reply import Reply
from bot.wiring import App, running_app
from storage.records import ReplyTo, Viewer
from tests.fakes import FakeEngine

HOME = Where(guild="1", channels=("22", "2"), roles=("7", "3"))
"""A thread of channel 2 in guild 1, for somebody with two roles."""
ELSEWHERE = Where(guild="9", channels=("8",), roles=("6",))
DIRECT = Where(channels=("5",), direct=True)

EVERYONE = ""
GUILDS = "discord_guilds = [1]"
CHANNELS = "discord_channels = [2, 4]"
ROLES = "discord_roles = [3]"


class Door:
    """A bot behind access lists, and people who knock."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def ask(self, where: Where, *, actor: str = "discord:5", **given: object) -> Reply:
        platform = str(given.get("platform", "discord"))
        asked = Invocation(
            "imagine",
            {"prompt": "a star"},
            actor,
            ReplyTo(platform, "2"),
            admin=bool(given.get("admin")),
            where=where,
        )
        return await self.app.service.answer(asked)


@pytest.fixture
async def door(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    file = tmp_path / "config.toml"
    lists = "\n".join(request.param)
    file.write_text(f"[generation]\nmodel = 'mini'\n[access]\nadmins = ['discord:1']\n{lists}\n")
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True) as app:
        yield Door(app)
        await app.runner.idle()


@pytest.mark.parametrize(
    ("door", "where", "words"),
    [
        ([EVERYONE], ELSEWHERE, ""),
        ([EVERYONE], DIRECT, ""),
        ([GUILDS], HOME, ""),
        ([GUILDS], ELSEWHERE, "this server"),
        ([GUILDS], DIRECT, "direct messages"),
        ([CHANNELS], HOME, ""),
        ([CHANNELS], ELSEWHERE, "this channel"),
        ([CHANNELS], DIRECT, "direct messages"),
        ([ROLES], HOME, ""),
        ([ROLES], ELSEWHERE, "roles"),
        ([ROLES], DIRECT, "direct messages"),
        ([GUILDS, CHANNELS, ROLES], HOME, ""),
        ([GUILDS, CHANNELS, ROLES], Where("1", ("2",), ("6",)), "roles"),
        ([GUILDS, CHANNELS, ROLES], Where("1", ("3",), ("3",)), "this channel"),
        ([GUILDS, CHANNELS, ROLES], Where("9", ("2",), ("3",)), "this server"),
    ],
    indirect=["door"],
)
async def test_the_lists_say_where_and_for_whom_the_bot_is(
    door: Door, where: Where, words: str
) -> None:
    reply = await door.ask(where)
    assert bool(reply.job) == (not words)
    assert words in reply.text
    assert reply.private == bool(words)


@pytest.mark.parametrize("door", [[GUILDS, CHANNELS, ROLES]], indirect=True)
async def test_a_refusal_stores_nothing(door: Door) -> None:
    reply = await door.ask(ELSEWHERE)
    assert (reply.exit_code, reply.text.endswith("."), len(reply.lines)) == (1, True, 1)
    store = door.app.store
    assert (await store.history.search("", Viewer("", is_admin=True))).items == ()
    assert await store.actors.get("discord:5") is None


@pytest.mark.parametrize("door", [[GUILDS, CHANNELS, ROLES]], indirect=True)
async def test_an_unknown_command_is_not_explained_to_strangers(door: Door) -> None:
    asked = Invocation("imagin", {}, "discord:5", ReplyTo("discord", "8"), where=ELSEWHERE)
    assert "this server" in (await door.app.service.answer(asked)).text


@pytest.mark.parametrize("door", [[GUILDS, CHANNELS, ROLES]], indirect=True)
async def test_admins_are_never_refused(door: Door) -> None:
    assert (await door.ask(DIRECT, actor="discord:1")).job
    assert (await door.ask(ELSEWHERE, admin=True)).job


@pytest.mark.parametrize("door", [[GUILDS, CHANNELS, ROLES]], indirect=True)
async def test_the_lists_of_one_platform_say_nothing_of_another(door: Door) -> None:
    assert (await door.ask(Where(), platform="console")).job
    assert (await door.ask(Where(channels=("C1",)), platform="slack")).job


@pytest.mark.parametrize("door", [["slack_channels = ['C1']"]], indirect=True)
async def test_slack_has_its_own_list_of_channels(door: Door) -> None:
    assert (await door.ask(Where(channels=("C1",)), platform="slack")).job
    assert not (await door.ask(Where(channels=("C2",)), platform="slack")).job
    assert (await door.ask(ELSEWHERE)).job


@pytest.mark.parametrize("door", [["slack_channels = ['C1']"]], indirect=True)
async def test_a_home_is_refused_where_commands_are(door: Door) -> None:
    def asked(actor: str) -> Invocation:
        return Invocation("home", {}, actor, ReplyTo("slack", "D5"), where=DIRECT)

    [part] = await door.app.service.home(asked("slack:T1:U1"))
    assert "direct messages" in part.reply.text
    assert (part.reply.private, part.reply.exit_code) == (True, 1)
    assert len(await door.app.service.home(asked("discord:1"))) > 1


@pytest.mark.parametrize("door", [[GUILDS]], indirect=True)
@pytest.mark.parametrize("form", [{}, {"prompt": "a heart"}])
async def test_buttons_and_forms_are_refused_where_commands_are(
    door: Door, form: dict[str, str]
) -> None:
    job = (await door.ask(HOME)).job
    assert job is not None

    def click(where: Where) -> Click:
        reply_to = ReplyTo("discord", "8")
        return Click("edit", job, "discord:5", reply_to, form=form, where=where)

    refused = await door.app.service.click(click(ELSEWHERE))
    assert "this server" in refused.text
    assert (refused.form, refused.job) == (None, None)
    assert "this server" not in (await door.app.service.click(click(HOME))).text


@pytest.mark.parametrize("door", [["slack_channels = ['C1', 'C2']"]], indirect=True)
async def test_ones_own_job_can_be_pressed_where_it_lives_on_in_private(door: Door) -> None:
    async def press(actor: str, where: Where, target: str, channel: str = "D5") -> Reply:
        reply_to = ReplyTo("slack", channel)
        return await door.app.service.click(Click("recipe", target, actor, reply_to, where=where))

    asked = Invocation(
        "imagine",
        {"prompt": "a star", "private": True},
        "slack:T1:U1",
        ReplyTo("slack", "C1"),
        where=Where(channels=("C1",)),
    )
    job = (await door.app.service.answer(asked)).job
    assert job is not None
    assert "a star" in (await press("slack:T1:U1", DIRECT, job)).text
    for who, where, target in (
        ("slack:T1:U2", DIRECT, job),
        ("slack:T1:U1", DIRECT, "zzzzzz"),
        ("slack:T1:U1", DIRECT, "f" * 64),
        ("slack:T1:U1", Where(channels=("C3",)), job),
    ):
        refused = (await press(who, where, target)).text
        assert "a star" not in refused
        assert "Reroll" in refused


@pytest.mark.parametrize("door", [["slack_channels = ['C2']"]], indirect=True)
async def test_a_job_of_a_channel_that_was_shut_since_is_shut_in_private_too(door: Door) -> None:
    wish = Invocation("imagine", {"prompt": "a star"}, "slack:T1:U1", ReplyTo("slack", "C1"),
                      admin=True, where=Where(channels=("C1",)))  # fmt: skip
    job = (await door.app.service.answer(wish)).job
    assert job is not None
    click = Click("recipe", job, "slack:T1:U1", ReplyTo("slack", "D5"), where=DIRECT)
    assert "direct messages" in (await door.app.service.click(click)).text

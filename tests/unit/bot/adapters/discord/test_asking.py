from __future__ import annotations

import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.discord.asking import Asking
from bot.adapters.discord.fetching import Fetcher
from bot.adapters.discord.questions import Question
from bot.adapters.discord.responding import PATIENCE
from bot.commands import Widest, commands
from bot.config import load_config
from bot.errors import NotAllowed, NotOurMessage
from bot.invocation import Click, Invocation, Where
from bot.reply import Reply, line
from bot.service.service import refusal
from storage.records import Post
from tests.discord_interactions import CHANNEL, GUILD, ROLE, direct, interaction

ANSWER = Reply(lines=(line("Here."),))
COMMANDS = {command.name: command for command in commands(Widest())}
WHERE = Where(GUILD, (CHANNEL,), (GUILD, ROLE))


@dataclass
class Lookup:
    posts: list[Post]

    async def find(self, platform: str, channel: str, message: str) -> Post | None:
        key = platform, channel, message
        return next((p for p in self.posts if (p.platform, p.channel, p.message) == key), None)


@dataclass
class Desk:
    """As much of the service's desk as is looked at."""

    posts: Lookup

    @property
    def store(self) -> Desk:
        return self


@dataclass
class Answers:
    """The service: notes what it is asked, or fails."""

    asked: list[tuple[str, Invocation | Click]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    fault: Exception | None = None
    closed: bool = False

    @property
    def desk(self) -> Desk:
        return Desk(Lookup(self.posts))

    def _take(self, what: str, asked: Invocation | Click) -> Reply:
        self.asked.append((what, asked))
        if self.fault:
            raise self.fault
        return ANSWER

    def let_in(self, asked: Invocation | Click) -> None:
        if self.closed:
            raise NotAllowed("role")

    async def answer(self, invocation: Invocation) -> Reply:
        return self._take("answer", invocation)

    async def click(self, click: Click) -> Reply:
        return self._take("click", click)

    async def keep_picture(self, invocation: Invocation) -> Reply:
        return self._take("keep", invocation)


@dataclass
class Shown:
    """The responder: notes the answers, and how they would be put off."""

    replies: list[Reply] = field(default_factory=list)
    private: bool = False
    patience: float = 0

    async def respond(
        self,
        interaction: object,
        question: Question,
        answer: Awaitable[Reply],
        patience: float = PATIENCE,
    ) -> None:
        self.private, self.patience = question.private, patience
        self.replies.append(await answer)


@dataclass
class File:
    filename: str
    content_type: str | None = None


@dataclass
class Place:
    id: int = int(CHANNEL)


@dataclass
class Message:
    id: int = 500
    channel: Place = field(default_factory=Place)
    attachments: list[File] = field(default_factory=list)


@dataclass
class Talk:
    folder: Path
    service: Answers = field(default_factory=Answers)
    shown: Shown = field(default_factory=Shown)

    @property
    def asking(self) -> Asking:
        file = self.folder / "config.toml"
        file.write_text("generation.model = 'mini'")
        service: Any = self.service
        responder: Any = self.shown
        return Asking(service, responder, Fetcher(load_config(file, {})))

    async def menu(self, action: str, message: Message) -> Reply:
        chosen: Any = message
        await self.asking.menu(interaction(), action, chosen)
        return self.shown.replies[-1]


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(tmp_path)


async def test_a_command_is_asked_with_its_asker_and_its_place(talk: Talk) -> None:
    await talk.asking.command(interaction(), COMMANDS["imagine"], {"prompt": "a fox", "seed": 7})
    [(what, asked)] = talk.service.asked
    assert what == "answer"
    assert isinstance(asked, Invocation)
    assert (asked.command, asked.options) == ("imagine", {"prompt": "a fox", "seed": 7})
    assert (asked.actor, asked.display_name) == ("discord:50", "Annie")
    assert (asked.reply_to.place, asked.where) == (f"discord:{CHANNEL}", WHERE)
    assert not asked.admin
    assert talk.shown.replies == [ANSWER]


async def test_a_press_and_a_form_are_clicks_of_who_did_it_and_where(talk: Talk) -> None:
    await talk.asking.press(interaction(), "edit", "k7f3q2")
    await talk.asking.form(interaction(), "edit", "k7f3q2", {"prompt": "a fox"})
    for (what, click), fields in zip(talk.service.asked, ({}, {"prompt": "a fox"}), strict=True):
        assert what == "click"
        assert isinstance(click, Click)
        assert (click.action, click.target, click.form) == ("edit", "k7f3q2", fields)
        assert (click.actor, click.display_name) == ("discord:50", "Annie")
        assert (click.reply_to.place, click.where) == (f"discord:{CHANNEL}", WHERE)
        assert not click.admin


async def test_a_menu_is_a_click_on_the_job_that_its_message_shows(talk: Talk) -> None:
    talk.service.posts = [
        Post("b00000", "discord", "7", "500"),
        Post("k7f3q2", "discord", CHANNEL, "500"),
    ]
    await talk.menu("reroll", Message())
    [(_, click)] = talk.service.asked
    assert isinstance(click, Click)
    assert (click.action, click.target, click.where) == ("reroll", "k7f3q2", WHERE)


@pytest.mark.parametrize("action", ["recipe", "reroll", "use"])
async def test_a_message_without_a_job_or_a_picture_is_refused(talk: Talk, action: str) -> None:
    reply = await talk.menu(action, Message(attachments=[File("x.txt", "text/plain"), File("y")]))
    assert talk.service.asked == []
    assert reply.private
    assert reply.problem is not None


@pytest.mark.parametrize(
    "picture",
    [File("x", "image/png"), *(File(f"x.{kind}") for kind in ("PNG", "jpg", "jpeg", "webp"))],
)
async def test_a_picture_is_known_by_its_type_or_its_name(talk: Talk, picture: File) -> None:
    message = Message(attachments=[File("x.txt"), picture, File("y.png")])
    for action, way in (("recipe", "answer"), ("use", "keep")):
        await talk.menu(action, message)
        what, asked = talk.service.asked[-1]
        assert isinstance(asked, Invocation)
        file: Any = asked.options["file"]
        assert (what, asked.command, file) == (way, "show", picture)


async def test_a_picture_of_somebody_else_cannot_be_made_again(talk: Talk) -> None:
    assert (await talk.menu("reroll", Message(attachments=[File("x.png")]))).problem is not None
    assert talk.service.asked == []


async def test_nothing_is_fetched_for_somebody_who_may_not_ask(talk: Talk) -> None:
    talk.service.closed = True
    picture = File("x.png", "image/png")
    await talk.asking.command(interaction(), COMMANDS["imagine"], {"image": picture})  # type: ignore[dict-item]
    assert (await talk.menu("use", Message(attachments=[picture]))).problem is not None
    assert not talk.asking.may_ask(interaction())
    assert talk.service.asked == []


async def test_answers_that_are_for_all_are_put_off_before_all(talk: Talk) -> None:
    said = {"private": True}
    for name, values, private in (
        *((name, {}, False) for name in ("imagine", "reroll", "verify", "show")),
        *((name, said, True) for name in ("imagine", "reroll", "verify")),
        ("imagine", {"private": False}, False),
        *((name, {}, True) for name in ("history", "settings", "help")),
    ):
        await talk.asking.command(interaction(), COMMANDS[name], values)
        assert talk.shown.private is private, name
    await talk.asking.form(interaction(), "edit", "k7f3q2", {})
    assert talk.shown.private is False
    for action, private in (
        ("reroll", False),
        ("show", False),
        ("recipe", True),
        ("delete", True),
        ("edit", True),
        ("of a button that is no more", True),
    ):
        await talk.asking.press(interaction(), action, "k7f3q2")
        assert talk.shown.private is private, action


async def test_a_press_that_opens_a_form_is_not_put_off_soon(talk: Talk) -> None:
    await talk.asking.press(interaction(), "recipe", "k7f3q2")
    usual = talk.shown.patience
    for action in ("edit", "use", "delete"):
        await talk.asking.press(interaction(), action, "k7f3q2")
        assert usual < talk.shown.patience < 3
    await talk.asking.form(interaction(), "edit", "k7f3q2", {})
    assert talk.shown.patience == usual


async def test_a_fault_is_a_private_answer_with_a_number_that_the_log_has(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    talk.service.fault = ZeroDivisionError("of the universe")
    with caplog.at_level(logging.ERROR):
        await talk.asking.command(direct(), COMMANDS["help"], {})
    [reply] = talk.shown.replies
    [record] = caplog.records
    reference = record.getMessage().split()[1]
    assert reply.private
    assert reference in reply.text
    assert "universe" not in reply.text
    assert record.exc_info is not None


async def test_an_error_is_said_in_its_words(talk: Talk) -> None:
    talk.service.fault = NotOurMessage("use")
    await talk.asking.press(interaction(), "use", "k7f3q2")
    assert talk.shown.replies == [refusal(NotOurMessage("use"))]

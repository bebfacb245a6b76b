"""A Slack adapter's asking end, with all that it speaks to: for its tests."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.adapters.slack.answering import Ask, Errors
from bot.adapters.slack.asking import Asking
from bot.adapters.slack.fetching import Fetcher
from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.richtext import Block
from bot.adapters.slack.web import Web
from bot.command import Command
from bot.commands import Widest, commands
from bot.config import Config
from bot.errors import NotAllowed
from bot.invocation import Attachment, Click, Invocation, Where
from bot.reply import Reply, line
from bot.service.service import refusal
from bot.service.suggesting.suggestions import Suggestions
from generation.errors import UserError
from generation.loras import LoraCatalogue
from storage.records import JobRecord
from tests.slack_network import HOOK, Kept, Network
from tests.slack_server import SlackEmulator

ANSWER = Reply(lines=(line("Here."),))
COMMANDS = {command.name: command for command in commands(Widest())}
BOT = "U1BOT"
WHERE = Where("T1", ("C100",))
PERSON = {"id": "U50", "name": "ann"}


class Settings:
    """What people have set."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    async def get(self, _actor: str) -> dict[str, Any]:
        return self.known


class Tickets:
    """The jobs by what asked for them."""

    def __init__(self) -> None:
        self.known: dict[str, JobRecord] = {}

    async def of_ticket(
        self, platform: str, ticket: str, within: timedelta = timedelta()
    ) -> JobRecord | None:
        assert platform == "slack"
        return self.known.get(ticket)


@dataclass
class Store:
    settings: Settings = field(default_factory=Settings)
    jobs: Tickets = field(default_factory=Tickets)

    def __post_init__(self) -> None:
        self.posts = Kept(Network()).posts


@dataclass
class Desk:
    """As much of the service's desk as is looked at."""

    suggestions: Suggestions
    store: Store = field(default_factory=Store)
    commands: dict[str, Command] = field(default_factory=lambda: COMMANDS)


@dataclass
class Answers:
    """The service: notes what it is asked, and the bytes of the files that come with that."""

    desk: Desk
    asked: list[tuple[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    closed: bool = False

    def _take(self, what: str, asked: Invocation | Click) -> Reply:
        self.asked.append((what, asked))
        for name, value in (asked.options if isinstance(asked, Invocation) else {}).items():
            if isinstance(value, Attachment):
                self.files[name] = value.path.read_bytes()
        return ANSWER

    def let_in(self, _asked: Invocation | Click) -> None:
        if self.closed:
            raise NotAllowed("channel")

    async def answer(self, invocation: Invocation) -> Reply:
        return self._take("answer", invocation)

    async def click(self, click: Click) -> Reply:
        return self._take("click", click)

    async def keep_picture(self, invocation: Invocation) -> Reply:
        return self._take("keep", invocation)


class Shown:
    """The responder: asks at once, and notes what it is given."""

    def __init__(self) -> None:
        self.replies: list[tuple[Asked, Reply]] = []
        self.speaks = False
        self.may_wait = True
        self.errors: dict[str, str] = {}
        self.views: list[Block] = []
        self.begun: list[Coroutine[Any, Any, None]] = []

    async def respond(
        self, asked: Asked, answer: Ask, *, speaks: bool = False, may_wait: bool = True
    ) -> Answer:
        self.speaks, self.may_wait = speaks, may_wait
        self.replies.append((asked, await guarded(answer)))
        return None

    async def submitted(self, asked: Asked, answer: Ask, errors: Errors) -> Answer:
        reply = await guarded(answer)
        self.errors = errors(reply) if reply.problem else {}
        self.replies.append((asked, reply))
        return {"response_action": "clear"}

    async def open_view(self, _asked: Asked, view: Block) -> None:
        self.views.append(view)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.begun.append(work)

    async def work(self) -> None:
        """Do what was begun."""
        while self.begun:
            await self.begun.pop(0)


async def guarded(answer: Ask) -> Reply:
    try:
        return await answer()
    except UserError as error:
        return refusal(error)


@dataclass
class Homes:
    """Notes whose home is shown."""

    shown: list[Asked] = field(default_factory=list)

    async def show(self, asked: Asked) -> None:
        self.shown.append(asked)


@dataclass
class Talk:
    """What asks, and what it speaks to."""

    emu: SlackEmulator
    config: Config
    web: Web

    def __post_init__(self) -> None:
        suggestions = Suggestions(self.config, tuple(COMMANDS.values()), LoraCatalogue(()))
        self.service = Answers(Desk(suggestions))
        self.shown, self.homes = Shown(), Homes()
        service: Any = self.service
        homes: Any = self.homes
        store: Any = self.service.desk.store
        fetcher = Fetcher(self.config, self.web, store, BOT)
        self.asking = Asking(service, self.shown, Poster(self.web, "@reroll"), fetcher, homes, BOT)

    @property
    def asked(self) -> Any:
        """The last question to the service."""
        return self.service.asked[-1][1]

    @property
    def reply(self) -> Reply:
        return self.shown.replies[-1][1]


def command(text: str = "", name: str = "/imagine", **more: Any) -> dict[str, Any]:
    return {
        "command": name,
        "text": text,
        "team_id": "T1",
        "user_id": "U50",
        "user_name": "ann",
        "channel_id": "C100",
        "response_url": HOOK,
        "trigger_id": "1.2",
    } | more


def event(text: str = f"<@{BOT}> a fox", **more: Any) -> dict[str, Any]:
    about = {"type": "app_mention", "user": "U50", "ts": "5.0", "channel": "C100", "text": text}
    return {"team_id": "T1", "event_id": "Ev1", "event": about | more}


def interactive(**more: Any) -> dict[str, Any]:
    return {"user": PERSON, "team": {"id": "T1"}, "trigger_id": "1.2"} | more


def press(action_id: str, **more: Any) -> dict[str, Any]:
    container = {"type": "message", "message_ts": "5.0", "channel_id": "C100"}
    return interactive(container=container, actions=[{"action_id": action_id}], **more)


def home_press(action_id: str, user: str = "U50") -> dict[str, Any]:
    body = press(action_id) | {"container": {"type": "view"}, "view": {"type": "home", "id": "V1"}}
    return body | {"user": {"id": user, "name": "ann"}}


def entry(action: str, **message: Any) -> dict[str, Any]:
    about = {"ts": "5.0"} | message
    return interactive(callback_id=action, channel={"id": "C100"}, message=about, message_ts="5.0")


def modal(callback_id: str, values: dict[str, Any], place: str = "C100") -> dict[str, Any]:
    state = {"values": {name: {name: value} for name, value in values.items()}}
    blocks = [{"type": "input", "block_id": name} for name in values]
    metadata = json.dumps({"channel": place, "thread": "4.0", "message": ""})
    return interactive(
        view={"id": "V1", "hash": "h", "type": "modal", "callback_id": callback_id,
              "state": state, "blocks": blocks, "private_metadata": metadata}
    )  # fmt: skip


def text_input(value: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}


def link_to(talk: Talk, name: str = "fox.png", data: bytes = b"a picture") -> str:
    file = talk.emu.user_file(name, data, PERSON)
    return str(talk.emu.file_payload(file)["url_private"])


def inputs(view: Block) -> set[str]:
    return {str(block.get("block_id")) for block in view["blocks"]}

"""Messages in Discord, with a client that notes what they say: for their tests."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import discord
import pytest

from bot.adapters.calm import Calm
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.sending import Packing
from bot.reply import Reply, line
from bot.service.surface import NotTaken
from generation.errors import OutOfMemory
from generation.recipe import Recipe
from storage.records import JobRecord, Post, ReplyTo, Ticket, utc_now
from tests.jumping_loop import run_jumping

STATE = Reply(lines=(line("Drawing."),), job="k7f3q2", final=False)
END = Reply(lines=(line("Done."),), job="k7f3q2")
CHANNEL, PERSON, TALK = 100, 50, 900
"""Ids of a channel, of somebody, and of their talk with the bot."""


@dataclass(frozen=True)
class Answer:
    status: int
    reason: str = ""


@dataclass(frozen=True)
class Request:
    """What the bot asked of Discord: ``at`` is the loop's time."""

    what: str
    place: int
    at: float
    arguments: dict[str, Any]


CODES = {401: 50027, 403: 50001, 404: 10008}
"""What Discord itself says with such a status: an old token, no right to it, no such message."""


def error(status: int, code: int | None = None) -> discord.HTTPException:
    answer: Any = Answer(status)
    kind = {403: discord.Forbidden, 404: discord.NotFound}.get(status, discord.HTTPException)
    code = CODES.get(status, 0) if code is None else code
    return kind(answer, {"code": code, "message": ""})


class Discord:
    """A client, its channels, messages and people in one: every request is noted, or refused."""

    application_id = 1

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.refusals: defaultdict[str, list[Exception]] = defaultdict(list)
        """The next answers to requests of a kind, if they are not to be taken."""
        self.always: dict[str, Exception] = {}
        self.written: list[Written] = []
        """What can be read back, the newest first."""

    @property
    def user(self) -> Author:
        return OURS

    @property
    def what(self) -> list[str]:
        return [request.what for request in self.requests]

    async def ask(self, what: str, place: int, **arguments: Any) -> Any:
        now = asyncio.get_running_loop().time()
        self.requests.append(Request(what, place, now, arguments))
        if self.refusals[what]:
            raise self.refusals[what].pop(0)
        if what in self.always:
            raise self.always[what]
        return Message(1000 + len(self.requests), Place(self, place, what))

    def get_partial_messageable(self, channel: int) -> Place:
        return Place(self, channel, "post")

    async def fetch_user(self, person: int) -> Place:
        assert person == PERSON
        return Place(self, TALK, "tell")


@dataclass
class Place:
    server: Discord
    id: int
    what: str

    async def send(self, **arguments: Any) -> Any:
        return await self.server.ask(self.what, self.id, **arguments)

    async def create_dm(self) -> Place:
        return self

    async def history(self, *, limit: int) -> AsyncIterator[Written]:
        await self.server.ask("look", self.id)
        for message in self.server.written[:limit]:
            yield message

    def get_partial_message(self, message: int) -> Message:
        return Message(message, self)


@dataclass
class Message:
    id: int
    channel: Place

    async def edit(self, **arguments: Any) -> None:
        await self.channel.server.ask("edit", self.id, **arguments)

    async def delete(self) -> None:
        await self.channel.server.ask("delete", self.id)


@dataclass(frozen=True)
class Author:
    id: int


OURS = Author(1)


@dataclass
class Button:
    custom_id: str


@dataclass
class Row:
    children: list[Button]


@dataclass
class Written:
    """A message as it is read back: ``asked`` is the interaction that it answers."""

    id: int
    buttons: tuple[str, ...] = ()
    asked: int | None = None
    author: Author = OURS
    created_at: datetime = field(default_factory=utc_now)

    @property
    def components(self) -> list[Row]:
        return [Row([Button(name) for name in self.buttons])]

    @property
    def interaction_metadata(self) -> Author | None:
        return None if self.asked is None else Author(self.asked)


@dataclass
class Posts:
    """What the store knows of messages."""

    known: list[Post] = field(default_factory=list)
    full: bool = False
    gone: bool = False

    @property
    def posts(self) -> Posts:
        return self

    async def add(self, post: Post) -> bool:
        if self.full:
            raise OutOfMemory("disk", 1, 1)
        self.known.append(post)
        return not self.gone

    async def of_job(self, job: str) -> tuple[Post, ...]:
        return tuple(post for post in self.known if post.job == job)

    async def remove(self, _platform: str, _channel: str, message: str) -> None:
        self.known = [post for post in self.known if post.message != message]


@dataclass
class Talk:
    """The messages, and what they speak to."""

    server: Discord = field(default_factory=Discord)
    store: Posts = field(default_factory=Posts)
    calm: Calm = field(default_factory=Calm)

    def __post_init__(self) -> None:
        client: Any = self.server
        self.messages = Messages(client, self.calm, Packing())

    def begin(self) -> Talk:
        store: Any = self.store
        self.messages.begin(store)
        return self


def job(**more: Any) -> JobRecord:
    """A job whose ticket has expired."""
    recipe = Recipe(prompt="x", seed=7, width=128, height=128, steps=4, guidance=5, model="mini")
    ticket = Ticket("77", "leave", utc_now())
    values: dict[str, Any] = {
        "id": "k7f3q2",
        "number": 1,
        "recipe": recipe,
        "count": 1,
        "actor": f"discord:{PERSON}",
        "reply_to": ReplyTo("discord", str(CHANNEL), ticket=ticket),
        "private": False,
        "parent": None,
        "command": "imagine",
        "explicit": (),
        "status": "running",
        "attempts": 1,
        "created": utc_now(),
    }
    return JobRecord(**values | more)


def in_talk(scene: Callable[[Talk], Coroutine[Any, Any, None]]) -> Talk:
    """Play a scene with all its pauses, in no time."""

    async def play() -> Talk:
        talk = Talk().begin()
        await scene(talk)
        return talk

    return run_jumping(play())


def shown(message: int = 500, **more: Any) -> Post:
    return Post("k7f3q2", "discord", str(CHANNEL), str(message), **more)


async def not_taken(talk: Talk, **more: Any) -> str:
    with pytest.raises(NotTaken) as refusal:
        await talk.messages.show(job(**more), END)
    return refusal.value.reason

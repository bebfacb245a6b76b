"""The first answers to interactions, on a stand-in of Discord and the store that notes all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import discord
import numpy as np
from PIL import Image

from bot.adapters.calm import Calm
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.promising import Promising
from bot.adapters.discord.questions import Question
from bot.adapters.discord.responding import Responder
from bot.adapters.discord.sending import Packing
from bot.invocation import Where
from bot.reply import Field, Form, PictureView, Reply, line
from storage.records import Post, Promise, ReplyTo, Ticket, utc_now
from tests.jumping_loop import run_jumping

STARTED = Reply(lines=(line("You are next."),), job="k7f3q2", final=False)
SAID = Reply(lines=(line("Here."),))
REFUSED = Reply(lines=(line("No."),), private=True)
PAGE = Reply(lines=(line("Page 2."),), private=True)
FAILED = replace(REFUSED, problem=line("No."))
FORM = Reply(form=Form("edit", "k7f3q2", "Edit", (Field("prompt", "Prompt"),)))

DEFERRED, SENT = 1001, 1002
"""Ids of the messages that a first answer makes, and a later one."""


@dataclass
class Notes:
    """What is asked of Discord and of the store, in order."""

    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    """What Discord and the store did not refuse."""

    @property
    def what(self) -> list[str]:
        return [what for what, _ in self.heard]

    def of(self, what: str) -> dict[str, Any]:
        return next(arguments for each, arguments in self.heard if each == what)

    def hear(self, what: str, **arguments: Any) -> None:
        self.heard.append((what, arguments))
        if what in self.faults:
            raise self.faults[what]
        self.taken.append(what)


@dataclass
class MadeMessage:
    id: int

    @property
    def message_id(self) -> int:
        return self.id


@dataclass
class First:
    """The first answer of an interaction."""

    notes: Notes

    def is_done(self) -> bool:
        return bool({"defer", "send", "modal", "empty"} & set(self.notes.taken))

    async def defer(self, *, ephemeral: bool, thinking: bool) -> MadeMessage:
        self.notes.hear("defer", ephemeral=ephemeral, thinking=thinking)
        return MadeMessage(DEFERRED)

    async def send_message(self, **arguments: Any) -> MadeMessage:
        self.notes.hear("send", **arguments)
        return MadeMessage(DEFERRED)

    async def send_modal(self, modal: discord.ui.Modal) -> None:
        self.notes.hear("modal", modal=modal)

    async def edit_message(self, **arguments: Any) -> None:
        self.notes.hear("empty", **arguments)


@dataclass
class Later:
    """All later answers."""

    notes: Notes

    async def send(self, **arguments: Any) -> MadeMessage:
        self.notes.hear("follow up", **arguments)
        return MadeMessage(SENT)

    async def edit_message(self, message: int, **arguments: Any) -> None:
        self.notes.hear("edit", message=message, **arguments)


@dataclass
class Person:
    id: int = 50


@dataclass
class Flags:
    ephemeral: bool


@dataclass
class Pressed:
    """The message whose button was pressed."""

    flags: Flags


@dataclass
class Asked:
    """An interaction of somebody in a channel that the bot sees, or not."""

    notes: Notes
    id: int = 77
    guest: bool = False
    message: Pressed | None = None
    token: str = "leave"
    filesize_limit: int = 0
    channel_id: int = 100
    channel: Any = None
    guild_id: int = 10
    user: Person = field(default_factory=Person)
    created_at: Any = field(default_factory=utc_now)

    @property
    def response(self) -> First:
        return First(self.notes)

    @property
    def followup(self) -> Later:
        return Later(self.notes)

    @property
    def app_permissions(self) -> discord.Permissions:
        return discord.Permissions(view_channel=not self.guest)

    def is_guild_integration(self) -> bool:
        return not self.guest

    async def edit_original_response(self, **arguments: Any) -> MadeMessage:
        self.notes.hear("fill", **arguments)
        return MadeMessage(DEFERRED)

    async def delete_original_response(self) -> None:
        self.notes.hear("take away")


@dataclass
class Kept:
    """Posts and promises, noted as they come."""

    notes: Notes
    shown: list[Post] = field(default_factory=list)

    @property
    def posts(self) -> Kept:
        return self

    @property
    def promises(self) -> Promised:
        return Promised(self.notes)

    async def add(self, post: Post) -> bool:
        self.shown.append(post)
        return True

    async def of_job(self, job: str) -> tuple[Post, ...]:
        return tuple(post for post in self.shown if post.job == job)


@dataclass
class Promised:
    notes: Notes

    async def add(self, promise: Promise) -> None:
        self.notes.hear("promise", id=promise.ticket.id, channel=promise.channel)

    async def kept(self, platform: str, ticket: str) -> None:
        self.notes.hear("keep", id=ticket)


def question(*, private: bool = False, turns: bool = False) -> Question:
    ticket = Ticket("77", "leave", utc_now())
    return Question(
        kind="command",
        name="imagine",
        actor="discord:50",
        display_name="Annie",
        reply_to=ReplyTo("discord", "100", ticket=ticket),
        where=Where(),
        private=private,
        turns=turns,
    )


class Scene:
    """A responder, and what it speaks to."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.kept = Kept(self.notes)
        store: Any = self.kept
        nobody: Any = None
        self.calm, packing = Calm(), Packing()
        self.messages = Messages(nobody, self.calm, packing)
        self.messages.begin(store)
        promising = Promising(nobody, self.messages, store, packing)
        self.responder = Responder(self.messages, promising, self.calm, packing)

    async def answer(
        self,
        reply: Reply,
        *,
        after: float = 0.0,
        private: bool = False,
        turns: bool = False,
        patience: float = 1.0,
        **asked: Any,
    ) -> None:
        """Answer somebody after so many seconds."""

        async def service() -> Reply:
            await asyncio.sleep(after)
            return reply

        interaction: Any = Asked(self.notes, **asked)
        asked_for = question(private=private, turns=turns)
        await self.responder.respond(interaction, asked_for, service(), patience)


def in_scene(play: Callable[[Scene], Coroutine[Any, Any, None]]) -> Scene:
    """Play a scene with all its waits, in no time."""

    async def played() -> Scene:
        scene = Scene()
        await play(scene)
        return scene

    return run_jumping(played())


def answered(reply: Reply, **more: Any) -> Scene:
    return in_scene(lambda scene: scene.answer(reply, **more))


def noise(folder: Path, pixels: int) -> PictureView:
    path = folder / "k7f3q2.1.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (pixels, pixels, 3), np.uint8)).save(
        path
    )
    return PictureView("k7f3q2.1", path, pixels, pixels, 7, "noise")

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import discord
import numpy as np
from PIL import Image

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.promising import Promising
from bot.adapters.discord.questions import Question
from bot.adapters.discord.responding import Responder
from bot.adapters.discord.sending import Packing
from bot.invocation import Where
from bot.reply import Button, Field, Form, PictureView, Reply, line
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


# At once ------------------------------------------------------------------------------------------


def test_a_quick_answer_is_given_at_once() -> None:
    scene = answered(SAID, after=0.9)
    assert scene.notes.what == ["send"]
    assert scene.notes.of("send")["content"] == "Here."
    assert not scene.notes.of("send")["ephemeral"]
    assert answered(REFUSED).notes.of("send")["ephemeral"]


def test_what_can_wait_waits_for_an_answer_that_is_owed() -> None:
    async def play(scene: Scene) -> None:
        answer = asyncio.create_task(scene.answer(SAID, after=0.5))
        await asyncio.sleep(0.1)
        async with scene.calm.turn():
            assert scene.notes.what == ["send"]
        await answer

    in_scene(play)


def test_a_form_opens_at_once() -> None:
    assert answered(FORM).notes.what == ["modal"]


def test_a_job_is_acknowledged_first_and_then_its_state_is_shown() -> None:
    scene = answered(STARTED)
    assert scene.notes.what == ["defer", "edit"]
    assert scene.notes.of("defer") == {"ephemeral": False, "thinking": True}
    assert scene.notes.of("edit")["message"] == DEFERRED
    [post] = scene.kept.shown
    assert (post.job, post.channel, post.message) == ("k7f3q2", "100", str(DEFERRED))
    assert post.kind == "job"
    assert answered(replace(STARTED, private=True)).notes.of("defer")["ephemeral"]


def test_the_first_state_waits_while_others_are_owed_an_answer() -> None:
    async def play(scene: Scene) -> None:
        with scene.calm.owing():
            answer = asyncio.create_task(scene.answer(STARTED))
            await asyncio.sleep(0.5)
            assert scene.notes.what == ["defer"]
        await answer
        assert scene.notes.what == ["defer", "edit"]

    in_scene(play)


def test_a_first_state_comes_not_after_a_later_one() -> None:
    async def play(scene: Scene) -> None:
        async def nothing() -> None:
            pass

        await scene.messages.accepted("k7f3q2", ("100", 1), nothing)
        await scene.answer(STARTED)

    assert in_scene(play).notes.what == ["defer"]


async def test_a_picture_is_remembered_as_shown(tmp_path: Path) -> None:
    scene = Scene()
    await scene.answer(replace(SAID, pictures=(noise(tmp_path, 8),)), patience=60)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    [post] = scene.kept.shown
    assert (post.job, post.message, post.kind) == ("k7f3q2", str(DEFERRED), "shown")


async def test_what_takes_long_to_send_is_sent_after_a_deferral(tmp_path: Path) -> None:
    for private in (False, True):
        scene = Scene()
        shown = replace(SAID, pictures=(noise(tmp_path, 400),), private=private)
        await scene.answer(shown, patience=60)
        assert scene.notes.what == ["promise", "defer", "fill", "keep"]
        assert scene.notes.of("defer")["ephemeral"] is private
        assert len(scene.notes.of("fill")["attachments"]) == 1


def test_a_deletion_empties_the_message_that_the_bot_cannot_delete() -> None:
    gone = replace(REFUSED, deleted="k7f3q2")
    hidden = answered(gone, message=Pressed(Flags(ephemeral=True)))
    assert hidden.notes.what == ["empty"]
    assert (hidden.notes.of("empty")["attachments"], hidden.notes.of("empty")["view"]) == ([], None)
    public = Pressed(Flags(ephemeral=False))
    assert answered(gone, message=public, guest=True).notes.what == ["empty"]
    assert answered(gone, message=public).notes.what == ["send"]
    assert answered(gone, guest=True).notes.what == ["send"]
    assert answered(REFUSED, message=Pressed(Flags(ephemeral=True))).notes.what == ["send"]


# After a deferral ---------------------------------------------------------------------------------


def test_a_slow_answer_is_promised_on_the_disk_then_to_the_asker_and_kept() -> None:
    scene = answered(SAID, after=1.1)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    assert scene.notes.of("promise") == {"id": "77", "channel": "100"}
    assert scene.notes.of("keep") == {"id": "77"}
    assert scene.notes.of("defer") == {"ephemeral": False, "thinking": True}
    assert answered(SAID, after=9, private=True).notes.of("defer")["ephemeral"]


def test_how_long_an_answer_may_take_is_said_by_whoever_asks() -> None:
    assert answered(FORM, after=1.1, patience=2.4).notes.what == ["modal"]


def test_a_refusal_after_a_public_deferral_is_seen_by_its_asker_only() -> None:
    scene = answered(REFUSED, after=2)
    assert scene.notes.what == ["promise", "defer", "take away", "follow up", "keep"]
    assert scene.notes.of("follow up")["ephemeral"]
    hidden = answered(REFUSED, after=2, private=True)
    assert hidden.notes.what == ["promise", "defer", "fill", "keep"]


def test_a_form_that_comes_too_late_is_said_to_be() -> None:
    late = answered(FORM, after=2, private=True)
    assert late.notes.what == ["promise", "defer", "fill", "keep"]
    said = "".join(span.text for span in texts.form_too_late())
    assert late.notes.of("fill")["content"] == said


def test_a_slow_job_owes_its_answer_itself_and_shows_it_once() -> None:
    scene = answered(STARTED, after=2)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    [post] = scene.kept.shown
    assert (post.message, post.kind) == (str(DEFERRED), "job")


def test_a_job_that_turns_out_private_is_shown_in_the_message_that_is() -> None:
    scene = answered(replace(STARTED, private=True), after=2)
    [post] = scene.kept.shown
    assert post.message == str(SENT)


# In place of what was pressed ---------------------------------------------------------------------


def test_a_page_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    quick = answered(PAGE, private=True, turns=True)
    assert quick.notes.what == ["empty"]
    assert quick.notes.of("empty")["content"] == "Page 2."
    assert quick.notes.of("empty")["attachments"] == []
    slow = answered(PAGE, after=2, private=True, turns=True)
    assert slow.notes.what == ["promise", "defer", "fill", "keep"]
    assert not slow.notes.of("defer")["thinking"]


async def test_a_page_with_pictures_takes_its_place_after_a_deferral(tmp_path: Path) -> None:
    scene = Scene()
    page = replace(PAGE, pictures=(noise(tmp_path, 8),))
    await scene.answer(page, private=True, turns=True, patience=60)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    assert not scene.notes.of("defer")["thinking"]
    assert len(scene.notes.of("fill")["attachments"]) == 1


def test_where_a_page_is_refused_the_one_before_stays() -> None:
    quick = answered(FAILED, private=True, turns=True)
    assert quick.notes.what == ["send"]
    assert quick.notes.of("send")["ephemeral"]
    slow = answered(FAILED, after=2, private=True, turns=True)
    assert slow.notes.what == ["promise", "defer", "follow up", "keep"]
    assert slow.notes.of("follow up")["ephemeral"]


# When Discord does not take it --------------------------------------------------------------------


def test_a_job_is_stored_though_its_asker_cannot_be_answered() -> None:
    stored: list[str] = []

    async def service() -> Reply:
        await asyncio.sleep(30)
        stored.append("k7f3q2")
        return STARTED

    async def play(scene: Scene) -> None:
        scene.notes.faults["defer"] = aiohttp.ClientConnectionError()
        interaction: Any = Asked(scene.notes)
        await scene.responder.respond(interaction, question(), service())

    in_scene(play)
    assert stored == ["k7f3q2"]


def test_states_go_on_whatever_became_of_the_answer() -> None:
    async def play(scene: Scene) -> None:
        scene.notes.faults["send"] = OSError()
        await scene.answer(SAID)
        # Nobody is owed anything any more.
        begun = asyncio.get_running_loop().time()
        async with scene.calm.turn():
            assert asyncio.get_running_loop().time() - begun < 0.5

    in_scene(play)


def test_an_answer_that_cannot_be_shown_is_not_passed_over_in_silence() -> None:
    async def play(scene: Scene, reply: Reply) -> None:
        scene.notes.faults["fill"] = OSError()
        await scene.answer(reply, after=2)

    scene = in_scene(lambda scene: play(scene, SAID))
    assert scene.notes.what == ["promise", "defer", *["fill"] * 4, "follow up"]
    assert scene.notes.of("follow up")["ephemeral"]
    # The message of a job is brought by other ways.
    assert "follow up" not in in_scene(lambda scene: play(scene, STARTED)).notes.what


def test_an_answer_is_shown_once_discord_takes_it_again() -> None:
    async def play(scene: Scene) -> None:
        scene.notes.faults["fill"] = OSError()
        asyncio.get_running_loop().call_later(8, scene.notes.faults.clear)
        await scene.answer(SAID, after=2)

    assert in_scene(play).notes.what == ["promise", "defer", "fill", "fill", "fill", "keep"]


# Guests -------------------------------------------------------------------------------------------


def test_a_guest_says_once_what_comes_of_it() -> None:
    async def play(scene: Scene) -> None:
        other = Person(51)
        await scene.answer(SAID, guest=True)
        await scene.answer(STARTED)
        assert "follow up" not in scene.notes.what
        await scene.answer(replace(STARTED, job="b00000"), guest=True)
        await scene.answer(replace(STARTED, job="c00000"), guest=True)
        assert scene.notes.what.count("follow up") == 1
        assert scene.notes.of("follow up")["ephemeral"]
        await scene.answer(replace(STARTED, job="d00000"), guest=True, user=other)
        assert scene.notes.what.count("follow up") == 2

    in_scene(play)


def test_what_has_no_buttons_is_sent_without_any() -> None:
    assert "view" not in answered(SAID).notes.of("send")
    with_button = replace(SAID, buttons=(Button("delete", "k7f3q2", "Delete"),))
    assert "view" in answered(with_button).notes.of("send")

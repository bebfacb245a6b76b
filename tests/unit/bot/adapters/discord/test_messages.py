from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import discord
import numpy as np
import pytest
from PIL import Image

from bot.adapters.calm import Calm
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.sending import Packing
from bot.adapters.patience import REMEMBERED
from bot.reply import PictureView, Reply, line
from bot.service.surface import NotTaken
from generation.errors import OutOfMemory
from generation.recipe import Recipe
from storage.records import JobRecord, Post, ReplyTo, Ticket, utc_now
from tests.jumping_loop import jumping, run_jumping
from tests.live_objects import census, grown

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


# Which way a message goes -------------------------------------------------------------------------


@jumping
async def test_what_was_deleted_while_it_was_shown_is_shown_no_more() -> None:
    talk = Talk().begin()
    talk.store.gone = True
    await talk.messages.remember("k7f3q2", str(CHANNEL), 500, "shown")
    assert [(each.what, each.place) for each in talk.server.requests] == [("delete", 500)]
    assert talk.store.known == []


@jumping
async def test_a_message_that_is_known_is_edited() -> None:
    talk = Talk().begin()
    await talk.messages.remember("k7f3q2", str(CHANNEL), 500)
    for reply in (STATE, END):
        await talk.messages.show(job(), reply)
    assert [(each.what, each.place) for each in talk.server.requests] == [("edit", 500)] * 2
    assert talk.server.requests[1].arguments["content"] == "Done."
    assert len(talk.store.known) == 1, "nothing new to remember"


@jumping
async def test_an_earlier_process_has_left_word_of_the_message() -> None:
    talk = Talk().begin()
    talk.store.known = [
        shown(400),
        shown(500),
        shown(600, kind="shown"),
        Post("k7f3q2", "slack", "C1", "700"),
    ]
    await talk.messages.show(job(), END)
    assert [(each.what, each.place) for each in talk.server.requests] == [("edit", 500)]


@jumping
async def test_of_a_job_that_has_ended_only_the_store_knows() -> None:
    talk = Talk().begin()
    for message in (500, 600):
        talk.store.known = [shown(message)]
        await talk.messages.show(job(), END)
    assert [each.place for each in talk.server.requests] == [500, 600]


@jumping
async def test_a_result_without_a_message_is_posted_and_remembered() -> None:
    talk = Talk().begin()
    await talk.messages.show(job(), END)
    [posted] = talk.server.requests
    assert (posted.what, posted.place) == ("post", CHANNEL)
    [known] = talk.store.known
    assert (known.job, known.channel, known.message) == ("k7f3q2", str(CHANNEL), "1001")


@pytest.mark.parametrize("status", [401, 403, 404])
@jumping
async def test_a_result_goes_by_the_next_way_where_one_is_closed(status: int) -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    talk.server.always = {"edit": error(status), "post": error(403)}
    await talk.messages.show(job(), END)
    assert talk.server.what == ["edit", "post", "tell"]
    assert talk.store.known[-1].channel == str(TALK)


@jumping
async def test_where_every_way_is_closed_that_is_said() -> None:
    talk = Talk().begin()
    talk.server.always = {"post": error(403), "tell": error(403)}
    assert await not_taken(talk) == "closed"
    assert talk.server.what == ["post", "tell"]


@pytest.mark.parametrize("status", [401, 403, 404])
@jumping
async def test_what_stands_before_discord_closes_no_way(status: int) -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    talk.server.always = {"edit": error(status, code=0)}
    assert await not_taken(talk) == "down"
    assert talk.server.what == ["edit"]


@jumping
async def test_what_is_private_never_goes_to_the_channel() -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    await talk.messages.show(job(private=True), STATE)
    await talk.messages.show(job(private=True), END)
    assert talk.server.what == ["tell"]


@jumping
async def test_a_state_makes_no_new_message_and_never_fails() -> None:
    talk = Talk().begin()
    await talk.messages.show(job(), STATE)
    talk.store.known = [shown()]
    for fault in (error(404), error(500), aiohttp.ClientConnectionError(), OSError()):
        talk.server.always = {"edit": fault}
        await talk.messages.show(job(), STATE)
    assert talk.server.what == ["edit"] * 4


@jumping
async def test_a_cancelled_job_gets_no_new_message() -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    talk.server.always = {"edit": error(404)}
    await talk.messages.show(job(status="cancelled"), END)
    assert talk.server.what == ["edit"]


@jumping
async def test_a_deleted_job_is_not_shown_again() -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    await talk.messages.show(job(deleted=utc_now()), END)
    assert talk.server.requests == []


@jumping
async def test_a_result_arrives_even_if_its_message_cannot_be_noted() -> None:
    talk = Talk().begin()
    talk.store.full = True
    await talk.messages.show(job(), END)
    assert talk.server.what == ["post"]


# Once ---------------------------------------------------------------------------------------------


async def not_taken(talk: Talk, **more: Any) -> str:
    with pytest.raises(NotTaken) as refusal:
        await talk.messages.show(job(**more), END)
    return refusal.value.reason


@pytest.mark.parametrize(
    "fault", [error(500), error(503), error(429), aiohttp.ClientConnectionError(), OSError()]
)
@jumping
async def test_a_result_is_tried_once_where_that_may_go_better_later(fault: Exception) -> None:
    talk = Talk().begin()
    talk.server.refusals["post"] = [fault]
    assert await not_taken(talk) == "down"
    assert talk.server.what == ["post"]
    await talk.messages.show(job(), END)
    assert len(talk.store.known) == 1
    [nonce] = {each.arguments["nonce"] for each in talk.server.requests if each.what == "post"}
    assert "k7f3q2" in nonce
    assert len(nonce) <= 25, "Discord takes no longer ones"


@jumping
async def test_a_fault_of_ours_is_not_repeated() -> None:
    talk = Talk().begin()
    talk.server.always = {"post": error(400)}
    assert await not_taken(talk) == "refused"
    # The second says where the result can be had, which is refused here as well.
    assert talk.server.what == ["post", "post"]


@jumping
async def test_who_cannot_have_a_result_hears_where_it_is() -> None:
    talk = Talk().begin()
    talk.server.refusals["post"] = [error(400)]
    assert await not_taken(talk) == "refused"
    assert "/show k7f3q2" in talk.server.requests[-1].arguments["content"]
    assert len(talk.store.known) == 1, "it goes when the job is deleted"


@pytest.mark.parametrize("fault", [(413, 0), (400, 40005)])
async def test_a_result_that_is_too_large_is_made_smaller_at_once(
    tmp_path: Path, fault: tuple[int, int]
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), np.uint8)
    path = tmp_path / "k7f3q2.1.png"
    Image.fromarray(noise).save(path)
    picture = PictureView("k7f3q2.1", path, 400, 400, 7, "noise")
    talk = Talk().begin()
    talk.server.refusals["post"] = [error(*fault)]
    await talk.messages.show(job(), replace(END, pictures=(picture,)))
    sizes = [
        len(file.fp.getvalue()) for each in talk.server.requests for file in each.arguments["files"]
    ]
    assert sizes[0] == path.stat().st_size
    assert 0 < sizes[1] <= sizes[0] / 2


# In order -----------------------------------------------------------------------------------------


async def first_there(tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    done, _ = await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_COMPLETED)
    return done


def test_the_states_of_a_job_wait_for_its_first_message_and_for_no_other() -> None:
    async def scene(talk: Talk) -> None:
        other = job(id="b00000", reply_to=ReplyTo("discord", str(CHANNEL)))
        async with talk.messages.opening("77") as opened:
            mine = asyncio.create_task(talk.messages.show(job(), END))
            assert not await first_there({mine})
            await talk.messages.show(other, replace(END, job="b00000"))
            opened(500)
        await mine

    requests = in_talk(scene).server.requests
    assert [(each.what, each.place) for each in requests] == [("post", CHANNEL), ("edit", 500)]


def test_states_go_on_where_the_first_message_has_failed() -> None:
    async def scene(talk: Talk) -> None:
        with pytest.raises(ConnectionError):
            await failing_opening(talk)
        await talk.messages.show(job(), END)

    assert in_talk(scene).server.what == ["post"]


async def failing_opening(talk: Talk) -> None:
    async with talk.messages.opening("77"):
        raise ConnectionError


def test_states_wait_while_somebody_waits_for_an_answer_and_results_do_not() -> None:
    async def scene(talk: Talk) -> None:
        talk.store.known = [shown()]
        with talk.calm.owing():
            state = asyncio.create_task(talk.messages.show(job(), STATE))
            await asyncio.sleep(0.5)
            assert talk.server.requests == []
            await talk.messages.show(job(id="b00000"), END)
            assert talk.server.what == ["post"]
        await state

    assert in_talk(scene).server.what == ["post", "edit"]


def test_nothing_goes_before_the_bot_is_logged_in() -> None:
    async def scene(_: Talk) -> None:
        talk = Talk()
        tasks = {
            asyncio.create_task(talk.messages.show(job(), END)),
            asyncio.create_task(talk.messages.withdraw([shown()])),
        }
        assert not await first_there(tasks)
        talk.begin()
        await asyncio.gather(*tasks)
        assert sorted(talk.server.what) == ["delete", "post"]

    in_talk(scene)


@jumping
async def test_the_first_state_is_left_out_once_a_later_one_was_shown() -> None:
    talk, tried = Talk().begin(), []

    async def show() -> None:
        tried.append(1)

    await talk.messages.accepted("a00000", ("1", 2), show)
    assert len(tried) == 1
    for name, state in (("b00000", END), ("c00000", STATE)):
        await talk.messages.show(job(id=name), state)
        await talk.messages.accepted(name, ("1", 2), show)
    assert len(tried) == 1


@jumping
async def test_a_first_state_that_fails_is_tried_again() -> None:
    talk, tried = Talk().begin(), []

    async def show() -> None:
        tried.append(1)
        if len(tried) < 3:
            raise error(500)

    await talk.messages.accepted("a00000", ("1", 2), show)
    assert len(tried) == 3
    assert [post.message for post in talk.store.known] == ["2"]


@jumping
async def test_not_all_jobs_are_remembered_for_ever() -> None:
    talk, tried = Talk().begin(), []

    async def show() -> None:
        tried.append(1)

    for number in range(REMEMBERED + 1):
        await talk.messages.show(job(id=f"{number:06}", deleted=None), STATE)
    await talk.messages.accepted("000001", ("1", 2), show)
    assert tried == []
    await talk.messages.accepted("000000", ("1", 2), show)
    assert len(tried) == 1


# Taken away ---------------------------------------------------------------------------------------


@jumping
async def test_messages_are_deleted_and_those_out_of_reach_are_passed_by() -> None:
    talk = Talk().begin()
    talk.server.refusals["delete"] = [error(404), error(403)]
    await talk.messages.withdraw([shown(1), shown(2), shown(3)])
    assert [each.place for each in talk.server.requests] == [1, 2, 3]


@jumping
async def test_a_message_that_may_go_later_is_told() -> None:
    talk = Talk().begin()
    talk.server.refusals["delete"] = [error(500)]
    with pytest.raises(discord.HTTPException):
        await talk.messages.withdraw([shown()])


def test_nothing_is_remembered_of_jobs_that_are_over() -> None:
    seen = []

    async def scene() -> None:
        talk = Talk().begin()
        ends = ("delivered", "refused", "deleted", "cancelled")
        for number in range(100):
            end = ends[number % len(ends)]
            if number in (20, 99):
                seen.append(census())
            talk.store.known = [Post(f"{number:06}", "discord", str(CHANNEL), "500")]
            who = {"id": f"{number:06}"}
            await talk.messages.show(job(**who), STATE)
            talk.server.always = {"edit": error(400)} if end == "refused" else {}
            more: dict[str, Any] = {"deleted": utc_now()} if end == "deleted" else {"status": end}
            with suppress(NotTaken):
                await talk.messages.show(job(**who, **more), END)
            talk.server.always = {}

    run_jumping(scene())
    assert grown(*seen) == {}

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.service.delivering.outbox import (
    AT_ONCE,
    FIRST_PAUSE,
    JITTER,
    LASTS,
    LONGEST_GAP,
    LONGEST_PAUSE,
    Outbox,
    Parcel,
    Waiting,
)
from bot.service.surface import NotTaken
from generation.errors import DiskFull
from storage.records import JobRecord, ReplyTo
from tests.fakes import FakeLedger
from tests.jumping_loop import run_jumping
from tests.unit.bot.test_announcer import JOB

DOWN = NotTaken("down", "status 500")
SECONDS = 2.0
"""How long a try takes."""


@dataclass
class Platform:
    """A chat service that takes what it is brought, or has a fault; and says when it was asked."""

    fault: Exception | None = None
    asked: list[tuple[str, float]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0

    async def show(self, job: JobRecord) -> bool:
        self.asked.append((job.id, asyncio.get_running_loop().time()))
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(SECONDS)
        self.busy -= 1
        if self.fault:
            raise self.fault
        self.taken.append(job.id)
        return True

    def times(self, name: str = JOB.id) -> list[float]:
        return [at for each, at in self.asked if each == name]


@dataclass
class Post:
    """An outbox, its ledger, and two services."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    platforms: dict[str, Platform] = field(
        default_factory=lambda: {"chat": Platform(), "other": Platform()}
    )

    def __post_init__(self) -> None:
        chances = itertools.cycle((0.0, 0.3, 0.99))
        self.outbox = Outbox(self.ledger, lambda: next(chances))
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def chat(self) -> Platform:
        return self.platforms["chat"]

    def send(self, name: str = JOB.id, platform: str = "chat") -> asyncio.Task[None]:
        job = replace(JOB, id=name, status="rendered", reply_to=ReplyTo(platform, "a"))
        there = self.platforms[platform]
        bringing = self.outbox.bring(Parcel(job), lambda: there.show(job))
        self.tasks.append(asyncio.create_task(bringing))
        return self.tasks[-1]


def played(scene: Callable[[Post], Coroutine[Any, Any, None]]) -> Post:
    """Play a scene of hours in no time."""

    async def play() -> Post:
        post = Post()
        await scene(post)
        for task in post.tasks:
            task.cancel()
        return post

    return run_jumping(play())


def test_what_is_taken_is_noted_and_brought_once() -> None:
    async def scene(post: Post) -> None:
        await post.send()

    post = played(scene)
    assert post.chat.taken == post.ledger.arrived == [JOB.id]
    assert len(post.chat.asked) == 1
    assert post.outbox.waiting == Waiting()


def test_what_is_not_taken_is_brought_again_with_pauses_that_grow_to_ten_minutes() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        sending = post.send()
        await asyncio.sleep(3 * 3600)
        post.chat.fault = None
        await sending

    post = played(scene)
    times = post.chat.times()
    pauses = [after - before - SECONDS for before, after in itertools.pairwise(times)]
    for number, pause in enumerate(pauses):
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**number)
        assert longest * (1 - JITTER) - 1 < pause < longest + 1
    assert len({round(pause) for pause in pauses[-3:]}) == 3, "not all at the same time"
    assert post.chat.taken == post.ledger.arrived == [JOB.id]
    assert post.ledger.given_up == {}


def test_after_hours_a_result_is_given_up_once_and_for_all() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        await post.send()
        post.chat.fault = None

    post = played(scene)
    times = post.chat.times()
    assert LASTS <= times[-1] - times[0] <= LASTS + LONGEST_PAUSE + SECONDS
    assert post.ledger.arrived == []
    error = post.ledger.given_up[JOB.id]
    assert (error.service, error.reason) == ("chat", "down")


@pytest.mark.parametrize("reason", ["closed", "refused"])
def test_what_no_patience_mends_is_given_up_at_once(reason: Any) -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = NotTaken(reason, "status 403")
        await post.send()

    post = played(scene)
    assert len(post.chat.asked) == 1
    assert post.ledger.given_up[JOB.id].reason == reason


def test_a_fault_that_nobody_foresaw_is_waited_out_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = ZeroDivisionError("in a library")
        sending = post.send()
        await asyncio.sleep(60)
        post.chat.fault = None
        await sending

    assert played(scene).ledger.arrived == [JOB.id]
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == 1, "the log is not filled with it"


def test_a_service_that_is_down_holds_up_no_other() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        for number in range(3 * AT_ONCE):
            post.send(f"job{number:03}")
        await asyncio.sleep(SECONDS / 2)
        sending = post.send("k00000", "other")
        await asyncio.wait_for(sending, 1.1 * SECONDS)

    assert played(scene).platforms["other"].taken == ["k00000"]


def test_a_result_that_is_refused_holds_up_no_other_of_its_service() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        post.send("aaaaaa")
        await asyncio.sleep(4 * 3600)
        post.chat.fault = None
        await asyncio.wait_for(post.send("bbbbbb"), LONGEST_GAP + 1.1 * SECONDS)
        await asyncio.wait_for(post.send("cccccc"), 1.1 * SECONDS)

    assert "bbbbbb" in played(scene).chat.taken


def test_after_an_outage_all_come_soon_and_never_many_at_once() -> None:
    names = [f"job{number:03}" for number in range(500)]

    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        for name in names:
            post.send(name)
        await asyncio.sleep(3600)
        outage = len(post.chat.asked)
        assert outage < 2 * 3600 / LONGEST_GAP, "who is down is asked seldom"
        assert post.outbox.waiting.count == len(names)
        post.chat.fault = None
        await asyncio.sleep(LONGEST_PAUSE)
        assert len(post.chat.asked) - outage <= len(names) + AT_ONCE, "each is tried once"

    post = played(scene)
    assert sorted(post.chat.taken) == sorted(post.ledger.arrived) == names
    assert post.chat.busiest == AT_ONCE
    assert post.outbox.waiting.count == 0


def test_the_first_that_arrives_calls_the_others() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        for number in range(20):
            post.send(f"job{number:03}")
        await asyncio.sleep(3600)
        post.chat.fault = None
        before = len(post.chat.asked)
        await asyncio.gather(*post.tasks)
        times = [at for _, at in post.chat.asked[before:]]
        assert max(times) - min(times) < 20 * SECONDS, "nobody waits out a pause"

    played(scene)


def test_what_is_called_in_vain_waits_out_its_next_pause() -> None:
    async def scene(post: Post) -> None:
        bad = replace(JOB, id="aaaaaa", reply_to=ReplyTo("chat", "a"))
        worse = Platform(DOWN)
        post.platforms["bad"] = worse
        bringing = post.outbox.bring(Parcel(bad), lambda: worse.show(bad))
        post.tasks.append(asyncio.create_task(bringing))
        await asyncio.sleep(3600)
        tries = len(worse.asked)
        for number in range(100):
            await post.send(f"job{number:03}")
        # Others arrive all the time, and one cannot: it is not tried each time.
        assert len(worse.asked) - tries <= 3

    played(scene)


def test_what_is_owed_no_more_is_brought_no_more() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        sending = post.send()
        await asyncio.sleep(60)
        before = len(post.chat.asked)
        post.ledger.settled.add(JOB.id)
        post.chat.fault = None
        await sending
        assert len(post.chat.asked) == before

    post = played(scene)
    assert (post.ledger.arrived, post.ledger.given_up) == ([], {})


def test_at_the_end_nothing_is_tried_again_and_nothing_given_up() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        resting = post.send("aaaaaa")
        await asyncio.sleep(3600)
        trying = post.send("bbbbbb")
        await asyncio.sleep(SECONDS / 2)
        before = len(post.chat.asked)
        post.outbox.stop()
        await asyncio.wait_for(asyncio.gather(resting, trying), SECONDS)
        assert len(post.chat.asked) == before

    post = played(scene)
    assert (post.ledger.arrived, post.ledger.given_up) == ([], {})


def test_what_cannot_be_noted_has_arrived_all_the_same() -> None:
    async def scene(post: Post) -> None:
        post.ledger.fault = DiskFull("data")
        await post.send()

    assert len(played(scene).chat.asked) == 1


def test_who_watches_sees_how_many_wait_and_since_when() -> None:
    async def scene(post: Post) -> None:
        post.chat.fault = DOWN
        oldest = Parcel(replace(JOB, id="aaaaaa"))
        oldest.since -= timedelta(hours=1)
        bringing = post.outbox.bring(oldest, lambda: post.chat.show(oldest.job))
        post.tasks.append(asyncio.create_task(bringing))
        post.send("bbbbbb")
        await asyncio.sleep(60)
        assert post.outbox.waiting == Waiting(2, oldest.since)

    played(scene)

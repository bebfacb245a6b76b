from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.reply import Reply, line
from bot.service.delivering.announcer import Announcer
from bot.service.delivering.outbox import Outbox
from generation.recipe import Recipe
from storage.records import JobRecord, Post, ReplyTo
from tests.fakes import ChatSurface, FakeLedger
from tests.jumping_loop import jumping

JOB = JobRecord(
    id="k7f3q2",
    number=1,
    recipe=Recipe(prompt="a", seed=1, width=64, height=64, steps=1, guidance=1, model="mini"),
    count=1,
    actor="chat:ann",
    reply_to=ReplyTo("chat", "a"),
    private=False,
    parent=None,
    command="imagine",
    explicit=(),
    status="running",
    attempts=1,
    created=datetime.now(UTC),
)


class Wire:
    """An announcer, its one surface, and what was noted as delivered."""

    def __init__(self) -> None:
        self.surface = ChatSurface()
        self.ledger = FakeLedger()
        self.outbox = Outbox(self.ledger)
        self.announcer = Announcer({"chat": self.surface}, self.outbox)

    def report(self, text: str, *, final: bool = False) -> None:
        self.announcer.report(JOB, Reply(lines=(line(text),), job=JOB.id, final=final))

    async def arrival(self) -> None:
        await asyncio.wait_for(self.ledger.noted.wait(), 60)

    @property
    def shown(self) -> list[str]:
        return [reply.text for reply in self.surface.shown]


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def turns() -> None:
    """Let everything go on that does not wait for something outside."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_overtaken_states_are_left_out_and_the_final_one_is_shown(wire: Wire) -> None:
    wire.surface.gate.clear()
    wire.report("0")
    await wire.surface.until(lambda: wire.surface.asked == 1)
    for number in range(1, 50):
        wire.report(str(number))
    wire.report("end", final=True)
    wire.surface.gate.set()
    await wire.arrival()
    assert wire.shown == ["0", "end"]


async def test_a_state_that_was_refused_does_not_stop_the_final_one(wire: Wire) -> None:
    wire.surface.refuses = True
    wire.report("0")
    await wire.surface.until(lambda: wire.surface.asked == 1)
    await turns()
    wire.surface.refuses = False
    wire.report("end", final=True)
    await wire.arrival()
    assert wire.shown == ["end"]


async def test_a_final_state_that_was_refused_is_not_counted_as_delivered(wire: Wire) -> None:
    wire.surface.refuses = True
    wire.report("end", final=True)
    await wire.announcer.close()
    assert wire.surface.asked == 1
    assert not wire.ledger.arrived


async def test_nothing_overtakes_the_final_state(wire: Wire) -> None:
    wire.surface.gate.clear()
    wire.report("0")
    await wire.surface.until(lambda: wire.surface.asked == 1)
    wire.report("end", final=True)
    wire.report("late")
    wire.surface.gate.set()
    await wire.arrival()
    assert wire.shown == ["0", "end"]


async def test_a_final_state_on_its_way_arrives_before_the_end(wire: Wire) -> None:
    wire.surface.gate.clear()
    wire.report("end", final=True)
    closing = asyncio.create_task(wire.announcer.close(60))
    await wire.surface.until(lambda: wire.surface.asked == 1)
    wire.surface.gate.set()
    await asyncio.wait_for(closing, 60)
    assert wire.shown == ["end"]
    assert wire.ledger.arrived


async def test_what_does_not_arrive_in_time_is_left_and_still_owed(wire: Wire) -> None:
    wire.surface.gate.clear()
    wire.report("end", final=True)
    await wire.surface.until(lambda: wire.surface.asked == 1)
    await asyncio.wait_for(wire.announcer.close(0.01), 60)
    assert wire.shown == []
    assert not wire.ledger.arrived


async def test_the_note_of_an_arrival_is_not_lost_at_the_end(wire: Wire) -> None:
    wire.ledger.gate.clear()
    wire.report("end", final=True)
    await wire.surface.until(lambda: bool(wire.shown))
    await turns()
    closing = asyncio.create_task(wire.announcer.close(0))
    await turns()
    wire.ledger.gate.set()
    await asyncio.wait_for(closing, 60)
    assert wire.ledger.arrived


async def test_a_running_job_does_not_hold_up_the_end(wire: Wire) -> None:
    wire.surface.gate.clear()
    wire.report("0")
    await wire.surface.until(lambda: wire.surface.asked == 1)
    await asyncio.wait_for(wire.announcer.close(3600), 60)
    assert wire.shown == []


@pytest.mark.parametrize("final", [False, True])
async def test_of_a_job_that_goes_quiet_nothing_more_is_shown(wire: Wire, final: bool) -> None:
    wire.surface.gate.clear()
    wire.report("0")
    await wire.surface.until(lambda: wire.surface.asked == 1)
    wire.report("1", final=final)
    quiet = asyncio.create_task(wire.announcer.quiet(JOB.id))
    await turns()
    assert not quiet.done()
    wire.surface.gate.set()
    await asyncio.wait_for(quiet, 60)
    assert wire.shown == ["0"]
    wire.report("2", final=True)
    await wire.announcer.close(60)
    assert wire.shown == ["0"]
    assert not wire.ledger.arrived


async def test_that_a_quiet_job_is_gone_is_shown(wire: Wire) -> None:
    wire.report("0")
    await wire.surface.until(lambda: wire.shown == ["0"])
    await wire.announcer.quiet(JOB.id)
    gone = Reply(lines=(line("gone"),), job=JOB.id, deleted=JOB.id)
    wire.announcer.report(replace(JOB, deleted=JOB.created), gone)
    await wire.surface.until(lambda: wire.shown == ["0", "gone"])
    await wire.announcer.close(60)
    assert not wire.ledger.arrived, "there is nothing any more that could be owed"


@jumping
async def test_a_result_that_waits_is_not_shown_once_its_job_is_deleted() -> None:
    wire = Wire()
    wire.surface.refuses = True
    wire.report("end", final=True)
    await turns()
    await asyncio.wait_for(wire.announcer.quiet(JOB.id), 60)
    wire.surface.refuses = False
    assert wire.outbox.waiting.count == 1
    await asyncio.sleep(600)
    assert (wire.surface.asked, wire.shown) == (1, [])
    assert wire.outbox.waiting.count == 0
    assert not wire.ledger.arrived


async def test_messages_are_withdrawn_only_where_their_platform_is(wire: Wire) -> None:
    posts = [Post(JOB.id, "chat", "1", "2")]
    assert await wire.announcer.withdraw("chat", posts)
    assert not await wire.announcer.withdraw("another", posts)
    assert wire.surface.withdrawn == posts

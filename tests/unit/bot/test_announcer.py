from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot.reply import Reply, line
from bot.service.announcer import Announcer
from bot.service.surface import Capabilities
from generation.recipe import Recipe
from storage.records import JobRecord, ReplyTo

JOB = JobRecord(
    id="k7f3q2",
    number=1,
    recipe=Recipe(prompt="a", seed=1, width=64, height=64, steps=1, guidance=1, model="mini"),
    count=1,
    actor="slow:ann",
    reply_to=ReplyTo("slow", "a"),
    private=False,
    parent=None,
    command="imagine",
    explicit=(),
    status="running",
    attempts=1,
    created=datetime.now(UTC),
)


class SlowSurface:
    """A platform that takes its time, and may refuse."""

    platform = "slow"
    capabilities = Capabilities(edit_seconds=0.02)

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.gate = asyncio.Event()
        self.refuses = False

    async def show(self, job: JobRecord, reply: Reply) -> None:
        await self.gate.wait()
        if self.refuses:
            raise ConnectionError("gone")
        self.shown.append(reply.text)


def state(text: str, *, final: bool = False) -> Reply:
    return Reply(lines=(line(text),), job=JOB.id, final=final)


async def test_overtaken_states_are_left_out_and_the_final_one_is_shown() -> None:
    surface, delivered = SlowSurface(), asyncio.Event()

    async def note(_job: JobRecord) -> None:
        delivered.set()

    announcer = Announcer({"slow": surface}, note)
    announcer.report(JOB, state("0"))
    await asyncio.sleep(0)
    for number in range(1, 50):
        announcer.report(JOB, state(str(number)))
    announcer.report(JOB, state("end", final=True))
    surface.gate.set()
    await asyncio.wait_for(delivered.wait(), 5)
    assert surface.shown[-1] == "end"
    assert len(surface.shown) <= 2


async def test_a_state_that_was_refused_does_not_stop_the_final_one() -> None:
    surface, delivered = SlowSurface(), asyncio.Event()

    async def note(_job: JobRecord) -> None:
        delivered.set()

    announcer = Announcer({"slow": surface}, note)
    surface.refuses = True
    surface.gate.set()
    announcer.report(JOB, state("0"))
    await asyncio.sleep(0.01)
    surface.refuses = False
    announcer.report(JOB, state("end", final=True))
    await asyncio.wait_for(delivered.wait(), 5)
    assert surface.shown == ["end"]


async def test_a_final_state_that_was_refused_is_not_counted_as_delivered() -> None:
    surface, delivered = SlowSurface(), asyncio.Event()

    async def note(_job: JobRecord) -> None:
        delivered.set()

    announcer = Announcer({"slow": surface}, note)
    surface.refuses = True
    surface.gate.set()
    announcer.report(JOB, state("end", final=True))
    await announcer.close()
    assert not delivered.is_set()

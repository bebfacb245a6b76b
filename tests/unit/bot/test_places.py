from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from bot.service.delivering.announcer import Announcer
from bot.service.delivering.outbox import Outbox
from bot.service.running.line import Line
from bot.service.running.places import NEXT, PlaceNews
from tests.fakes import ChatSurface, FakeLedger
from tests.unit.bot.conftest import Talk
from tests.unit.bot.test_announcer import JOB, turns


@dataclass
class Queue:
    """Eight jobs that wait, and the chat where they were asked for."""

    line: Line
    news: PlaceNews
    announcer: Announcer
    surface: ChatSurface

    def told(self) -> dict[str, str]:
        """What was said of each job last: its last line."""
        return {
            str(reply.job): reply.text.splitlines()[-1].partition(",")[0]
            for reply in self.surface.shown
        }


def name(number: int) -> str:
    return f"job{number:03}"


@pytest.fixture
async def queue(talk: Talk, request: pytest.FixtureRequest) -> AsyncIterator[Queue]:
    surface = ChatSurface()
    announcer = Announcer({"chat": surface}, Outbox(FakeLedger()))
    line = Line(lambda: {"mini": 1.0})
    for number in range(1, 9):
        line.put(replace(JOB, id=name(number), number=number, status="queued"))
    views = talk.app.service.desk.views
    news = PlaceNews(line, announcer, views, pause=getattr(request, "param", 0.0))
    yield Queue(line, news, announcer, surface)
    await news.close()
    await announcer.close()


def leave(queue: Queue, number: int) -> None:
    assert queue.line.drop(name(number))
    queue.news.moved()


async def test_the_next_few_are_told_when_somebody_leaves(queue: Queue) -> None:
    for place in queue.line.places():
        queue.news.know(place)
    queue.news.start()
    await turns()
    assert queue.surface.asked == 0
    leave(queue, 1)
    await queue.surface.until(lambda: len(queue.told()) == NEXT)
    assert queue.told() == {
        name(2): f"#{name(2)} is next.",
        name(3): f"#{name(3)} waits behind 1 job",
        name(4): f"#{name(4)} waits behind 2 jobs",
        name(5): f"#{name(5)} waits behind 3 jobs",
        name(6): f"#{name(6)} waits behind 4 jobs",
    }
    leave(queue, 3)
    await queue.surface.until(lambda: name(7) in queue.told())
    await queue.surface.until(lambda: "3 jobs" in queue.told()[name(6)])
    assert [reply.job for reply in queue.surface.shown].count(name(2)) == 1


async def test_who_waits_since_before_the_start_is_told_then(queue: Queue) -> None:
    queue.news.start()
    await queue.surface.until(lambda: len(queue.told()) == NEXT)


@pytest.mark.parametrize("queue", [3600.0], indirect=True)
async def test_a_line_that_moves_fast_makes_no_flood(queue: Queue) -> None:
    queue.news.start()
    await queue.surface.until(lambda: len(queue.told()) == NEXT)
    for number in range(1, 7):
        leave(queue, number)
        await turns()
    assert queue.surface.asked == NEXT


async def test_those_who_run_are_not_told_that_they_wait(queue: Queue) -> None:
    for place in queue.line.places()[:2]:
        queue.line.put(replace(place.job, status="running"))
    queue.news.start()
    await queue.surface.until(lambda: len(queue.told()) == NEXT)
    assert sorted(queue.told()) == [name(number) for number in range(3, 8)]


async def test_news_that_is_no_news_is_not_told(queue: Queue) -> None:
    queue.news.start()
    await queue.surface.until(lambda: len(queue.told()) == NEXT)
    for _ in range(5):
        queue.news.moved()
        await turns()
    assert queue.surface.asked == NEXT


async def test_who_was_to_be_among_the_next_is_told_when_others_come_before(queue: Queue) -> None:
    queue.line.put(replace(queue.line.places()[0].job, status="running"))
    for place in queue.line.places():
        queue.news.know(place)
    queue.news.start()
    for number in range(21, 24):
        actor = f"chat:newcomer {number}"
        queue.line.put(replace(JOB, id=name(number), number=number, actor=actor, status="queued"))
    queue.news.moved()
    await queue.surface.until(lambda: len(queue.told()) == 8)
    assert list(queue.told().items()) == [
        (job, f"#{job} waits behind {ahead} job{'s' if ahead > 1 else ''}")
        for ahead, job in enumerate(map(name, (21, 22, 23, 2, 3, 4, 5, 6)), start=1)
    ]

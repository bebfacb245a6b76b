"""Messages of deleted jobs go, however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.service.delivering.announcer import Announcer
from bot.service.delivering.outbox import Outbox
from bot.service.delivering.withdrawals import AT_ONCE, Withdrawals
from storage.records import Post
from storage.store import Store
from tests.fakes import ChatSurface, FakeLedger
from tests.integration.storage.conftest import URL, make_job

JOBS = 3 * AT_ONCE


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(URL, folder=tmp_path) as opened:
        yield opened


async def deleted_jobs(store: Store) -> list[str]:
    """Store jobs that were deleted while each has a message."""
    jobs = await asyncio.gather(*(store.jobs.add(make_job()) for _ in range(JOBS)))
    posts = [Post(job.id, "chat", "C1", job.id) for job in jobs]
    await asyncio.gather(*map(store.posts.add, posts))
    await asyncio.gather(*(store.jobs.delete(job.id) for job in jobs))
    return [job.id for job in jobs]


@pytest.mark.parametrize("when", ["at once", "at the next start"])
async def test_a_few_messages_go_at_a_time_and_all_at_last(store: Store, when: str) -> None:
    jobs = await deleted_jobs(store)
    surface = ChatSurface()
    surface.gate.clear()
    withdrawals = Withdrawals(store.posts, Announcer({"chat": surface}, Outbox(FakeLedger())))
    if when == "at once":
        withdrawals.begin_all(jobs)
    else:
        withdrawals.resume()
    await surface.until(lambda: surface.asked >= AT_ONCE)
    for _ in range(100):
        await asyncio.sleep(0)
    assert surface.asked == AT_ONCE
    surface.gate.set()
    await surface.until(lambda: len(surface.withdrawn) == JOBS)
    assert {post.job for post in surface.withdrawn} == set(jobs)
    await withdrawals.close()

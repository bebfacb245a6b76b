"""The audit trail: complete for what changes jobs, and never a word of a prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from storage.audit import EXPIRED_AT_ONCE, write
from storage.records import AuditEntry, JobRecord, NewJob, ReplyTo, utc_now
from storage.store import Store
from tests.integration.storage.conftest import make_picture

ANN, BOB = "discord:50", "discord:51"


def entry(action: str, actor: str = ANN, subject: str = "", detail: str = "") -> AuditEntry:
    return AuditEntry(moment=utc_now(), actor=actor, action=action, subject=subject, detail=detail)


async def asked(store: Store, new_job: Callable[..., NewJob], actor: str = ANN) -> JobRecord:
    place = ReplyTo("discord", "20")
    return await store.jobs.add(new_job("a secret garden", actor=actor, reply_to=place))


async def actions(store: Store, actor: str = "") -> list[tuple[str, str, str]]:
    """Return action, subject and detail, the oldest first."""
    page = await store.audit.of(actor)
    return [(each.action, each.subject, each.detail) for each in reversed(page.items)]


async def test_every_job_is_noted_with_its_asker_and_without_its_words(
    store: Store, new_job: Callable[..., NewJob]
) -> None:
    job = await asked(store, new_job)
    [noted] = (await store.audit.of()).items
    assert (noted.actor, noted.action, noted.subject) == (ANN, "asked", job.id)
    assert (noted.place, noted.detail, noted.moment) == ("discord:20", "imagine", job.created)
    assert "garden" not in repr(noted)


async def test_what_ends_a_job_is_noted_by_the_one_who_did_it_and_once(
    store: Store, new_job: Callable[..., NewJob]
) -> None:
    job = await asked(store, new_job)
    cancelled = entry("cancelled", BOB, subject=job.id, detail=ANN)
    done = await asyncio.gather(*(store.jobs.cancel(job.id, cancelled) for _ in range(5)))
    assert sorted(done) == [False] * 4 + [True]
    deleted = entry("deleted", BOB, subject=job.id, detail=ANN)
    await asyncio.gather(*(store.jobs.delete(job.id, deleted) for _ in range(5)))
    assert await actions(store) == [
        ("asked", job.id, "imagine"),
        ("cancelled", job.id, ANN),
        ("deleted", job.id, ANN),
    ]
    assert len(await actions(store, BOB)) == 2
    assert len(await actions(store, ANN)) == 3, "what was done to one's jobs is one's trail, too"


async def test_a_picture_is_noted_with_its_row_or_not_at_all(
    store: Store, new_job: Callable[..., NewJob]
) -> None:
    made, stopped = await asked(store, new_job), await asked(store, new_job)
    await asyncio.gather(*(store.jobs.start(job.id) for job in (made, stopped)))
    await store.jobs.cancel(stopped.id)
    for job in (made, stopped):
        noted = entry("withheld", subject=f"{job.id}.1")
        await store.jobs.picture_done(make_picture(job, path="", absent="withheld"), noted)
    withheld = [subject for action, subject, _ in await actions(store) if action == "withheld"]
    assert withheld == [f"{made.id}.1"]


async def test_notes_come_together_and_none_is_lost_at_the_end(
    store: Store, open_store: Callable[..., Store]
) -> None:
    for number in range(100):
        store.audit.note(entry("refused", f"discord:{number}", detail="a blocked word"))
    await store.close()
    async with open_store(read_only=True) as again:
        assert len((await again.audit.of(limit=1000)).items) == 100


async def test_a_flood_of_the_same_refusal_is_one_line_a_minute(store: Store) -> None:
    first = entry("refused", detail="too many commands")
    later = AuditEntry(
        moment=first.moment + timedelta(seconds=61), actor=ANN, action="refused",
        detail="too many commands",
    )  # fmt: skip
    for each in (*[first] * 1000, later, entry("refused", detail="a blocked word")):
        store.audit.note(each)
    await store.audit.flush()
    assert [detail for _, _, detail in await actions(store)] == [
        "too many commands",
        "too many commands",
        "a blocked word",
    ]


async def test_refusals_are_noted_though_the_clock_was_set_back(store: Store) -> None:
    first = entry("refused", detail="a blocked word")
    store.audit.note(first)
    store.audit.note(replace(first, moment=first.moment - timedelta(days=1)))
    await store.audit.flush()
    assert len(await actions(store)) == 2


async def test_pages_follow_each_other(store: Store) -> None:
    for number in range(7):
        await store.audit.add(entry("settings", detail=str(number)))
    seen: list[str] = []
    cursor = None
    while True:
        page = await store.audit.of(cursor=cursor, limit=3)
        seen += [each.detail for each in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


async def test_what_is_old_goes(store: Store) -> None:
    now = utc_now()
    for days in (10, 3, 0):
        moment = now - timedelta(days=days)
        await store.audit.add(AuditEntry(moment=moment, actor=ANN, action=f"{days}"))
    assert await store.audit.expire(now - timedelta(days=5)) == 1
    assert [action for action, _, _ in await actions(store)] == ["3", "0"]


async def test_all_that_is_old_goes_however_much_there_is(store: Store) -> None:
    old = [entry("refused")] * (2 * EXPIRED_AT_ONCE + 1)
    await store._database.write(lambda connection: write(connection, old))
    assert await store.audit.expire(utc_now() + timedelta(days=1)) == len(old)
    assert await actions(store) == []


async def test_who_is_forgotten_is_in_nobodys_trail(
    store: Store, new_job: Callable[..., NewJob]
) -> None:
    job, other = await asked(store, new_job), await asked(store, new_job, BOB)
    await store.jobs.cancel(job.id, entry("cancelled", BOB, subject=job.id, detail=ANN))
    await store.audit.add(entry("refused", detail="a blocked word"))
    await store.forgetting.forget(ANN)
    assert await actions(store) == [("asked", other.id, "imagine")]

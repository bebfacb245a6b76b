"""A person is forgotten: no row, no file and no word of them is left, and nothing else goes."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sqlite3
import string
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from datetime import datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, insert, select

from generation.errors import BadPrompt
from generation.recipe import InputImage
from storage import schema, sqlite
from storage.forgetting import BLANK, GRACE, ROW_STAYS
from storage.records import (
    JobRecord,
    NewJob,
    Post,
    Promise,
    ReplyTo,
    StoredInput,
    Ticket,
    Viewer,
    utc_now,
)
from storage.store import Store
from storage.traces import Traces
from tests.integration.storage.conftest import URL, make_job, make_picture, make_recipe

ADA, BOB = "slack:T1:UADA", "slack:T1:UBOB"
Render = Callable[..., Awaitable[JobRecord]]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with Store(URL, folder=tmp_path, clock=clock) as opened:
        yield opened


def ticket(name: str) -> Ticket:
    return Ticket(name, f"token-{name}", utc_now() + timedelta(minutes=15))


def asked(actor: str, prompt: str = "a red circle", **values: Any) -> NewJob:
    reply_to = ReplyTo("slack", "C1", thread="1.2", ticket=ticket(f"of-{prompt}"))
    return make_job(prompt, actor=actor, reply_to=reply_to, **values)


async def count(store: Store, table: Table) -> int:
    def work(connection: Connection) -> int:
        return connection.scalar(select(func.count()).select_from(table)) or 0

    return await store._database.read(work)


async def do(store: Store, statement: str) -> None:
    await store._database.write(lambda connection: connection.exec_driver_sql(statement))


async def test_everything_of_a_person_goes_and_nothing_of_others(
    store: Store, rendered: Render
) -> None:
    mine = await rendered(count=2, actor=ADA)
    theirs = await rendered(actor=BOB, parent=f"{mine.id}.1")
    waiting = await store.jobs.add(asked(ADA, "a waiting circle"))
    for actor in (ADA, BOB):
        await store.actors.seen(actor, f"name of {actor}")
        await store.settings.set(actor, "steps", 30)
        await store.favorites.add(actor, f"{mine.id}.1")
        await store.favorites.add(actor, f"{theirs.id}.1")
    found = await store.forgetting.forget(ADA)
    assert (found.jobs, found.pictures, found.favorites, found.settings) == (2, 2, 2, 1)
    assert [job.recipe.prompt for job in found.stopped] == ["a waiting circle"]
    assert found.files == (f"{mine.id[:2]}/{mine.id}.1.png", f"{mine.id[:2]}/{mine.id}.2.png")
    assert set(await store.pictures.doomed()) == set(found.files)
    for job in (mine, waiting):
        left = await store.jobs.get(job.id)
        assert left is not None
        assert left.deleted
        assert left.status in ("rendered", "cancelled")
        assert (left.recipe, left.actor) == (BLANK, "")
        assert left.reply_to == ReplyTo(job.reply_to.platform)
    assert await store.jobs.unfinished() == (await store.jobs.get(theirs.id),)
    assert await store.actors.get(ADA) is None
    assert await store.actors.get(BOB) is not None
    assert await store.settings.get(ADA) == {}
    assert await store.settings.get(BOB) == {"steps": 30}
    assert (await store.favorites.page(ADA)).items == ()
    assert [picture.job for picture in (await store.favorites.page(BOB)).items] == [theirs.id]
    page = await store.history.search("circle", Viewer("console:owner", is_admin=True))
    assert [job.id for job in page.items] == [theirs.id]


async def test_somebody_who_comes_back_is_noted_anew(store: Store) -> None:
    await store.actors.seen(ADA, "Ada")
    await store.forgetting.forget(ADA)
    await store.actors.seen(ADA, "Ada")
    assert await store.actors.get(ADA) is not None


async def test_a_check_and_a_deleted_job_are_forgotten_too(store: Store, rendered: Render) -> None:
    deleted = await rendered(actor=ADA)
    await store.jobs.delete(deleted.id)
    check = await store.jobs.add(asked(ADA, command="verify"))
    found = await store.forgetting.forget(ADA)
    assert found.jobs == 0
    for job in (deleted, check):
        left = await store.jobs.get(job.id)
        assert left is not None
        assert (left.recipe, left.actor) == (BLANK, "")


async def test_messages_of_forgotten_jobs_stay_known_until_they_are_down(
    store: Store, rendered: Render, clock: Clock
) -> None:
    shown, silent = await rendered(actor=ADA), await rendered(actor=ADA)
    post = Post(shown.id, "slack", "C1", "1.1")
    await store.posts.add(post)
    assert (await store.forgetting.forget(ADA)).posted == (shown.id,)
    assert await store.posts.of_deleted() == (post,)
    assert await store.posts.add(Post(silent.id, "slack", "C1", "1.3")) is False
    await store.posts.remove("slack", "C1", "1.3")
    assert await store.forgetting.drop_rows() == 0
    clock.now += ROW_STAYS + timedelta(minutes=1)
    # As long as the index has their words, the rows say which ones.
    assert await store.forgetting.drop_rows() == 0
    await store.traces.clear()
    assert await store.forgetting.drop_rows() == 1
    assert await store.jobs.get(silent.id) is None
    await store.posts.remove("slack", "C1", "1.1")
    assert await store.forgetting.drop_rows() == 1
    assert await count(store, schema.jobs) == 0
    assert await count(store, schema.ids) == 2


async def test_pictures_that_a_fault_keeps_are_found_by_nobody_and_go_later(
    store: Store, rendered: Render
) -> None:
    job = await rendered(count=2, actor=ADA)
    await store.favorites.add(BOB, f"{job.id}.1")
    fault = "BEFORE DELETE ON pictures BEGIN SELECT RAISE(ABORT, 'fault'); END"
    await do(store, f"CREATE TRIGGER fault {fault}")
    found = await store.forgetting.forget(ADA)
    assert (found.jobs, found.pictures, found.files) == (1, 2, ())
    assert (await store.favorites.page(BOB)).items == ()
    assert await store.jobs.last_of(ADA, job.place) is None
    await do(store, "DROP TRIGGER fault")
    assert await store.traces.clear()
    await store.forgetting.drop_pictures()
    assert await count(store, schema.pictures) == 0
    assert len(await store.pictures.doomed()) == 2
    assert await store.traces.are_there()


async def test_pictures_of_many_jobs_go_in_steps(store: Store) -> None:
    new = [asked(ADA, f"star {number}") for number in range(501)]
    jobs = await asyncio.gather(*map(store.jobs.add, new))
    await asyncio.gather(*(store.jobs.start(job.id) for job in jobs))
    await asyncio.gather(*(store.jobs.picture_done(make_picture(job)) for job in jobs))
    last = f"WHEN OLD.job = '{jobs[-1].id}' BEGIN SELECT RAISE(ABORT, 'fault'); END"
    await do(store, f"CREATE TRIGGER fault BEFORE DELETE ON pictures {last}")
    await store.forgetting.forget(ADA)
    assert await count(store, schema.pictures) == 1
    assert len(await store.pictures.doomed()) == 500
    await do(store, "DROP TRIGGER fault")
    await store.forgetting.drop_pictures()
    doomed = await store.pictures.doomed()
    assert len(doomed) == 501
    await store.pictures.unlinked(doomed)
    assert await store.pictures.doomed() == ()


async def test_a_row_that_was_only_deleted_is_not_dropped(
    store: Store, rendered: Render, clock: Clock
) -> None:
    job = await rendered(actor=ADA)
    await store.jobs.delete(job.id)
    clock.now += ROW_STAYS + timedelta(days=1)
    assert await store.forgetting.drop_rows() == 0


async def test_requests_without_an_answer_go_but_not_the_one_to_forget(store: Store) -> None:
    for name, user in (("old", "UADA"), ("as a key", ADA), ("now", "UADA"), ("other", "UBOB")):
        request = {"kind": "command", "body": {"user": [{"id": user}], "text": "UADA's fox"}}
        await store.promises.add(Promise("slack", "C1", ticket(name), request))
    await store.forgetting.forget(ADA, but_promise="now")
    owed = {promise.ticket.id for promise in await store.promises.broken("slack")}
    assert owed == {"now", "other"}


async def test_the_trail_of_a_person_goes(store: Store) -> None:
    def trail(connection: Connection) -> None:
        rows = [(ADA, ""), (BOB, ADA), (BOB, "k7f3q2")]
        for actor, subject in rows:
            values = {"moment": utc_now(), "actor": actor, "action": "made", "subject": subject}
            connection.execute(insert(schema.audit).values(values | {"place": "", "detail": ""}))

    await store._database.write(trail)
    await store.forgetting.forget(ADA)
    assert await count(store, schema.audit) == 1


def sent(digit: str) -> StoredInput:
    return StoredInput(digit * 64, f"inputs/{digit * 2}/{digit}.png", 8, 8, 100, "image/png")


async def test_input_pictures_go_unless_somebody_else_starts_from_them(
    store: Store, clock: Clock
) -> None:
    for digit in "abcdef":
        await store.inputs.add(sent(digit))

    async def used(actor: str, image: str, mask: str) -> JobRecord:
        given = InputImage(image * 64, mask=mask * 64)
        return await store.jobs.add(make_job(recipe=make_recipe(image=given), actor=actor))

    await used(ADA, "a", "b")
    await used(ADA, "c", "d")
    await used(BOB, "c", "d")
    clock.now += GRACE + timedelta(minutes=1)
    await store.inputs.add(sent("e"))
    found = await store.forgetting.forget(ADA)
    assert set(found.files) == {sent(digit).path for digit in "abf"}
    left = await store.inputs.find([digit * 64 for digit in "abcdef"])
    assert {digest[0] for digest in left} == set("cde")


async def test_an_input_picture_that_is_sent_again_keeps_its_file(store: Store) -> None:
    await store.inputs.add(sent("a"))
    async with store.inputs.steady:
        assert await store.inputs.doom_unused(utc_now() + timedelta(days=1)) == (sent("a").path,)
    assert await store.pictures.doomed() == (sent("a").path,)
    await store.inputs.add(sent("a"))
    assert await store.pictures.doomed() == ()
    assert await store.inputs.get("a" * 64) == sent("a")


def remains(folder: Path, word: str) -> list[str]:
    """Return the files of a database that still hold a word."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "reroll.db" for path in files)
    return sorted(path.name for path in files if word.encode() in path.read_bytes().lower())


async def live(store: Store, seed: int, jobs: int) -> None:
    """Let two people use the bot; every prompt of the one has a word that begins so."""
    chance = random.Random(seed)
    for number in range(jobs):
        actor = chance.choice((ADA, BOB))
        letters = "".join(chance.choices(string.ascii_lowercase, k=12))
        words = " ".join(
            "".join(chance.choices("aeioustr", k=chance.randint(2, 9)))
            for _ in range(chance.randint(1, 60))
        )
        first = "zqxw" if actor == ADA else "bobs"
        job = await store.jobs.add(asked(actor, f"{first}{letters} {words}"))
        if number % 3:
            assert await store.jobs.start(job.id)
            picture = make_picture(job, path=f"zq/{job.id}.png")
            assert await store.jobs.picture_done(picture)
        if number % 3 == 1:
            await store.jobs.finish(job.id, 1.5)
        if number % 3 == 2:
            await store.jobs.fail(job.id, BadPrompt("weight", job.recipe.prompt, 3))
        if number % 7 == 0:
            await store.jobs.delete(job.id)


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_word_of_a_forgotten_person_is_left_in_the_files(
    store: Store, tmp_path: Path, seed: int
) -> None:
    await live(store, seed, 250)
    assert remains(tmp_path, "zqxw")
    await store.forgetting.forget(ADA)
    assert await store.traces.are_there()
    assert await store.traces.clear()
    assert remains(tmp_path, "zqxw") == remains(tmp_path, "uada") == []
    assert remains(tmp_path, "bobs") == ["reroll.db"]
    assert not await store.traces.are_there()
    page = await store.history.search("bobs", Viewer(BOB))
    assert page.items
    with closing(sqlite3.connect(store.path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        raw.execute("INSERT INTO job_search (job_search) VALUES ('integrity-check')")


async def test_copies_from_before_a_migration_go(store: Store, tmp_path: Path) -> None:
    await live(store, 4, 20)
    sqlite.back_up(store.path, "0001", utc_now())
    await store.forgetting.forget(ADA)
    assert remains(tmp_path, "zqxw")
    await store.traces.clear()
    assert remains(tmp_path, "zqxw") == []
    assert sqlite.backups(store.path) == []


async def test_a_large_database_is_written_anew_at_the_next_start(
    store: Store, tmp_path: Path
) -> None:
    await live(store, 5, 60)
    await store.forgetting.forget(ADA)
    small = Traces(store._database, at_once=0)
    assert not await small.clear()
    assert not await small.clear()
    assert await store.traces.are_there()
    assert await small.clear(at_start=True)
    assert remains(tmp_path, "zqxw") == []


async def test_others_store_while_the_traces_are_cleared(store: Store) -> None:
    await live(store, 6, 100)
    await store.forgetting.forget(ADA)
    clearing = asyncio.create_task(store.traces.clear())
    added = [await store.jobs.add(asked(BOB, f"bobs {number}")) for number in range(50)]
    assert await clearing
    for job in added:
        assert await store.jobs.get(job.id) == job


async def test_who_is_forgotten_while_traces_are_cleared_leaves_none_either(
    store: Store, tmp_path: Path
) -> None:
    await live(store, 8, 120)
    await store.forgetting.forget(ADA)
    clearing = asyncio.create_task(store.traces.clear())
    await store.forgetting.forget(BOB)
    await clearing
    while not await store.traces.clear():
        pass
    assert remains(tmp_path, "zqxw") == remains(tmp_path, "bobs")
    assert remains(tmp_path, "bobs") == []


async def _forgets(folder: Path, pipe: Pipe) -> None:
    async with Store(URL, folder=folder) as store:
        await live(store, 7, 100)
        found = await store.forgetting.forget(ADA)
        pipe.send(found.files)
        await store.traces.clear()
        pipe.send("cleared")
        await asyncio.sleep(600)


def _child(folder: Path, pipe: Pipe) -> None:
    asyncio.run(_forgets(folder, pipe))


def _killed_after_forgetting(folder: Path, messages: int) -> Any:
    """Return the first thing that a process said which is killed after it said so many."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(folder, theirs))
    process.start()
    theirs.close()
    try:
        said = [ours.recv() for _ in range(messages)]
        return said[0]
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("messages", [1, 2])
async def test_what_a_kill_interrupts_is_done_at_the_next_start(
    tmp_path: Path, messages: int
) -> None:
    files = await asyncio.to_thread(_killed_after_forgetting, tmp_path, messages)
    async with Store(URL, folder=tmp_path) as store:
        assert files
        assert set(files) <= set(await store.pictures.doomed())
        assert await store.traces.are_there() == (messages == 1)
        assert await store.traces.clear(at_start=True)
        await store.pictures.unlinked(files)
    assert remains(tmp_path, "zqxw") == []

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from storage.records import JobRecord, JobSummary, NewJob, Page, ReplyTo, Viewer
from storage.store import Store

MakeJob = Callable[..., NewJob]

HERE, THERE = "discord:1", "discord:2"
ADA, BOB, EVE = "discord:11", "discord:12", "slack:T1:U3"


async def _add(store: Store, new_job: MakeJob, prompt: str, actor: str, place: str) -> str:
    private = "private" in prompt
    platform, channel = place.split(":")
    reply_to = ReplyTo(platform, channel)
    new = new_job(prompt, actor=actor, reply_to=reply_to, private=private)
    return (await store.jobs.add(new)).id


@pytest.fixture
async def jobs(store: Store, new_job: MakeJob) -> dict[str, str]:
    """Return the ids of Ada's and Bob's jobs by who, where, and whether private or deleted."""
    made = {}
    for name, actor in (("ada", ADA), ("bob", BOB)):
        for where, place in (("here", HERE), ("there", THERE)):
            for kind in ("open", "private", "deleted"):
                key = f"{name} {where} {kind}"
                made[key] = await _add(store, new_job, f"a {kind} circle", actor, place)
                if kind == "deleted":
                    await store.jobs.delete(made[key])
    return made


SEEN = {
    "Ada here": (
        Viewer(ADA, HERE),
        {"ada here open", "ada here private", "ada there open", "ada there private",
         "bob here open"},
    ),
    "Bob there": (
        Viewer(BOB, THERE),
        {"bob here open", "bob here private", "bob there open", "bob there private",
         "ada there open"},
    ),
    "a stranger here": (Viewer(EVE, HERE), {"ada here open", "bob here open"}),
    "a stranger elsewhere": (Viewer(EVE, "slack:C9"), set()),
    "a stranger nowhere": (Viewer(EVE), set()),
    "an admin": (
        Viewer(EVE, HERE, is_admin=True),
        {f"{who} {where} {kind}" for who in ("ada", "bob") for where in ("here", "there")
         for kind in ("open", "private")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", ["", "circle", "CIRC", "a circle"])
@pytest.mark.parametrize("who", list(SEEN))
async def test_everyone_sees_what_they_may_and_nothing_else(
    store: Store, jobs: dict[str, str], who: str, words: str
) -> None:
    viewer, expected = SEEN[who]
    page = await store.history.search(words, viewer, limit=50)
    names = {job: name for name, job in jobs.items()}
    assert {names[job.id] for job in page.items} == expected
    own = await store.history.search(words, viewer, own_only=True, limit=50)
    assert {job.id for job in own.items} == {
        job.id for job in page.items if job.actor == viewer.actor
    }


async def test_words_choose_among_what_is_seen(store: Store, jobs: dict[str, str]) -> None:
    page = await store.history.search("private circle", Viewer(ADA, HERE))
    assert [job.id for job in page.items] == [jobs["ada there private"], jobs["ada here private"]]


async def test_the_negative_prompt_is_searched_too(store: Store, new_job: MakeJob) -> None:
    new = new_job("a tree")
    recipe = new.recipe.changed(negative="blurry")
    job = await store.jobs.add(new_job(recipe=recipe))
    found = await store.history.search("tree blur", Viewer(job.actor))
    assert found.items == (job,)


async def _all_pages(store: Store, words: str, viewer: Viewer, limit: int) -> list[int]:
    numbers: list[int] = []
    cursor = None
    while len(numbers) < 100:
        page = await store.history.search(words, viewer, cursor=cursor, limit=limit)
        numbers += [job.number for job in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    return numbers


@pytest.mark.parametrize("words", ["", "circle"])
@pytest.mark.parametrize("limit", [1, 3, 7, 20, 21])
async def test_pages_hold_every_job_once_newest_first(
    store: Store, new_job: MakeJob, words: str, limit: int
) -> None:
    expected = []
    for number in range(1, 31):
        hidden = number % 3 == 0
        prompt = "a private circle" if hidden else "a circle"
        await _add(store, new_job, prompt, ADA if number % 5 and not hidden else BOB, HERE)
        expected += [] if hidden else [number]
    seen = await _all_pages(store, words, Viewer(ADA, HERE), limit)
    assert seen == expected[::-1]


@pytest.mark.parametrize("words", ["", "circle"])
async def test_a_page_is_the_next_one_whatever_came_or_went_in_between(
    store: Store, new_job: MakeJob, words: str
) -> None:
    ids = [await _add(store, new_job, "a circle", ADA, HERE) for _ in range(6)]

    def shown(page: Page[JobRecord]) -> list[int]:
        return [ids.index(job.id) for job in page.items]

    first = await store.history.search(words, Viewer(ADA, HERE), limit=2)
    assert shown(first) == [5, 4]
    await _add(store, new_job, "a circle", ADA, HERE)
    await store.jobs.delete(ids[5])
    await store.jobs.delete(ids[4])
    await store.jobs.delete(ids[3])
    second = await store.history.search(words, Viewer(ADA, HERE), cursor=first.cursor, limit=2)
    assert shown(second) == [2, 1]
    last = await store.history.search(words, Viewer(ADA, HERE), cursor=second.cursor, limit=2)
    assert shown(last) == [0]
    assert last.cursor is None


async def test_checks_are_in_no_history_and_nobodys_last_job(
    store: Store, new_job: MakeJob
) -> None:
    job = await store.jobs.add(new_job("a circle"))
    check = await store.jobs.add(new_job("a circle", command="verify", parent=job.id))
    for words in ("", "circle"):
        for viewer in (Viewer(job.actor, job.place), Viewer(job.actor, is_admin=True)):
            assert (await store.history.search(words, viewer)).items == (job,)
    assert await store.jobs.last_of(job.actor, job.place) == job
    assert await store.jobs.get(check.id) == check
    assert await store.jobs.delete(check.id) == ()
    assert (await store.history.search("circle", Viewer(job.actor))).items == (job,)


async def test_words_without_a_letter_do_not_count(store: Store, jobs: dict[str, str]) -> None:
    viewer = Viewer(ADA, HERE)
    everything = await store.history.search("", viewer)
    assert await store.history.search('🐱 *** "" ', viewer) == everything
    assert await store.history.search("circle &&", viewer) == await store.history.search(
        "circle", viewer
    )


@pytest.mark.parametrize("own_only", [False, True])
@pytest.mark.parametrize("words", ["", "circle", "a pri"])
@pytest.mark.parametrize("is_admin", [False, True])
async def test_no_look_at_the_history_walks_or_sorts_the_whole_of_it(
    store: Store, jobs: dict[str, str], words: str, is_admin: bool, own_only: bool
) -> None:
    statements: list[str] = []

    def trace(connection: Connection) -> Any:
        raw: Any = connection.connection.dbapi_connection
        raw.set_trace_callback(statements.append)
        return raw

    raw = await store._database.search(trace)
    viewer = Viewer(ADA, HERE, is_admin=is_admin)
    await store.history.search(words, viewer, own_only=own_only, cursor=9)
    await store.history.search(words, viewer, own_only=own_only, newer=1, limit=1)
    raw.set_trace_callback(None)
    # FTS5 reads its own tables in "main"; those are not our queries.
    ours = [one for one in statements if one.startswith("SELECT") and "main" not in one]
    assert ours
    for statement in ours:

        def explain(connection: Connection, query: str = statement) -> list[str]:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
            return [row[3] for row in rows]

        plan = await store._database.search(explain)
        assert plan
        for step in plan:
            assert step.startswith(("SEARCH jobs USING", "SCAN job_search VIRTUAL TABLE")), plan


async def test_the_newest_jobs_of_everybody_are_summed_up(
    store: Store, new_job: MakeJob, jobs: dict[str, str]
) -> None:
    await store.jobs.add(new_job("a check", command="verify"))
    long = await _add(store, new_job, "a private owl " * 100, EVE, HERE)
    newest, second, *_ = found = await store.history.recent(3)
    assert len(found) == 3
    assert newest == JobSummary(long, EVE, HERE, True, 1, ("a private owl " * 100)[:300])
    private = jobs["bob there private"]
    assert second == JobSummary(private, BOB, THERE, True, 1, "a private circle")


@pytest.mark.parametrize("words", ["", "circle"])
async def test_newer_pages_hold_what_the_viewer_may_see_and_no_more(
    store: Store, new_job: MakeJob, words: str
) -> None:
    seen = []
    for number in range(1, 13):
        hidden = number % 3 == 0
        prompt = "a private circle" if hidden else "a circle"
        await _add(store, new_job, prompt, BOB if hidden else ADA, HERE)
        seen += [] if hidden else [number]
    last = await store.history.search(words, Viewer(ADA, HERE), cursor=seen[2], limit=2)
    assert [job.number for job in last.items] == [2, 1]
    before = await store.history.search(words, Viewer(ADA, HERE), newer=last.newer, limit=2)
    assert [job.number for job in before.items] == [5, 4]
    assert (before.cursor, before.newer) == (4, 5)
    first = await store.history.search(words, Viewer(ADA, HERE), newer=8, limit=3)
    assert [job.number for job in first.items] == [11, 10, 8], "the first page is a whole one"
    assert first.newer is None

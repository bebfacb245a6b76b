from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Connection

from storage.records import JobRecord, ReplyTo, Viewer
from storage.store import Store

Render = Callable[..., Awaitable[JobRecord]]

HERE = "console:tty"
ADA, BOB, BOSS = "console:ada", "console:bob", Viewer("console:boss", is_admin=True)
ALL = Viewer("", HERE)


async def test_the_newest_that_came_from_one_are_found_and_all_counted(
    store: Store, rendered: Render
) -> None:
    first = await rendered()
    whole, one, two = [
        await rendered(parent=parent) for parent in (first.id, f"{first.id}.1", f"{first.id}.2")
    ]
    await rendered(parent=one.id)
    of = (first.id, f"{first.id}.1", f"{first.id}.2")
    found = await store.families.children(of, ALL, 9)
    assert [job.id for job in found.jobs] == [two.id, one.id, whole.id]
    assert found.count == 3
    found = await store.families.children(of, ALL, 2)
    assert ([job.id for job in found.jobs], found.count) == ([two.id, one.id], 3)
    found = await store.families.children((first.id, f"{first.id}.1"), ALL, 9)
    assert [job.id for job in found.jobs] == [one.id, whole.id]


async def test_those_are_seen_that_the_history_shows(store: Store, rendered: Render) -> None:
    first = await rendered()
    hers = await rendered(parent=first.id, private=True, actor=ADA)
    open_ = await rendered(parent=first.id, actor=BOB)
    elsewhere = await rendered(parent=first.id, actor=BOB, reply_to=ReplyTo("console", "b"))
    for viewer, ids in (
        (ALL, [open_.id]),
        (Viewer(BOB), [elsewhere.id, open_.id]),
        (Viewer(ADA, HERE), [open_.id, hers.id]),
        (Viewer(ADA), [hers.id]),
        (BOSS, [elsewhere.id, open_.id, hers.id]),
    ):
        found = await store.families.children((first.id,), viewer, 9)
        assert ([job.id for job in found.jobs], found.count) == (ids, len(ids))


async def test_what_is_deleted_has_no_picture_or_is_a_check_did_not_come_from_it(
    store: Store, rendered: Render, new_job: Callable[..., Any]
) -> None:
    first = await rendered()
    gone = await rendered(parent=first.id)
    await store.jobs.delete(gone.id)
    await store.jobs.add(new_job(parent=first.id))
    await rendered(parent=first.id, command="verify")
    assert (await store.families.children((first.id,), BOSS, 9)).jobs == ()


async def test_a_line_is_followed_from_one_to_the_one_before(
    store: Store, rendered: Render
) -> None:
    first = await rendered()
    second = await rendered(parent=f"{first.id}.2")
    third = await rendered(parent=second.id)
    await store.jobs.delete(second.id)
    found = await store.families.ancestors(third, 9)
    assert [job.id for job in found] == [second.id, first.id]
    assert found[0].deleted
    assert len(await store.families.ancestors(third, 1)) == 1
    assert await store.families.ancestors(first, 9) == ()


async def test_families_are_found_along_their_index(store: Store, rendered: Render) -> None:
    first = await rendered()
    await rendered(parent=first.id)
    statements: list[str] = []

    def trace(connection: Connection) -> Any:
        raw: Any = connection.connection.dbapi_connection
        raw.set_trace_callback(statements.append)
        return raw

    raw = await store._database.read(trace)
    await store.families.children((first.id, f"{first.id}.1"), BOSS, 1)
    raw.set_trace_callback(None)
    ours = [one for one in statements if one.startswith("SELECT")]
    assert len(ours) == 2
    for statement in ours:

        def explain(connection: Connection, query: str = statement) -> list[str]:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
            return [row[3] for row in rows]

        plan = await store._database.read(explain)
        assert any("USING INDEX jobs_of_parent" in step for step in plan), plan
        assert not any(step.startswith("SCAN") for step in plan), plan

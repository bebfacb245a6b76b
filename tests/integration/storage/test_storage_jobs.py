from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.chat_errors import NotDelivered
from generation.errors import BadValue, OutOfMemory, QueueFull, TooManyJobs
from generation.recipe import InputImage, LoraUse, Recipe, Refiner
from storage import schema
from storage.jobs import FROM
from storage.records import (
    JobRecord,
    NewJob,
    NewPicture,
    Promise,
    QueueLimits,
    ReplyTo,
    Status,
    Ticket,
    utc_now,
)
from storage.store import Store

MakeJob = Callable[..., NewJob]
MakePicture = Callable[..., NewPicture]
Render = Callable[..., Awaitable[JobRecord]]

FULL = Recipe(
    prompt="a red circle++ 🐱\nwith “quotes”",
    negative="blurry",
    seed=2**32 - 1,
    width=1024,
    height=768,
    steps=30,
    guidance=7.25,
    model="sdxl",
    sampler="dpm++2m-karras",
    refiner=Refiner(0.8, "img2img"),
    loras=(LoraUse("inkstyle", 0.5), LoraUse("wrong", -1)),
    image=InputImage("ab" * 32, 0.5, "cd" * 32),
)


async def test_a_job_comes_back_as_it_was_given(
    store: Store, open_store: Callable[..., Store], new_job: MakeJob
) -> None:
    new = new_job(
        recipe=FULL,
        count=4,
        actor="slack:T1:U2",
        reply_to=ReplyTo("slack", "C1", "171.5", "170.1"),
        private=True,
        parent="k7f3q2.1",
        command="reroll",
        explicit=("seed", "steps"),
    )
    added = await store.jobs.add(new)
    await store.close()
    async with open_store() as again:
        read = await again.jobs.get(added.id)
    assert read == added
    for name in ("recipe", "count", "actor", "reply_to", "private", "parent", "explicit"):
        assert getattr(read, name) == getattr(new, name)
    assert (added.status, added.attempts, added.deleted) == ("queued", 0, None)


async def test_promises_that_come_together_are_all_kept_each_as_it_was_last(store: Store) -> None:
    expires = datetime(2026, 7, 21, 10, tzinfo=UTC)
    given = [Promise("slack", "5", Ticket(str(n % 50), "t", expires), {"n": n}) for n in range(60)]
    await asyncio.gather(*(store.promises.add(promise) for promise in given))
    kept = {promise.ticket.id: promise.request for promise in await store.promises.broken("slack")}
    assert kept == {str(n % 50): {"n": n} for n in range(60)}
    await store.promises.add(given[0])
    assert given[0] in await store.promises.broken("slack")


async def test_a_job_takes_the_place_of_its_own_promise_and_of_no_other(
    store: Store, new_job: MakeJob
) -> None:
    expires = datetime(2026, 7, 21, 10, tzinfo=UTC)
    first, second = (Ticket(name, "secret", expires) for name in ("1", "2"))
    for platform, ticket in (("discord", first), ("discord", second), ("slack", first)):
        await store.promises.add(Promise(platform, "5", ticket))
    with pytest.raises(QueueFull):
        await store.jobs.add(
            new_job(reply_to=ReplyTo("discord", "5", ticket=second)), QueueLimits(9, 0)
        )
    await store.jobs.add(new_job(reply_to=ReplyTo("discord", "5")))
    await store.jobs.add(new_job(reply_to=ReplyTo("discord", "5", ticket=first)))
    assert await store.promises.broken("discord") == (Promise("discord", "5", second),)
    assert await store.promises.broken("slack") == (Promise("slack", "5", first),)


async def test_a_job_is_found_by_every_way_to_write_its_id(store: Store, new_job: MakeJob) -> None:
    job = await store.jobs.add(new_job())
    for text in (job.id, f"#{job.id}", f"{job.id}.1", f" #{job.id.upper()}.3 "):
        assert await store.jobs.get(text) == job
    assert await store.jobs.get("000000") is None
    with pytest.raises(BadValue):
        await store.jobs.get("no id")


async def test_a_job_that_is_drawn_and_delivered(
    store: Store, new_job: MakeJob, new_picture: MakePicture
) -> None:
    job = await store.jobs.add(new_job())
    started = await store.jobs.start(job.id)
    assert started is not None
    assert (started.status, started.attempts) == ("running", 1)
    assert started.started is not None
    assert started.started >= started.created
    picture = await store.jobs.picture_done(new_picture(started))
    assert picture is not None
    assert await store.pictures.of_job(job.id) == (picture,)
    assert await store.jobs.finish(job.id, 2.5)
    assert await store.jobs.deliver(job.id)
    done = await store.jobs.get(job.id)
    assert done is not None
    assert (done.status, done.seconds) == ("delivered", 2.5)
    assert done.finished is not None
    assert await store.jobs.unfinished() == ()


async def _bring(store: Store, job: str, state: Status) -> None:
    if state in ("running", "rendered", "delivered", "failed"):
        assert await store.jobs.start(job)
    if state in ("rendered", "delivered"):
        assert await store.jobs.finish(job, 1)
    if state == "delivered":
        assert await store.jobs.deliver(job)
    if state == "failed":
        assert await store.jobs.fail(job, OutOfMemory("cuda", 1, 1))
    if state == "cancelled":
        assert await store.jobs.cancel(job)


async def _try(store: Store, job: str, to: Status) -> bool:
    match to:
        case "queued":
            return await store.jobs.requeue(job, failed_attempt=True)
        case "running":
            return await store.jobs.start(job) is not None
        case "rendered":
            return await store.jobs.finish(job, 9)
        case "delivered":
            return await store.jobs.deliver(job)
        case "failed":
            return await store.jobs.fail(job, OutOfMemory("cpu", 2, 2))
        case "cancelled":
            return await store.jobs.cancel(job)


LEGAL = {
    ("running", "queued"), ("queued", "running"), ("running", "rendered"),
    ("rendered", "delivered"), ("queued", "failed"), ("running", "failed"),
    ("queued", "cancelled"), ("running", "cancelled"),
}  # fmt: skip


@pytest.mark.parametrize("state", list(FROM))
async def test_only_legal_moves_move_a_job_and_others_change_nothing(
    store: Store, new_job: MakeJob, state: Status
) -> None:
    for to in FROM:
        job = await store.jobs.add(new_job())
        await _bring(store, job.id, state)
        before = await store.jobs.get(job.id)
        moved = await _try(store, job.id, to)
        after = await store.jobs.get(job.id)
        assert before is not None
        assert after is not None
        legal = (state, to) in LEGAL
        # Who waits for a job that failed or was cancelled can be told so, which moves nothing.
        told = to == "delivered" and state in ("failed", "cancelled")
        assert moved == (legal or told), (state, to)
        assert after.status == (to if legal else state)
        if not moved:
            assert (after.attempts, after.seconds) == (before.attempts, before.seconds)


async def test_no_move_revives_a_deleted_job(store: Store, new_job: MakeJob) -> None:
    job = await store.jobs.add(new_job())
    await store.jobs.delete(job.id)
    for to in FROM:
        assert not await _try(store, job.id, to)
    deleted = await store.jobs.get(job.id)
    assert deleted is not None
    assert deleted.deleted is not None
    assert deleted.status == "cancelled"
    assert await store.jobs.waiting() == ()


async def test_of_a_cancellation_and_an_end_that_race_one_wins(
    store: Store, new_job: MakeJob
) -> None:
    for _ in range(20):
        job = await store.jobs.add(new_job())
        await store.jobs.start(job.id)
        moved = await asyncio.gather(store.jobs.cancel(job.id), store.jobs.finish(job.id, 1))
        assert sorted(moved) == [False, True]


async def test_a_job_is_started_once_however_many_try(store: Store, new_job: MakeJob) -> None:
    job = await store.jobs.add(new_job())
    started = await asyncio.gather(*(store.jobs.start(job.id) for _ in range(10)))
    assert len([one for one in started if one is not None]) == 1


async def test_a_picture_of_a_job_that_runs_no_more_is_not_stored(
    store: Store, new_job: MakeJob, new_picture: MakePicture
) -> None:
    job = await store.jobs.add(new_job())
    assert await store.jobs.picture_done(new_picture(job)) is None
    await store.jobs.start(job.id)
    await store.jobs.cancel(job.id)
    assert await store.jobs.picture_done(new_picture(job)) is None
    assert await store.pictures.of_job(job.id) == ()


async def test_a_kill_from_outside_is_no_failed_attempt(store: Store, new_job: MakeJob) -> None:
    job = await store.jobs.add(new_job())
    await store.jobs.start(job.id)
    assert await store.jobs.requeue(job.id, failed_attempt=False)
    again = await store.jobs.start(job.id)
    assert again is not None
    assert again.attempts == 1
    assert await store.jobs.requeue(job.id, failed_attempt=True)
    third = await store.jobs.start(job.id)
    assert third is not None
    assert third.attempts == 2


async def test_a_start_that_failed_by_itself_stays_held_against_the_job(
    store: Store, new_job: MakeJob
) -> None:
    job = await store.jobs.add(new_job())
    assert not await store.jobs.count_attempt(job.id), "it does not run"
    await store.jobs.start(job.id)
    assert await store.jobs.count_attempt(job.id)
    assert await store.jobs.requeue(job.id, failed_attempt=False)
    again = await store.jobs.start(job.id)
    assert again is not None
    assert again.attempts == 2


async def test_a_job_that_goes_back_keeps_its_place_in_the_line(
    store: Store, new_job: MakeJob
) -> None:
    first, second, third = [await store.jobs.add(new_job()) for _ in range(3)]
    await store.jobs.start(first.id)
    assert [job.id for job in await store.jobs.waiting()] == [second.id, third.id]
    await store.jobs.requeue(first.id, failed_attempt=False)
    assert [job.id for job in await store.jobs.waiting()] == [first.id, second.id, third.id]


async def test_when_the_newest_jobs_of_somebody_came_is_known(
    store: Store, new_job: MakeJob
) -> None:
    await store.jobs.add(new_job(actor="console:bob"))
    first, second, third = [await store.jobs.add(new_job(actor="console:ada")) for _ in range(3)]
    assert await store.jobs.moments_of("console:ada", 9) == tuple(
        job.created for job in (first, second, third)
    )
    assert await store.jobs.moments_of("console:ada", 2) == (second.created, third.created)
    await store.jobs.delete(second.id)
    assert await store.jobs.moments_of("console:ada", 2) == (first.created, third.created)


async def test_a_failure_is_kept_with_its_fields(store: Store, new_job: MakeJob) -> None:
    job = await store.jobs.add(new_job())
    await store.jobs.start(job.id)
    await store.jobs.fail(job.id, OutOfMemory("cuda", 2048, 1024))
    failed = await store.jobs.get(job.id)
    assert failed is not None
    assert isinstance(failed.error, OutOfMemory)
    assert failed.error.values() == {"device": "cuda", "width": 2048, "height": 1024}


async def test_limits_hold_for_jobs_that_come_together(store: Store, new_job: MakeJob) -> None:
    limits = QueueLimits(per_actor=3, queue=5)

    async def add(actor: str) -> str:
        try:
            await store.jobs.add(new_job(actor=actor), limits)
        except (TooManyJobs, QueueFull) as error:
            return type(error).__name__
        return "added"

    outcomes = await asyncio.gather(*(add("console:ada") for _ in range(10)))
    assert outcomes.count("added") == 3
    assert outcomes.count("TooManyJobs") == 7
    outcomes = [await add(f"discord:{number}") for number in range(4)]
    assert outcomes == ["added", "added", "QueueFull", "QueueFull"]
    assert [job.actor for job in await store.jobs.waiting()].count("console:ada") == 3


async def test_the_last_job_is_that_of_the_asker_in_that_place(
    store: Store, new_job: MakeJob
) -> None:
    here, there = ReplyTo("discord", "1"), ReplyTo("discord", "2")
    first = await store.jobs.add(new_job(actor="discord:9", reply_to=here, private=True))
    await store.jobs.add(new_job(actor="discord:8", reply_to=here))
    await store.jobs.add(new_job(actor="discord:9", reply_to=there))
    assert await store.jobs.last_of("discord:9", "discord:1") == first
    assert await store.jobs.last_of("discord:7", "discord:1") is None
    second = await store.jobs.add(new_job(actor="discord:9", reply_to=here))
    assert await store.jobs.last_of("discord:9", "discord:1") == second
    await store.jobs.delete(second.id)
    assert await store.jobs.last_of("discord:9", "discord:1") == first


async def test_a_job_is_found_by_the_ticket_that_asked_for_it(
    store: Store, new_job: MakeJob
) -> None:
    def asked(platform: str, ticket: Ticket | None) -> NewJob:
        return new_job(reply_to=ReplyTo(platform, "C1", ticket=ticket))

    tickets = [Ticket(f"E{number}", "secret", utc_now()) for number in range(3)]
    jobs = [await store.jobs.add(asked("slack", ticket)) for ticket in tickets]
    await store.jobs.add(asked("discord", Ticket("E9", "E1", utc_now())))
    await store.jobs.add(asked("slack", None))
    assert await store.jobs.of_ticket("slack", "E1") == jobs[1]
    for platform, ticket in (("discord", "E1"), ("slack", "E9"), ("slack", "secret")):
        assert await store.jobs.of_ticket(platform, ticket) is None
    await store.jobs.delete(jobs[1].id)
    found = await store.jobs.of_ticket("slack", "E1")
    assert found is not None
    assert (found.id, bool(found.deleted)) == (jobs[1].id, True)


async def test_the_job_of_an_old_ticket_is_not_found(
    open_store: Callable[..., Store], new_job: MakeJob
) -> None:
    now = utc_now()
    async with open_store(clock=lambda: now) as store:
        ticket = Ticket("E1", "", now)
        job = await store.jobs.add(new_job(reply_to=ReplyTo("slack", "C1", ticket=ticket)))
        now += timedelta(minutes=60)
        assert await store.jobs.of_ticket("slack", "E1") == job
        assert await store.jobs.of_ticket("slack", "E1", timedelta(minutes=59)) is None
        now += timedelta(seconds=1)
        assert await store.jobs.of_ticket("slack", "E1") is None


async def test_unfinished_are_the_jobs_whose_end_nobody_was_told_of(
    store: Store, new_job: MakeJob
) -> None:
    owed = []
    for state in FROM:
        job = await store.jobs.add(new_job())
        await _bring(store, job.id, state)
        if state != "delivered":
            owed.append(job.id)
    assert [job.id for job in await store.jobs.unfinished()] == owed
    told = [await store.jobs.deliver(job) for job in owed]
    assert told == [False, False, True, True, True]
    assert [job.id for job in await store.jobs.unfinished()] == owed[:2]
    assert [await store.jobs.deliver(job) for job in owed] == [False] * 5
    await store.jobs.delete(owed[0])
    assert [job.id for job in await store.jobs.unfinished()] == owed[1:2]


async def test_of_a_result_that_no_chat_took_only_the_pictures_stay(
    store: Store, rendered: Render
) -> None:
    job = await rendered(2)
    error = NotDelivered("discord", "closed")
    assert await store.jobs.is_owed(job.id)
    assert await store.jobs.undelivered(job.id, error)
    failed = await store.jobs.get(job.id)
    assert failed is not None
    assert isinstance(failed.error, NotDelivered)
    assert (failed.status, failed.error.values()) == ("failed", error.values())
    assert failed.seconds == 1.5
    assert len(await store.pictures.of_job(job.id)) == 2
    assert not await store.jobs.is_owed(job.id)
    assert await store.jobs.unfinished() == ()
    assert not await store.jobs.undelivered(job.id, error), "it is over"
    assert not await store.jobs.deliver(job.id)


@pytest.mark.parametrize("state", list(FROM))
async def test_what_no_chat_took_is_owed_no_more_and_else_stays_what_it_was(
    store: Store, new_job: MakeJob, state: Status
) -> None:
    job = await store.jobs.add(new_job())
    await _bring(store, job.id, state)
    before = await store.jobs.get(job.id)
    over = state in ("rendered", "failed", "cancelled")
    assert await store.jobs.undelivered(job.id, NotDelivered("slack", "down")) == over
    assert await store.jobs.is_owed(job.id) == (state in ("queued", "running"))
    if state != "rendered":
        after = await store.jobs.get(job.id)
        assert before is not None
        assert after is not None
        assert (after.status, repr(after.error)) == (before.status, repr(before.error))


async def test_of_a_deleted_job_nothing_is_owed(store: Store, rendered: Render) -> None:
    job = await rendered(1)
    await store.jobs.delete(job.id)
    assert not await store.jobs.is_owed(job.id)
    assert not await store.jobs.undelivered(job.id, NotDelivered("slack", "down"))


async def test_only_a_rendered_check_is_put_back_to_be_made_again(
    store: Store, new_job: MakeJob
) -> None:
    for command in ("verify", "imagine"):
        for state in FROM:
            job = await store.jobs.add(new_job(command=command))
            await _bring(store, job.id, state)
            again = command == "verify" and state == "rendered"
            assert await store.jobs.check_again(job.id) == again
            after = await store.jobs.get(job.id)
            assert after is not None
            assert after.status == ("queued" if again else state)


async def test_the_id_of_a_deleted_job_stays_taken(store: Store, new_job: MakeJob) -> None:
    job = await store.jobs.add(new_job())
    await store.jobs.delete(job.id)
    query = select(schema.ids.c.id)
    taken = await store._database.read(lambda connection: set(connection.scalars(query)))
    assert job.id in taken


async def test_deleting_gives_the_files_until_they_are_gone(store: Store, rendered: Render) -> None:
    job = await rendered(3)
    files = tuple(f"{job.id[:2]}/{job.id}.{index}.png" for index in (1, 2, 3))
    assert sorted(await store.pictures.delete(f"#{job.id}.2")) == [files[1]]
    assert await store.pictures.get(f"{job.id}.2") is None
    assert sorted(await store.jobs.delete(job.id)) == [files[0], files[2]]
    assert await store.jobs.delete(job.id) == ()
    assert await store.pictures.of_job(job.id) == ()
    assert sorted(await store.pictures.doomed()) == sorted(files)
    await store.pictures.unlinked(files[:2])
    assert await store.pictures.doomed() == (files[2],)


async def test_a_store_that_only_reads_refuses_to_write(
    store: Store, open_store: Callable[..., Store], new_job: MakeJob
) -> None:
    job = await store.jobs.add(new_job())
    async with open_store(read_only=True) as reader:
        assert await reader.jobs.get(job.id) == job
        with pytest.raises(RuntimeError, match="read only"):
            await reader.jobs.add(new_job())


async def test_a_closed_store_says_so(store: Store, new_job: MakeJob) -> None:
    await store.close()
    with pytest.raises(RuntimeError, match="closed"):
        await store.jobs.add(new_job())


async def test_one_failure_spoils_nothing_that_came_with_it(store: Store, new_job: MakeJob) -> None:
    def fail(_connection: object) -> None:
        raise ZeroDivisionError

    added, failed, other = await asyncio.gather(
        store.jobs.add(new_job()),
        store._database.write(fail),
        store.jobs.add(new_job()),
        return_exceptions=True,
    )
    assert isinstance(failed, ZeroDivisionError)
    waiting = await store.jobs.waiting()
    assert waiting == (added, other)

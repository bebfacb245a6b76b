"""What a bot that stops owes people, the next one gives them; and what they deleted goes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.config import load_config
from bot.invocation import Click, Invocation
from bot.reply import Reply
from bot.texts import queue_empty
from bot.wiring import App, running_app
from generation.errors import NotANumber
from storage import schema
from storage.records import Post, ReplyTo
from tests.fakes import ChatSurface, FakeAdapter, FakeEngine

HERE = ReplyTo("chat", "a")


@dataclass
class Bot:
    """A bot in one chat, on a fake engine."""

    app: App
    engine: FakeEngine
    surface: ChatSurface

    async def ask(self, command: str, *, actor: str = "chat:ann", **options: str) -> Reply:
        return await self.app.service.answer(Invocation(command, options, actor, HERE))

    async def imagine(self, prompt: str = "a star", *, actor: str = "chat:ann") -> str:
        reply = await self.ask("imagine", actor=actor, prompt=prompt)
        assert reply.job is not None
        return reply.job

    async def delete(self, job: str) -> Reply:
        return await self.app.service.click(Click("delete", job, "chat:ann", HERE))

    def ends(self) -> list[Reply]:
        return [reply for reply in self.surface.shown if reply.final]

    async def posts(self, job: str) -> list[str]:
        return [post.message for post in await self.app.store.posts.of_job(job)]


@asynccontextmanager
async def bot(folder: Path, *, held: bool = False) -> AsyncIterator[Bot]:
    file = folder / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    if held:
        engine.hold.clear()
    adapter = FakeAdapter("chat")
    adapter.surface = surface = ChatSurface()
    async with running_app(config, engine, resume=True, work=True, adapters=[adapter]) as app:
        yield Bot(app, engine, surface)


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async def poll() -> None:
        while not await true():  # noqa: ASYNC110 - a store tells nobody of its changes
            await asyncio.sleep(0.005)

    await asyncio.wait_for(poll(), 60)


async def _end(first: Bot, how: str) -> str:
    """Bring a job to its end in some way."""
    first.engine.faults["a bad star"] = NotANumber("float16")
    if how == "cancelled":
        first.engine.hold.clear()
    job = await first.imagine("a bad star" if how == "failed" else "a star")
    if how == "cancelled":
        await first.ask("cancel", id=job)
    await first.app.runner.idle()
    return job


@pytest.mark.parametrize("how", ["done", "failed", "cancelled"])
async def test_an_end_that_nobody_was_told_of_is_told_after_a_restart_and_once(
    tmp_path: Path, how: str
) -> None:
    async with bot(tmp_path) as first:
        first.surface.refuses = True
        job = await _end(first, how)
    assert first.surface.shown == []
    async with bot(tmp_path) as second:
        await second.surface.until(lambda: len(second.ends()) == 1)
    assert second.ends()[0].data[0]["job"] == job
    assert second.ends()[0].data[0]["status"] == how
    assert second.engine.orders == []
    async with bot(tmp_path) as third:
        assert await third.app.store.jobs.unfinished() == ()
    assert third.surface.asked == 0


async def test_what_ran_in_a_process_that_was_killed_waits_until_another_takes_it_up(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path, held=True) as first:
        jobs = [await first.imagine(), await first.imagine("a wolf")]
    config = load_config(tmp_path / "config.toml", {})
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=False, work=False) as killed:
        for job in jobs:
            await killed.store.jobs.start(job)
    async with running_app(config, engine, resume=False, work=False) as app:
        asked = await Bot(app, engine, ChatSurface()).ask("queue")
        assert [each["status"] for each in asked.data] == ["queued", "queued"]
        assert [each["place"] for each in asked.data] == [1, 2]


async def test_what_a_job_brought_down_by_itself_is_held_against_it_after_restarts(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path, held=True) as first:
        first.engine.falls = 1
        job = await first.imagine()

        async def fell() -> bool:
            record = await first.app.store.jobs.get(job)
            return record is not None and record.attempts == 2

        await eventually(fell)
    for _ in range(2):
        # That these processes end in the middle says nothing about the job.
        async with bot(tmp_path, held=True) as another:
            await another.engine.begun.wait()
    assert [order.attempts for order in first.engine.orders] == [0]
    assert [order.attempts for order in another.engine.orders] == [1]


async def test_a_check_that_nobody_was_told_of_is_made_again(tmp_path: Path) -> None:
    async with bot(tmp_path) as first:
        job = await first.imagine()
        await first.surface.until(lambda: len(first.ends()) == 1)
        await eventually(lambda: _is_delivered(first, job))
        first.surface.refuses = True
        await first.ask("verify", id=job)
        await first.app.runner.idle()
    async with bot(tmp_path) as second:
        await second.surface.until(lambda: len(second.ends()) == 1)
        assert "identical" in second.ends()[0].text
        await eventually(lambda: _owes_nothing(second))


async def _is_delivered(of: Bot, job: str) -> bool:
    record = await of.app.store.jobs.get(job)
    return record is not None and record.status == "delivered"


async def _owes_nothing(of: Bot) -> bool:
    return await of.app.store.jobs.unfinished() == ()


async def test_all_who_wait_are_told_once_after_a_restart_in_the_order_of_the_line(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path, held=True) as first:
        first.surface.gate.clear()
        running, *waiting = [await first.imagine(actor=f"chat:{number}") for number in range(9)]
        await first.engine.begun.wait()
    async with bot(tmp_path, held=True) as second:

        def told() -> list[Reply]:
            return [reply for reply in second.surface.shown if reply.job != running]

        await second.surface.until(lambda: len({reply.job for reply in told()}) == len(waiting))
        assert [reply.job for reply in told()] == waiting
        assert "waits behind 8 jobs" in told()[-1].text


async def test_what_is_deleted_disappears_from_every_chat(tmp_path: Path) -> None:
    async with bot(tmp_path) as only:
        job = await only.imagine()
        await only.surface.until(lambda: len(only.ends()) == 1)
        (picture,) = only.ends()[0].pictures
        posts = [Post(job, "chat", "a", "1"), Post(job, "chat", "b", "2")]
        elsewhere = Post(job, "another", "c", "3")
        for post in (*posts, elsewhere):
            await only.app.store.posts.add(post)
        reply = await only.delete(job)
        assert (reply.deleted, reply.private, reply.exit_code) == (job, True, 0)
        assert not picture.path.exists()
        await only.surface.until(lambda: only.surface.withdrawn == posts)

        async def known() -> bool:
            return await only.posts(job) == ["3"]

        # That chat is not set up now; when it is again, its message goes.
        await eventually(known)


async def test_messages_that_could_not_be_deleted_go_after_a_restart(tmp_path: Path) -> None:
    async with bot(tmp_path) as first:
        job = await first.imagine()
        await first.surface.until(lambda: len(first.ends()) == 1)
        await first.app.store.posts.add(Post(job, "chat", "a", "1"))
        first.surface.refuses = True
        asked = first.surface.asked
        assert (await first.delete(job)).exit_code == 0
        await first.surface.until(lambda: first.surface.asked > asked)
    async with bot(tmp_path) as second:
        await second.surface.until(lambda: [p.message for p in second.surface.withdrawn] == ["1"])

        async def known() -> bool:
            return await second.posts(job) == []

        await eventually(known)


async def test_messages_that_could_not_be_deleted_at_once_go_a_little_later(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as only:
        job = await only.imagine()
        await only.surface.until(lambda: len(only.ends()) == 1)
        await only.app.store.posts.add(Post(job, "chat", "a", "1"))
        only.surface.refuses = True
        asked = only.surface.asked
        await only.delete(job)
        await only.surface.until(lambda: only.surface.asked > asked)
        only.surface.refuses = False
        await only.surface.until(lambda: [p.message for p in only.surface.withdrawn] == ["1"])


async def test_a_message_that_is_just_being_posted_is_deleted_too(tmp_path: Path) -> None:
    async with bot(tmp_path) as only:
        only.engine.hold.clear()
        only.surface.gate.clear()
        job = await only.imagine()
        await only.surface.until(lambda: only.surface.asked == 1)
        await only.delete(job)
        await only.app.store.posts.add(Post(job, "chat", "a", "1"))
        assert only.surface.withdrawn == []
        only.surface.gate.set()
        await only.surface.until(lambda: [p.message for p in only.surface.withdrawn] == ["1"])


async def test_who_waits_learns_that_somebody_left_the_line(tmp_path: Path) -> None:
    async with bot(tmp_path) as only:
        only.engine.hold.clear()
        first, *_, last = [await only.imagine() for _ in range(3)]
        await only.engine.begun.wait()
        await only.ask("cancel", id=first)

        def told() -> list[str]:
            return [reply.lines[-1][-1].text for reply in only.surface.shown if reply.job == last]

        await only.surface.until(lambda: " waits behind 1 job, about 1 s." in told())
        only.engine.hold.set()
        await only.app.runner.idle()


async def test_a_job_that_is_cancelled_while_it_starts_is_not_made(tmp_path: Path) -> None:
    async with bot(tmp_path) as only:
        only.engine.hold.clear()
        first, second = [await only.imagine() for _ in range(2)]
        await only.engine.begun.wait()
        record = await only.app.store.jobs.get(second)
        assert record is not None
        # Nothing can be read now, so that the second job is stuck between its start and its making.
        gate = threading.Event()
        database = only.app.store._database
        stuck = asyncio.create_task(database.read(lambda _connection: gate.wait(60)))
        only.engine.hold.set()

        async def starts() -> bool:
            status = select(schema.jobs.c.status).where(schema.jobs.c.id == second)
            return await database.write(lambda connection: connection.scalar(status)) == "running"

        await eventually(starts)
        assert await only.app.store.jobs.cancel(second)
        cancelling = asyncio.create_task(only.app.runner.cancelled(record))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(stuck, cancelling)
        await only.app.runner.idle()
        await only.surface.until(lambda: len(only.ends()) == 2)
        assert [order.job_id for order in only.engine.orders] == [first]
        assert await only.ask("queue") == Reply(lines=(queue_empty(),), private=True)


@pytest.mark.parametrize("waits", [False, True])
async def test_an_open_job_that_is_deleted_ends_and_the_next_goes_on(
    tmp_path: Path, waits: bool
) -> None:
    async with bot(tmp_path) as only:
        only.engine.hold.clear()
        jobs = [await only.imagine("a star"), await only.imagine("a heart")]
        await only.engine.begun.wait()
        doomed, other = jobs[waits], jobs[not waits]
        assert (await only.delete(doomed)).exit_code == 0
        if not waits:
            await only.surface.until(lambda: len(only.ends()) == 1)
        only.engine.hold.set()
        await asyncio.wait_for(only.app.runner.idle(), 60)
        await only.surface.until(lambda: len(only.ends()) == 2)
    ends = {str(reply.job): reply for reply in only.ends()}
    assert ends[doomed].deleted == doomed
    assert (ends[doomed].pictures, ends[doomed].buttons) == ((), ())
    assert "star" not in ends[doomed].text
    assert (ends[other].deleted, len(ends[other].pictures)) == (None, 1)


async def test_what_a_kill_left_of_who_was_forgotten_goes_at_the_next_start(tmp_path: Path) -> None:
    async with bot(tmp_path) as first:
        job = await first.imagine("a zqxwv star")
        await first.app.runner.idle()
        await first.app.store.posts.add(Post(job, "chat", "a", "m1"))
        # The rows, and nothing of what comes after them.
        await first.app.store.forgetting.forget("chat:ann")
    async with bot(tmp_path) as second:
        await second.surface.until(lambda: bool(second.surface.withdrawn))
        assert [post.message for post in second.surface.withdrawn] == ["m1"]
        assert not await second.app.store.traces.are_there()
        await eventually(lambda: _nothing_known(second, job))
    left = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert not [path.name for path in left if path.suffix == ".png"]
    assert not [path.name for path, content in left.items() if b"zqxwv" in content.lower()]


async def _nothing_known(second: Bot, job: str) -> bool:
    return not await second.posts(job)


async def test_a_picture_that_came_after_its_jobs_deletion_goes_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as first:
        job = await first.imagine()
        await first.app.runner.idle()
        await first.delete(job)
        files = first.app.service.desk.files
        # As a kill leaves it that comes before the picture is refused by the store.
        incoming = files.incoming / "late.png"
        incoming.write_bytes(b"late")
        late = files.path(files.adopt(incoming, f"{job}.1"))
    async with bot(tmp_path):
        assert not late.exists()

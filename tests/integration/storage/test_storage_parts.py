from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from storage.records import JobRecord, NewJob, NewPicture, Post, StoredInput
from storage.store import Store

MakeJob = Callable[..., NewJob]
MakePicture = Callable[..., NewPicture]
Render = Callable[..., Awaitable[JobRecord]]


async def test_a_picture_comes_back_with_its_own_seed_and_what_made_it(
    store: Store, rendered: Render
) -> None:
    job = await rendered(2)
    first, second = await store.pictures.of_job(f"{job.id}.2")
    assert (first.id, second.id) == (f"{job.id}.1", f"{job.id}.2")
    assert second.recipe.seed == job.recipe.seed + 1
    assert second.warnings == ("lora changed\tinkstyle",)
    assert await store.pictures.get(f"#{job.id}.2") == second
    assert await store.pictures.get(job.id) == first
    assert await store.pictures.get(f"{job.id}.9") is None
    assert await store.pictures.environment(second.environment) == '{"device":"cpu"}'
    assert await store.pictures.environment("no such") is None


async def test_a_second_try_replaces_the_pictures_of_the_first(
    store: Store, new_job: MakeJob, new_picture: MakePicture
) -> None:
    job = await store.jobs.add(new_job())
    await store.jobs.start(job.id)
    await store.jobs.picture_done(new_picture(job, pixels_sha256="aa" * 32))
    await store.jobs.requeue(job.id, failed_attempt=True)
    await store.jobs.start(job.id)
    await store.jobs.picture_done(new_picture(job, pixels_sha256="bb" * 32))
    (picture,) = await store.pictures.of_job(job.id)
    assert picture.pixels_sha256 == "bb" * 32
    assert await store.pictures.doomed() == ()


async def test_a_picture_without_a_file_dooms_none(
    store: Store, new_job: MakeJob, new_picture: MakePicture
) -> None:
    job = await store.jobs.add(new_job())
    await store.jobs.start(job.id)
    kept = await store.jobs.picture_done(new_picture(job, path="", absent="withheld", flagged=0.9))
    assert kept is not None
    assert await store.pictures.of_job(job.id) == (kept,)
    assert (kept.is_there, kept.flagged) == (False, 0.9)
    assert await store.jobs.delete(job.id) == ()
    assert await store.pictures.doomed() == ()


async def test_pictures_of_many_jobs_come_at_once(store: Store, rendered: Render) -> None:
    one, two = await rendered(1), await rendered(2)
    found = await store.pictures.of_jobs((one.id, two.id, "000000"))
    assert {job: len(pictures) for job, pictures in found.items()} == {one.id: 1, two.id: 2}


async def test_favourites_are_each_persons_own_and_paged_newest_first(
    store: Store, rendered: Render
) -> None:
    job = await rendered(4)
    ids = [f"{job.id}.{index}" for index in range(1, 5)]
    for picture in ids:
        assert await store.favorites.add("console:ada", f"#{picture}")
    assert not await store.favorites.add("console:ada", ids[0])
    assert not await store.favorites.add("console:ada", f"{job.id}.9")
    page = await store.favorites.page("console:ada", limit=3)
    assert [picture.id for picture in page.items] == ids[:0:-1]
    rest = await store.favorites.page("console:ada", cursor=page.cursor, limit=3)
    assert [picture.id for picture in rest.items] == ids[:1]
    assert rest.cursor is None
    assert rest.newer is not None
    assert await store.favorites.page("console:ada", newer=rest.newer, limit=3) == page
    assert await store.favorites.among("console:ada", [*ids, "x"]) == frozenset(ids)
    assert await store.favorites.among("console:bob", ids) == frozenset()
    assert await store.favorites.remove("console:ada", ids[0])
    assert not await store.favorites.remove("console:ada", ids[0])


async def test_a_favourite_goes_with_its_picture(store: Store, rendered: Render) -> None:
    job = await rendered(2)
    await store.favorites.add("console:ada", f"{job.id}.1")
    await store.favorites.add("console:ada", f"{job.id}.2")
    await store.pictures.delete(f"{job.id}.1")
    page = await store.favorites.page("console:ada")
    assert [picture.id for picture in page.items] == [f"{job.id}.2"]
    await store.jobs.delete(job.id)
    assert (await store.favorites.page("console:ada")).items == ()


async def test_settings_of_a_person_and_of_a_place_are_apart(store: Store) -> None:
    await store.settings.set("console:ada", "steps", 30)
    await store.settings.set("console:ada", "lora", ["inkstyle:0.5"])
    await store.settings.set("console:tty", "steps", 10)
    assert await store.settings.get("console:ada") == {"steps": 30, "lora": ["inkstyle:0.5"]}
    assert await store.settings.unset("console:ada", "steps") == {"lora": ["inkstyle:0.5"]}
    assert await store.settings.unset("console:ada", "never set") == {"lora": ["inkstyle:0.5"]}
    assert await store.settings.unset("console:ada") == {}
    assert await store.settings.get("console:ada") == {}
    assert await store.settings.get("console:tty") == {"steps": 10}


class _Hold:
    """Work that holds the writer up until it may go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, _connection: object) -> bool:
        self.begun.set()
        return self.go.wait(60)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 60)


async def test_a_change_whose_asker_leaves_is_known_all_the_same(store: Store) -> None:
    assert await store.settings.get("console:ada") == {}
    first, last = _Hold(), _Hold()
    # What comes while the writer is held up shares one transaction; its last part holds it open.
    before = asyncio.create_task(store._database.write(first))
    await first.reached()
    change = asyncio.create_task(store.settings.set("console:ada", "steps", 30))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    after = asyncio.create_task(store._database.write(last))
    await asyncio.sleep(0)
    first.go.set()
    await last.reached()
    change.cancel()
    with pytest.raises(asyncio.CancelledError):
        await change
    last.go.set()
    assert await before
    assert await after
    assert await store.settings.set("console:bob", "steps", 9) == {"steps": 9}
    assert await store.settings.get("console:ada") == {"steps": 30}


async def test_posts_are_found_by_job_and_by_message_even_of_a_deleted_job(
    store: Store, new_job: MakeJob
) -> None:
    job = await store.jobs.add(new_job())
    at = [datetime(2026, 7, 21, 10, minute, tzinfo=UTC) for minute in (1, 2)]
    first = Post(job.id, "slack", "C1", "171.5", "job", at[0])
    second = Post(job.id, "discord", "1", "171.5", "grid", at[1])
    await store.posts.add(second)
    await store.posts.add(first)
    await store.posts.add(first)
    await store.jobs.delete(job.id)
    assert await store.posts.of_job(f"#{job.id}.1") == (first, second)
    assert await store.posts.find("discord", "1", "171.5") == second
    assert await store.posts.find("discord", "2", "171.5") is None
    await store.posts.remove("discord", "1", "171.5")
    assert await store.posts.of_job(job.id) == (first,)


async def test_the_newest_file_of_a_picture_is_found_by_its_id(
    store: Store, new_job: MakeJob
) -> None:
    job, other = await store.jobs.add(new_job()), await store.jobs.add(new_job())
    at = [datetime(2026, 7, 21, 10, minute, tzinfo=UTC) for minute in range(6)]
    first, second = f"{job.id}.1", f"{job.id}.2"
    for post in (
        Post(job.id, "slack", first, "F2", "file", at[2]),
        Post(job.id, "slack", first, "F1", "file", at[1]),
        Post(job.id, "slack", second, "F3", "file", at[3]),
        Post(job.id, "discord", second, "F4", "file", at[4]),
        Post(job.id, "slack", "", "F5", "preview", at[5]),
        Post(job.id, "slack", second, "17.5", "shown", at[5]),
        Post(other.id, "slack", f"{other.id}.1", "F6", "file", at[0]),
    ):
        await store.posts.add(post)
    wanted = [f"#{first}", second, f"{job.id}.3"]
    assert await store.posts.files("slack", wanted) == {first: "F2", second: "F3"}
    assert await store.posts.files("slack", []) == {}
    await store.posts.remove("slack", first, "F2")
    assert await store.posts.files("slack", [first]) == {first: "F1"}


async def test_a_file_is_no_message_but_goes_with_its_job(store: Store, new_job: MakeJob) -> None:
    gone, check = await store.jobs.add(new_job()), await store.jobs.add(new_job(command="verify"))
    for job in (gone, check):
        await store.posts.add(Post(job.id, "slack", "C1", f"17.{job.number}"))
        await store.posts.add(Post(job.id, "slack", f"{job.id}.1", f"F{job.number}", "file"))
        await store.posts.add(Post(job.id, "slack", "", f"P{job.number}", "preview"))
        await store.posts.add(Post(job.id, "slack", job.id, f"S{job.number}", "sheet"))
        assert await store.posts.find("slack", f"{job.id}.1", f"F{job.number}") is None
        assert await store.posts.find("slack", "", f"P{job.number}") is None
        assert await store.posts.find("slack", "C1", f"17.{job.number}")
        assert len(await store.posts.of_job(job.id)) == 4
        await store.jobs.delete(job.id)
    found = {post.message for post in await store.posts.of_deleted()}
    ids = gone.number, check.number
    assert found == {f"17.{ids[0]}", *(f"{kind}{number}" for kind in "FPS" for number in ids)}


async def test_inputs_are_known_once_by_their_hash(store: Store) -> None:
    stored = StoredInput("ab" * 32, "inputs/ab/x.png", 64, 32, 1234, "image/png")
    await store.inputs.add(stored)
    await store.inputs.add(stored)
    assert await store.inputs.get("ab" * 32) == stored
    assert await store.inputs.get("cd" * 32) is None
    assert await store.inputs.find(["ab" * 32, "cd" * 32]) == {"ab" * 32: stored}


async def test_actors_are_known_by_their_latest_name(
    store: Store, open_store: Callable[..., Store]
) -> None:
    await store.actors.seen("discord:1", "Ada")
    later = datetime(2100, 1, 1, tzinfo=UTC)
    async with open_store(clock=lambda: later) as again:
        await again.actors.seen("discord:1", "Countess")
    async with open_store(clock=lambda: later) as again:
        # Not every delivery says what somebody is called.
        await again.actors.seen("discord:1", "")
        actor = await again.actors.get("discord:1")
        assert await again.actors.get("discord:2") is None
    assert actor is not None
    assert actor.name == "Countess"
    assert actor.first_seen < later == actor.last_seen


async def test_who_notes_a_message_is_told_that_its_job_is_gone(
    store: Store, new_job: MakeJob
) -> None:
    kept, gone = await store.jobs.add(new_job()), await store.jobs.add(new_job())
    check = await store.jobs.add(new_job(command="verify"))
    for job in (gone, check):
        await store.jobs.delete(job.id)
    there = [await store.posts.add(Post(job.id, "slack", "C1", job.id)) for job in (kept, gone)]
    assert there == [True, False]
    # A check is forgotten once its asker was told, and its message stays.
    assert await store.posts.add(Post(check.id, "slack", "C1", check.id))


async def test_messages_of_deleted_jobs_stay_known_until_they_are_gone(
    store: Store, new_job: MakeJob
) -> None:
    kept, gone = await store.jobs.add(new_job()), await store.jobs.add(new_job())
    check = await store.jobs.add(new_job(command="verify"))
    for number, job in enumerate((kept, gone, gone, check)):
        await store.posts.add(Post(job.id, "discord", "1", str(number)))
    assert await store.posts.of_deleted() == ()
    await store.jobs.delete(gone.id)
    # A check is deleted when it has been told of, and what told of it stays.
    await store.jobs.delete(check.id)
    found = await store.posts.of_deleted()
    assert sorted((post.job, post.message) for post in found) == [(gone.id, "1"), (gone.id, "2")]
    await store.posts.remove("discord", "1", "1")
    assert [post.message for post in await store.posts.of_deleted()] == ["2"]


@pytest.mark.parametrize(
    ("again", "after", "noted"),
    [
        ("Ada", timedelta(seconds=59), False),
        ("Ada", timedelta(seconds=60), True),
        ("Countess", timedelta(seconds=1), True),
    ],
)
async def test_an_actor_is_noted_again_after_a_minute_or_under_another_name(
    open_store: Callable[..., Store], again: str, after: timedelta, noted: bool
) -> None:
    first = datetime(2026, 7, 21, tzinfo=UTC)
    now = first
    async with open_store(clock=lambda: now) as store:
        await store.actors.seen("discord:1", "Ada")
        await store.actors.seen("discord:2", "Bob")
        now = first + after
        await store.actors.seen("discord:1", again)
        actor = await store.actors.get("discord:1")
    assert actor is not None
    assert (actor.name, actor.first_seen) == (again, first)
    assert actor.last_seen == (now if noted else first)


async def test_options_of_a_later_scope_lie_over_those_of_an_earlier_one(store: Store) -> None:
    await store.settings.set("discord:1", "steps", 30)
    await store.settings.set("discord:1", "size", "64x64")
    await store.settings.set("discord:2", "steps", 9)
    scopes = ("discord:1", "nobody", "discord:2")
    assert await store.settings.over(scopes) == {"steps": 9, "size": "64x64"}
    assert await store.settings.over(scopes[::-1]) == {"steps": 30, "size": "64x64"}
    assert await store.settings.over(("nobody",)) == {}

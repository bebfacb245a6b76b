"""What ``verify`` finds, and what becomes of the pictures in which it shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from bot.config import load_config
from bot.invocation import Click, Invocation
from bot.reply import Reply
from bot.service.delivering.deliveries import DIFFERENCES_KEPT
from bot.wiring import App, running_app
from storage.records import Post, ReplyTo
from tests.fakes import ChatSurface, FakeAdapter, FakeEngine
from tests.unit.bot.conftest import Talk

HERE = ReplyTo("chat", "a")


@dataclass
class Bot:
    """A bot in one chat, on a fake engine."""

    app: App
    engine: FakeEngine
    surface: ChatSurface

    async def ask(self, command: str, **options: str) -> str:
        """Ask for a job, and return its id."""
        asked = Invocation(command, options, "chat:ann", HERE)
        reply = await self.app.service.answer(asked)
        assert reply.job is not None, reply.text
        return reply.job

    async def end(self, job: str) -> Reply:
        """Return the last state that was shown of a job."""
        await self.surface.until(lambda: bool(self._ends(job)))
        return self._ends(job)[0]

    def _ends(self, job: str) -> list[Reply]:
        return [reply for reply in self.surface.shown if reply.final and reply.job == job]

    def left(self) -> list[str]:
        """Return the files that are on their way."""
        return sorted(path.name for path in self.engine.incoming.iterdir())


@asynccontextmanager
async def bot(folder: Path, settings: str = "") -> AsyncIterator[Bot]:
    file = folder / "config.toml"
    file.write_text(f"[generation]\nmodel = 'mini'\n{settings}")
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    adapter = FakeAdapter("chat")
    adapter.surface = surface = ChatSurface()
    async with running_app(config, engine, resume=True, work=True, adapters=[adapter]) as app:
        yield Bot(app, engine, surface)


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async def poll() -> None:
        while not await true():  # noqa: ASYNC110 - a store tells nobody of its changes
            await asyncio.sleep(0.005)

    await asyncio.wait_for(poll(), 60)


async def differing(talk: Talk, prompt: str = "a star", **options: str) -> Reply:
    """Check a picture that comes out otherwise."""
    made = await talk.say("imagine", prompt=prompt)
    talk.engine.tint = "another version"
    return await talk.say("verify", id=str(made.job), **options)


async def test_other_pixels_are_shown_beside_the_stored_ones(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --size 64x128")
    before = talk.engine._colour(talk.engine.orders[0].recipe)
    talk.engine.tint = "another version"
    now = talk.engine._colour(talk.engine.orders[0].recipe)
    reply = await talk.say("verify", id=str(made.job))
    assert (reply.exit_code, reply.data[0]["identical"]) == (1, False)
    (shown,) = reply.pictures
    assert reply.data[0]["difference"] == str(shown.path)
    with Image.open(shown.path) as image:
        assert image.size == (3 * 64 + 16, 128)
        panels = [image.getpixel((x, 60)) for x in (30, 102, 174)]
    apart = [abs(a - b) for a, b in zip(before, now, strict=True)]
    factor = max(1, 255 // max(apart))
    assert panels == [before, now, tuple(each * factor for each in apart)]
    assert reply.data[0]["max"] == max(apart)
    assert reply.data[0]["factor"] == factor
    assert reply.data[0]["mean"] == pytest.approx(sum(apart) / 3)
    assert f"{made.job}.1" in shown.alt
    assert "From left to right" in reply.text


async def test_the_same_pixels_leave_no_picture(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star")
    reply = await talk.say("verify", id=str(made.job))
    assert (reply.exit_code, reply.pictures) == (0, ())
    assert "difference" not in reply.data[0]
    assert list(talk.engine.incoming.iterdir()) == []


@pytest.mark.parametrize("how", ["deleted", "damaged", "expired"])
async def test_without_the_stored_file_the_hashes_still_decide(talk: Talk, how: str) -> None:
    made = await talk.say("imagine", prompt="a star")
    (picture,) = made.pictures
    if how == "damaged":
        picture.path.write_bytes(picture.path.read_bytes()[:50])
    else:
        picture.path.unlink()
    if how == "expired":
        await talk.app.store._database.write(
            lambda connection: connection.exec_driver_sql(
                "UPDATE pictures SET absent = 'expired', path = ''"
            )
        )
    same = await talk.say("verify", id=str(made.job))
    assert (same.exit_code, same.data[0]["identical"]) == (0, True)
    talk.engine.tint = "another version"
    other = await talk.say("verify", id=str(made.job))
    assert (other.exit_code, other.data[0]["identical"]) == (1, False)
    assert other.pictures == ()
    assert "different; by how much cannot be said without its file" in other.text
    assert list(talk.engine.incoming.iterdir()) == []


async def test_what_has_changed_is_said_whatever_the_pixels_are(talk: Talk) -> None:
    talk.engine.environment = {"versions": {"torch": "2.11"}}
    made = await talk.say("imagine", prompt="a star")
    talk.engine.environment = {"versions": {"torch": "2.13"}}
    reply = await talk.say("verify", id=str(made.job))
    assert reply.data[0]["changes"] == ["torch 2.11 → 2.13"]
    assert "identical" in reply.text
    assert "Changed since: torch 2.11 → 2.13." in reply.text


async def test_at_the_machine_the_picture_stays_beyond_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True) as app:
        talk = Talk(app, engine, tmp_path)
        reply = await differing(talk)
        path = reply.pictures[0].path
        assert path.exists()
        assert path.parent == engine.incoming
    assert path.exists()
    async with running_app(config, FakeEngine(engine.incoming), resume=True, work=True):
        assert path.exists()


async def test_at_the_machine_only_so_many_pictures_stay(talk: Talk) -> None:
    first = await differing(talk)
    job = first.data[0]["id"]
    others = [await talk.say("verify", id=job) for _ in range(DIFFERENCES_KEPT)]

    async def is_gone() -> bool:
        return not first.pictures[0].path.exists()

    await eventually(is_gone)
    assert all(other.pictures[0].path.exists() for other in others)


async def test_in_a_chat_the_picture_goes_once_it_has_arrived(tmp_path: Path) -> None:
    async with bot(tmp_path) as chat:
        made = await chat.ask("imagine", prompt="a star")
        await chat.end(made)
        chat.engine.tint = "another version"
        chat.surface.gate.clear()
        check = await chat.ask("verify", id=made)
        await chat.app.runner.idle()
        assert chat.left() == [f"difference-{check}.1.png"]
        chat.surface.gate.set()
        told = await chat.end(check)
        assert [picture.id for picture in told.pictures] == [f"{check}.1"]

        async def is_gone() -> bool:
            return chat.left() == []

        await eventually(is_gone)


async def test_a_check_that_did_not_arrive_is_made_again_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as first:
        made = await first.ask("imagine", prompt="a star")
        await first.end(made)
        first.surface.refuses = True
        first.engine.tint = "another version"
        check = await first.ask("verify", id=made)
        await first.app.runner.idle()
    assert first.left() == [f"difference-{check}.1.png"]
    async with bot(tmp_path) as second:
        told = await second.end(check)
        assert "identical" in told.text

        async def is_gone() -> bool:
            job = await second.app.store.jobs.get(check)
            return job is not None and job.deleted is not None

        await eventually(is_gone)
        assert second.left() == []


async def test_a_check_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    async with bot(tmp_path) as chat:
        made = await chat.ask("imagine", prompt="a star --count 2")
        await chat.end(made)
        chat.engine.tint = "another version"
        chat.engine.held_from = 2
        chat.engine.hold.clear()
        check = await chat.ask("verify", id=made)

        async def is_compared() -> bool:
            return chat.left() == [f"difference-{check}.1.png"]

        await eventually(is_compared)
        await chat.app.service.click(Click("cancel", check, "chat:ann", HERE))
        told = await chat.end(check)
        assert told.pictures == ()
        assert chat.left() == []


async def test_where_a_difference_cannot_be_written_the_check_fails_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as chat:
        made = await chat.ask("imagine", prompt="a star")
        await chat.end(made)
        chat.engine.tint = "another version"
        chat.engine.hold.clear()
        check = await chat.ask("verify", id=made)
        no_folder = chat.app.config.file
        assert no_folder is not None
        (chat.engine.incoming / f"difference-{check}.1.png").symlink_to(no_folder / "here")
        chat.engine.hold.set()
        told = await chat.end(check)
        assert (told.exit_code, told.data[0]["status"]) == (1, "failed")
        assert "cannot be written" in told.text
        assert chat.left() == []


async def test_the_message_with_a_difference_goes_with_the_job_that_is_on_it(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as chat:
        posts = chat.app.store.posts
        made = await chat.ask("imagine", prompt="a star")
        await chat.end(made)
        same = await chat.ask("verify", id=made)
        await posts.add(Post(same, "chat", "a", "1"))
        await chat.end(same)
        chat.engine.tint = "another version"
        chat.surface.gate.clear()
        check = await chat.ask("verify", id=f"{made}.1")
        await posts.add(Post(check, "chat", "a", "2"))
        await posts.add(Post(check, "chat", f"{check}.1", "F1", "file"))
        await posts.add(Post(check, "chat", "", "F2", "preview"))
        chat.surface.gate.set()
        await chat.end(check)

        async def is_handed_over() -> bool:
            return len(await posts.of_job(made)) == 2

        await eventually(is_handed_over)
        await chat.app.service.click(Click("delete", made, "chat:ann", HERE))
        await chat.surface.until(lambda: len(chat.surface.withdrawn) == 2)
        assert {post.message for post in chat.surface.withdrawn} == {"2", "F1"}


@pytest.mark.parametrize(("action", "hidden"), [("spoiler", True), ("off", False)])
async def test_a_difference_is_hidden_as_its_picture_is(
    tmp_path: Path, action: str, *, hidden: bool
) -> None:
    async with bot(tmp_path, f"[safety]\naction = '{action}'\n") as chat:
        chat.engine.flagged = 0.9
        made = await chat.ask("imagine", prompt="a star")
        await chat.end(made)
        chat.engine.tint, chat.engine.flagged = "another version", None
        told = await chat.end(await chat.ask("verify", id=made))
        assert [picture.sensitive for picture in told.pictures] == [hidden]


@pytest.mark.parametrize("before", [True, False])
async def test_nothing_is_shown_of_what_is_withheld(tmp_path: Path, *, before: bool) -> None:
    async with bot(tmp_path) as chat:
        chat.engine.flagged = 0.9 if before else None
        made = await chat.ask("imagine", prompt="a star")
        await chat.end(made)
        chat.engine.tint, chat.engine.flagged = "another version", None if before else 0.9
        told = await chat.end(await chat.ask("verify", id=made))
        assert "different" in told.text
        assert told.pictures == ()
        assert not told.data[0].keys() & {"difference", "max"}


async def test_a_check_of_what_was_deleted_meanwhile_says_so(tmp_path: Path) -> None:
    async with bot(tmp_path) as chat:
        made = await chat.ask("imagine", prompt="a star")
        await chat.end(made)
        chat.engine.hold.clear()
        chat.engine.begun.clear()
        check = await chat.ask("verify", id=made)
        await chat.engine.begun.wait()
        await chat.app.service.click(Click("delete", made, "chat:ann", HERE))
        chat.engine.hold.set()
        told = await chat.end(check)
        assert told.exit_code == 1
        assert f"#{made} has no pictures any more" in told.text
        assert chat.left() == []


async def test_what_holds_of_all_pictures_is_said_once(talk: Talk) -> None:
    talk.engine.environment = {"versions": {"torch": "2.11"}}
    made = await talk.say("imagine", prompt="a star --count 3")
    talk.engine.environment = {"versions": {"torch": "2.13"}}
    talk.engine.tint = "another version"
    reply = await talk.say("verify", id=str(made.job))
    lines = reply.text.splitlines()
    assert [line.split()[0] for line in lines[:3]] == [f"{made.job}.{index}" for index in (1, 2, 3)]
    assert lines[3].startswith("From left to right")
    assert lines[4:] == ["Changed since: torch 2.11 → 2.13."]
    assert [picture.id.partition(".")[2] for picture in reply.pictures] == ["1", "2", "3"]


async def test_of_pictures_painted_in_company_it_is_said_that_last_bits_may_differ(
    tmp_path: Path,
) -> None:
    said = "Painted with up to 4 pictures at a time"
    async with bot(tmp_path) as talk:
        talk.engine.environment = {"batch": 4, "batching": "throughput"}
        job = await talk.ask("imagine", prompt="a star")
        await talk.end(job)
        same = await talk.end(await talk.ask("verify", id=job))
        assert said not in same.text
        talk.engine.tint, talk.engine.environment["batch"] = "other bits", 1
        check = await talk.end(await talk.ask("verify", id=job))
        assert said in check.text
        assert "pictures painted at a time 4 → 1" in check.text
        shown = await talk.app.service.answer(Invocation("show", {"id": job}, "chat:ann", HERE))
        assert said in shown.text
        alone = await talk.ask("imagine", prompt="a heart")
        await talk.end(alone)
        shown = await talk.app.service.answer(Invocation("show", {"id": alone}, "chat:ann", HERE))
        assert "at a time" not in shown.text

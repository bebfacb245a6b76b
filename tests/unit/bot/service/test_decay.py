from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from bot import texts
from bot.invocation import Click
from bot.reply import Reply
from bot.service.decay import UNUSED_STAYS, Decay
from storage.records import ReplyTo, utc_now
from storage.room import DiskRoom
from storage.schema import inputs
from tests.unit.bot.conftest import Talk
from tests.unit.bot.service.answers.test_forgetting import ANN, BOB, files_of, picture


async def days_later(talk: Talk, days: float, keep_days: int) -> None:
    """Go one round so many days later."""
    desk = talk.app.service.desk
    now = utc_now() + timedelta(days=days)
    await Decay(desk.store, desk.files, keep_days, lambda: now).round()


async def shown(talk: Talk, job: object) -> Reply:
    return await talk.say("show", id=str(job))


async def test_pictures_go_after_their_days_and_their_recipes_stay(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --seed 7 --count 2")).job
    hashes = [entry["pixels_sha256"] for entry in (await shown(talk, job)).data[0]["pictures"]]
    await days_later(talk, 29, 30)
    assert len(files_of(talk)) == 2
    await days_later(talk, 31, 30)
    assert files_of(talk) == set()
    assert await talk.app.store.pictures.doomed() == ()
    reply = await shown(talk, job)
    assert reply.pictures == ()
    assert f"/reroll {job}.2 --seed 8" in reply.text
    entries = reply.data[0]["pictures"]
    assert [entry["absent"] for entry in entries] == ["expired", "expired"]
    assert [entry["pixels_sha256"] for entry in entries] == hashes
    again = await talk.say("reroll", id=f"{job}.2 --seed 8")
    assert [entry["pixels_sha256"] for entry in again.data[0]["pictures"]] == hashes[1:]
    assert "identical" in (await talk.say("verify", id=str(job))).text


@pytest.mark.parametrize("command", ["history", "favorites", "queue"])
async def test_what_lists_pictures_can_do_without_their_files(talk: Talk, command: str) -> None:
    job = (await talk.say("imagine", prompt="a star")).job
    await days_later(talk, 31, 30)
    await talk.say("favorites", id=f"{job}.1")
    reply = await talk.say(command)
    assert (reply.exit_code, reply.pictures) == (0, ())


async def test_a_picture_without_its_file_cannot_be_started_from(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star")).job
    await days_later(talk, 31, 30)
    form = {"prompt": "a lion", "strength": "0.6", "settings": ""}
    click = Click("use", f"{job}.1", ANN, ReplyTo("console", "a"), form=form)
    reply = await talk.app.service.click(click)
    assert f"{job}.1 has no file any more" in reply.text


async def test_favourites_of_anybody_stay(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --count 2")).job
    await talk.say("favorites", actor=BOB, id=f"{job}.2")
    await days_later(talk, 31, 30)
    assert files_of(talk) == {f"{str(job)[:2]}/{job}.2.png"}
    assert [view.id for view in (await shown(talk, job)).pictures] == [f"{job}.2"]


async def test_nothing_goes_where_pictures_stay_for_ever(talk: Talk) -> None:
    await talk.say("imagine", prompt="a star", image=picture(talk.folder, "red"))
    there = files_of(talk)
    await days_later(talk, 4000, 0)
    assert files_of(talk) == there
    assert len(there) == 2


async def test_what_old_pictures_started_from_goes_with_them(talk: Talk) -> None:
    old = (await talk.say("imagine", prompt="a star", image=picture(talk.folder, "red"))).job
    kept = (await talk.say("imagine", prompt="a sun", image=picture(talk.folder, "blue"))).job
    await talk.say("favorites", id=f"{kept}.1")
    await days_later(talk, 31, 30)
    reply = await talk.say("reroll", id=str(old))
    assert reply.text.startswith("The picture to start from")
    assert reply.text.endswith("was deleted meanwhile: send it again.")
    assert (await talk.say("reroll", id=str(kept))).exit_code == 0
    assert "was deleted meanwhile" in (await talk.say("verify", id=str(old))).text


async def test_a_job_that_waits_keeps_what_it_starts_from(talk: Talk) -> None:
    talk.engine.hold.clear()
    await talk.answer("imagine", prompt="a star", image=picture(talk.folder, "red"))
    await days_later(talk, 31, 30)
    talk.engine.hold.set()
    await talk.app.runner.idle()
    (order,) = talk.engine.orders
    assert all(path.is_file() for path in order.inputs.values())


async def test_a_job_fails_in_a_sentence_when_what_it_starts_from_has_vanished(talk: Talk) -> None:
    talk.engine.hold.clear()
    await talk.answer("imagine", prompt="a star")
    await talk.engine.begun.wait()
    job = (await talk.answer("imagine", prompt="a sun", image=picture(talk.folder, "red"))).job
    await talk.app.store._database.write(lambda connection: connection.execute(delete(inputs)))
    talk.engine.hold.set()
    await talk.app.runner.idle()
    assert f"#{job} failed: The picture to start from" in (await shown(talk, job)).text


async def test_input_pictures_of_deleted_jobs_go_after_a_day(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star", image=picture(talk.folder, "red"))).job
    await talk.app.service.click(Click("delete", str(job), ANN, ReplyTo("console", "a")))
    await days_later(talk, UNUSED_STAYS / timedelta(days=1) - 0.01, 0)
    assert len(files_of(talk)) == 1
    await days_later(talk, UNUSED_STAYS / timedelta(days=1) + 0.01, 0)
    assert files_of(talk) == set()


async def test_files_that_could_not_be_deleted_go_in_a_later_round(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star")).job
    await talk.app.store.jobs.delete(str(job))
    await days_later(talk, 0, 0)
    assert files_of(talk) == set()


async def test_a_disk_without_room_takes_no_jobs_and_says_so(talk: Talk) -> None:
    desk = talk.app.service.desk
    free = 16_000_000 + 3 * 2 * 128 * 128
    room = DiskRoom((talk.folder,), lambda _folder: free)
    talk.app.service.desk = replace(desk, room=room)
    talk.engine.hold.clear()
    first = await talk.answer("imagine", prompt="a star --size 128x128 --count 2")
    assert first.exit_code == 0
    await talk.engine.begun.wait()
    assert (await talk.answer("imagine", prompt="a star --size 128x128 --count 2")).job
    refused = await talk.answer("imagine", prompt="a star --size 128x128")
    assert refused.text == (f"The disk of {talk.folder} is full: make room there and ask again.")
    talk.engine.hold.set()
    await talk.app.runner.idle()
    assert (await talk.say("imagine", prompt="a star --size 128x128")).exit_code == 0


@pytest.mark.parametrize(("days", "said"), [(30, "30 days"), (1, "1 day"), (0, "its time here")])
def test_the_days_are_told(days: int, said: str) -> None:
    words = "".join(span.text for span in texts.picture_expired("k7f3q2.1", 7, days))
    assert words == (
        f"The file of k7f3q2.1 was deleted after {said}: /reroll k7f3q2.1 --seed 7 makes it again."
    )

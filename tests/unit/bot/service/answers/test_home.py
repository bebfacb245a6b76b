from __future__ import annotations

import pytest
from sqlalchemy import text

from bot import texts
from bot.invocation import Click, Invocation
from bot.service.answers.home import Part
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk

ANN, BOB, ADMIN = "console:ann", "console:bob", "console:admin"


async def home(talk: Talk, actor: str = ANN) -> tuple[Part, ...]:
    asked = Invocation("home", {}, actor, ReplyTo("console", "home"))
    return await talk.app.service.home(asked)


async def test_an_empty_home_says_how_to_fill_it(talk: Talk) -> None:
    parts = await home(talk)
    assert [part.title for part in parts] == [
        texts.HOME_PICTURES,
        texts.HOME_FAVORITES,
        texts.HOME_SETTINGS,
        texts.HOME_QUEUE,
    ]
    for part in parts:
        assert part.reply.text.endswith((".", "it."))
        assert "press" in part.reply.text
        assert (part.reply.pictures, part.reply.buttons, part.reply.private) == ((), (), True)


async def test_the_newest_pictures_come_first_whether_private_or_not(talk: Talk) -> None:
    old = (await talk.say("imagine", prompt="a star --count 4")).job
    await talk.say("imagine", actor=BOB, prompt="a heart")
    gone = (await talk.say("imagine", prompt="a moon")).job
    new = (await talk.say("imagine", channel="b", prompt="a sun --count 4 --private")).job
    await talk.say("verify", id=str(old))
    await talk.app.service.click(Click("delete", str(gone), ANN, ReplyTo("console", "a")))
    reply = (await home(talk))[0].reply
    assert [picture.id for picture in reply.pictures] == [
        *(f"{new}.{index}" for index in (1, 2, 3, 4)),
        *(f"{old}.{index}" for index in (1, 2)),
    ]
    assert reply.pictures[0].alt == "a sun"
    assert reply.pictures[0].path.is_file()
    assert reply.lines == ()
    assert [p.alt for p in (await home(talk, BOB))[0].reply.pictures] == ["a heart"]
    assert (await home(talk, ADMIN))[0].reply.pictures == ()


async def test_favourites_are_shown_and_the_rest_can_be_asked_for(talk: Talk) -> None:
    job = (await talk.say("imagine", actor=BOB, prompt="a star --count 4")).job
    other = (await talk.say("imagine", prompt="a heart --count 3")).job
    for picture in (f"{job}.3", f"{job}.1", *(f"{other}.{index}" for index in (1, 2, 3))):
        await talk.answer("favorites", id=picture)
    reply = (await home(talk))[1].reply
    assert [picture.id for picture in reply.pictures][-2:] == [f"{job}.1", f"{job}.3"]
    assert reply.lines == ()
    for index in (2, 4):
        await talk.answer("favorites", id=f"{job}.{index}")
    reply = (await home(talk))[1].reply
    assert len(reply.pictures) == 6
    page = reply.text.rpartition("--before ")[2]
    [left] = (await talk.answer("favorites", before=page)).data
    assert left["id"] == f"{job}.3"
    assert (await home(talk, BOB))[1].reply.pictures == ()


async def test_what_can_be_pressed_beside_a_picture_changes_something(talk: Talk) -> None:
    newest, favourites, *others = await home(talk)
    assert newest.actions == ("reroll", "show", "favorite")
    assert favourites.actions == ("reroll", "show")
    assert [part.actions for part in others] == [(), ()]


async def test_the_settings_are_those_of_the_asker(talk: Talk) -> None:
    shown = await talk.answer("settings", steps="9", negative="grey")
    await talk.answer("settings", actor=BOB, steps="7")
    assert (await home(talk))[2].reply.lines == shown.lines[1:]
    assert "steps 9" in (await home(talk))[2].reply.text


async def test_the_queue_shows_the_first_and_all_of_the_askers_who_can_cancel_those(
    talk: Talk,
) -> None:
    talk.engine.hold.clear()
    for number in range(12):
        await talk.answer("imagine", actor=f"console:{number}", prompt=f"{number} stars --private")
    mine = [(await talk.answer("imagine", prompt=f"{what} --private")).job for what in ("x", "y")]
    await talk.answer("imagine", actor=BOB, prompt="a heart")
    await talk.engine.begun.wait()
    reply = (await home(talk))[3].reply
    listed = (await talk.answer("queue")).lines
    assert reply.lines[:-1] == (*listed[:11], listed[12], listed[14])
    assert reply.lines[-1] == texts.more_jobs(2)
    assert "stars" not in reply.text
    assert [(b.action, b.target, b.style) for b in reply.buttons] == [
        ("cancel", job, "danger") for job in mine
    ]
    assert reply.buttons[0].label == f"Cancel #{mine[0]}"
    assert "stars" in (await home(talk, ADMIN))[3].reply.text
    assert (await home(talk, ADMIN))[3].reply.buttons == ()
    talk.engine.hold.set()


async def test_a_fault_is_the_only_part_and_the_log_has_it(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    drop = text("DROP TABLE favorites")
    await talk.app.store._database.write(lambda connection: connection.execute(drop))
    [part] = await home(talk)
    [record] = caplog.records
    reference = record.getMessage().split()[1]
    assert record.getMessage() == f"fault {reference} in answer to /home of {ANN}"
    assert part.title == ""
    assert (part.reply.private, reference in part.reply.text) == (True, True)

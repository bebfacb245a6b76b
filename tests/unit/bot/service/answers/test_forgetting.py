from __future__ import annotations

from pathlib import Path

from PIL import Image

from bot.command import Source
from bot.invocation import Attachment, Invocation
from bot.service.decay import Decay, delete_doomed
from storage.records import ReplyTo, Viewer
from tests.unit.bot.conftest import Talk

ANN, BOB = "console:ann", "console:bob"


def files_of(talk: Talk) -> set[str]:
    """Return the files in the pictures folder."""
    folder = talk.app.service.desk.files.folder
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def picture(folder: Path, colour: str) -> Attachment:
    path = folder / f"{colour}.png"
    Image.new("RGB", (64, 48), colour).save(path)
    return Attachment(path, path.name)


async def test_all_of_the_asker_goes_and_the_answer_says_how_much(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --count 2")).job
    other = (await talk.say("reroll", actor=BOB, id=f"{job}.1")).job
    await talk.say("favorites", id=f"{other}.1")
    await talk.say("settings", **{"": "--steps 9 --no cars"})
    reply = await talk.say("forget")
    assert reply.text == (
        "All that I knew of you is gone: 1 job, 2 pictures, 1 favourite and 2 settings."
    )
    assert reply.private
    assert reply.data == (
        {"jobs": 1, "pictures": 2, "favorites": 1, "settings": 2, "styles": 0, "copies": 0},
    )
    assert files_of(talk) == {f"{str(other)[:2]}/{other}.1.png"}
    assert "There is no job" in (await talk.say("show", id=str(job))).text
    assert (await talk.say("show", id=str(other))).pictures
    assert [entry["job"] for entry in (await talk.say("history")).data] == [other]
    assert (await talk.say("history", mine=True)).data == ()
    assert (await talk.say("favorites")).data == ()
    assert (await talk.say("settings")).data == ({},)
    desk = talk.app.service.desk
    assert not desk.suggestions.complete(Source.JOBS, str(job), Viewer(ANN))
    assert desk.suggestions.complete(Source.JOBS, str(other), Viewer(BOB))
    assert (await talk.say("forget")).text.startswith("There was nothing of yours")


async def test_open_jobs_are_stopped_and_the_next_one_runs(talk: Talk) -> None:
    talk.engine.hold.clear()
    running = (await talk.answer("imagine", prompt="a star")).job
    await talk.engine.begun.wait()
    await talk.answer("imagine", prompt="a moon")
    others = (await talk.answer("imagine", actor=BOB, prompt="a heart")).job
    await talk.say("forget")
    assert [job.id for job in await talk.app.store.jobs.unfinished()] == [others]
    assert [place.job.id for place in talk.app.runner.line.places()] == [others]
    talk.engine.hold.set()
    await talk.app.runner.idle()
    assert [order.recipe.prompt for order in talk.engine.orders] == ["a star", "a heart"]
    assert files_of(talk) == {f"{str(others)[:2]}/{others}.1.png"}
    assert running is not None


async def test_pictures_that_the_asker_sent_go_unless_others_use_them(talk: Talk) -> None:
    mine, shared = picture(talk.folder, "red"), picture(talk.folder, "blue")
    await talk.say("imagine", prompt="a star", image=shared, mask=mine)
    others = (await talk.say("imagine", actor=BOB, prompt="a heart", image=shared)).job
    assert len([name for name in files_of(talk) if name.startswith("inputs/")]) == 2
    await talk.say("forget")
    (left,) = [name for name in files_of(talk) if name.startswith("inputs/")]
    job = await talk.app.store.jobs.get(str(others))
    assert job is not None
    assert job.recipe.image is not None
    assert job.recipe.image.sha256 in left


async def test_a_picture_that_somebody_sends_while_another_is_forgotten_stays(talk: Talk) -> None:
    await talk.say("imagine", prompt="a star", image=picture(talk.folder, "red"))
    desk = talk.app.service.desk
    forgotten = await desk.store.forgetting.forget(ANN)
    (sent,) = [path for path in forgotten.files if path.startswith("inputs/")]
    await talk.say("imagine", actor=BOB, prompt="a lion", image=picture(talk.folder, "red"))
    await delete_doomed(desk.store, desk.files, forgotten.files)
    assert sent in files_of(talk)
    assert len(files_of(talk)) == 2


async def test_a_picture_that_cannot_be_noted_goes_in_the_next_round(talk: Talk) -> None:
    database = talk.app.store._database
    full = "CREATE TRIGGER full BEFORE INSERT ON inputs BEGIN SELECT RAISE(ABORT, 'full'); END"
    await database.write(lambda connection: connection.exec_driver_sql(full))
    await talk.answer("imagine", prompt="a star", image=picture(talk.folder, "red"))
    assert len(files_of(talk)) == 1
    desk = talk.app.service.desk
    await Decay(desk.store, desk.files, 0).round()
    assert files_of(talk) == set()


async def test_a_known_picture_that_is_sent_again_is_never_doomed(talk: Talk) -> None:
    await talk.say("imagine", prompt="a star", image=picture(talk.folder, "red"))
    store = talk.app.store
    (known,) = [path for path in files_of(talk) if path.startswith("inputs/")]
    await store.inputs.expect(known)
    assert await store.pictures.doomed() == ()


async def test_backups_that_hold_it_still_are_told_of(talk: Talk) -> None:
    await talk.say("imagine", prompt="a star")
    kept = talk.app.config.data / "backups" / "reroll-20260101T000000.tar"
    kept.parent.mkdir()
    kept.touch()
    reply = await talk.say("forget")
    assert "One backup of the bot's owner may hold it still" in reply.text
    assert reply.data[0]["copies"] == 1
    (kept.parent.parent / "reroll.db.before-20260102T000000").touch()
    assert "2 backups of the bot's owner may hold it still" in (await talk.say("forget")).text


async def test_the_last_who_uses_a_picture_takes_it_along(talk: Talk) -> None:
    first = (await talk.say("imagine", prompt="a star", image=picture(talk.folder, "red"))).job
    assert (await talk.say("reroll", actor=BOB, id=str(first))).exit_code == 0
    await talk.say("forget")
    assert [name for name in files_of(talk) if name.startswith("inputs/")]
    await talk.say("forget", actor=BOB)
    assert files_of(talk) == set()


async def test_names_in_memory_go(talk: Talk) -> None:
    await talk.app.store.actors.seen(ANN, "Ann")
    await talk.say("forget")
    assert await talk.app.store.actors.get(ANN) is None
    await talk.app.store.actors.seen(ANN, "Ann")
    assert await talk.app.store.actors.get(ANN) is not None


async def test_what_was_typed_at_the_machine_goes_but_not_for_a_chat(talk: Talk) -> None:
    typed = talk.app.config.console_history
    typed.write_text("+a zqxw star")
    asked = Invocation("forget", {}, "chat:ann", ReplyTo("chat", "a"))
    assert (await talk.app.service.answer(asked)).exit_code == 0
    assert typed.exists()
    await talk.say("forget")
    assert not typed.exists()


async def test_pictures_of_differences_go_with_their_checks(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star")).job
    talk.engine.tint = "newer libraries"
    for actor in (ANN, BOB):
        assert "came out different" in (await talk.say("verify", actor=actor, id=str(job))).text
    assert len([name for name in files_of(talk) if "difference" in name]) == 2
    await talk.say("forget", actor=BOB)
    assert len([name for name in files_of(talk) if "difference" in name]) == 1
    await talk.say("forget")
    assert files_of(talk) == set()

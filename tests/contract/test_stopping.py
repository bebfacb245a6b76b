"""Stopping what is not wanted any more, and taking back what was made."""

from __future__ import annotations

import pytest

from tests.contract.people import BOSS
from tests.contract.talk import Chat, Talk, job_of, made, pictured, record_of, vanished
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_running_job_is_cancelled_and_the_next_one_is_made(talk: Talk, town: Town) -> None:
    town.engine.hold.clear()
    first = await talk.say("/imagine a fox")
    await town.engine.begun.wait()
    second = await talk.say("/imagine a wolf")
    stopped = await talk.say(f"/cancel {job_of(first)}")
    assert stopped.text.strip() == f"#{job_of(first)} is being stopped."
    assert stopped.private
    await first.until(lambda: f"#{job_of(first)} was cancelled." in first.text)
    town.engine.hold.set()
    await pictured(second)
    assert first.pictures == []
    over = await talk.say(f"/cancel {job_of(first)}")
    assert "cancelled already" in over.text


async def test_a_waiting_job_that_is_cancelled_is_never_begun(talk: Talk, town: Town) -> None:
    town.engine.hold.clear()
    first = await talk.say("/imagine a fox")
    await town.engine.begun.wait()
    second = await talk.say("/imagine a wolf")
    await talk.say(f"/cancel {job_of(second)}")
    await second.until(lambda: f"#{job_of(second)} was cancelled." in second.text)
    town.engine.hold.set()
    await pictured(first)
    assert [order.recipe.prompt for order in town.engine.orders] == ["a fox"]


async def test_only_the_asker_or_an_admin_can_cancel(chat: Chat, town: Town) -> None:
    town.engine.hold.clear()
    one, two = [await chat.say("/imagine a fox") for _ in range(2)]
    await town.engine.begun.wait()
    for refused in (
        await chat.say(f"/cancel {job_of(one)}", by="bob"),
        await chat.press(one, "Cancel", by="bob"),
    ):
        assert refused.text.strip() == (
            f"Only the one who asked for #{job_of(one)}, or an admin, can cancel it."
        )
        assert refused.private
    await chat.say(f"/cancel {job_of(one)}", by=BOSS)
    await one.until(lambda: "was cancelled" in one.text)
    await chat.press(two, "Cancel")
    await two.until(lambda: "was cancelled" in two.text)
    assert "Cancel" not in one.buttons + two.buttons


async def test_whoever_sits_at_the_machine_can_cancel_what_was_asked_anywhere(
    chat: Chat, town: Town
) -> None:
    console = next(talk for talk in town.talks() if talk.at_the_machine)
    town.engine.hold.clear()
    asked = await chat.say("/imagine a fox")
    await console.say(f"/cancel {job_of(asked)}", by="bob")
    await asked.until(lambda: "was cancelled" in asked.text)


async def test_delete_takes_message_picture_and_files_at_once(chat: Chat) -> None:
    made_ones = await made(chat, "/imagine a fox -n 2")
    job = job_of(made_ones)
    await chat.say(f"/favorites {job}.1", by="bob")
    records = await chat.app.store.pictures.of_job(job)
    files = [chat.app.service.desk.files.path(picture.path) for picture in records]
    assert all(file.exists() for file in files)
    refused = await chat.press(made_ones, "Delete", by="bob")
    assert "Only the one who asked" in refused.text
    assert all(file.exists() for file in files)
    told = await chat.press(made_ones, "Delete")
    assert told.text.strip() == f"#{job} was deleted, with its pictures."
    assert told.private
    assert not any(file.exists() for file in files)
    await vanished(made_ones)
    for command in (f"/show {job}", f"/reroll {job}.1", f"/verify {job}"):
        assert "There is no job or picture" in (await chat.say(command)).text
    assert (await chat.say("/favorites", by="bob")).text.startswith("You have no favourites")


async def test_an_admin_can_delete_a_failed_job_of_another(chat: Chat, town: Town) -> None:
    town.engine.hold.clear()
    asked = await chat.say("/imagine a fox")
    await chat.press(asked, "Cancel")
    await asked.until(lambda: "Delete" in asked.buttons)
    job = await record_of(chat, asked)
    await chat.press(asked, "Delete", by=BOSS)
    await vanished(asked)
    assert (await chat.app.store.jobs.get(job.id)) != job

"""What a bot that stops owes people, the next one gives them; and doors that the owner shut."""

from __future__ import annotations

import pytest

from tests.contract.people import BOSS
from tests.contract.talk import job_of, made, pictured, record_of, stored_by, vanished
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_after_a_restart_in_mid_job_each_answer_comes_once(own_town: Town) -> None:
    town = own_town
    town.engine.hold.clear()
    chats = town.chats()
    asked = [await chat.say(f"/imagine a {chat.name} fox") for chat in chats]
    jobs = [job_of(answer) for answer in asked]
    console = next(talk for talk in town.talks() if talk.at_the_machine)
    jobs.append(job_of(await console.say("/imagine a console fox")))
    await town.engine.begun.wait()
    await town.reopen()
    for answer in asked:
        await pictured(answer)
    await town.told()
    assert sorted(order.job_id for order in town.engine.orders) == sorted(jobs)
    for chat, answer, job in zip(chats, asked, jobs, strict=False):
        assert chat.messages_of(job) == [answer.text]
        assert len(answer.pictures) == 1
    assert len((await made(console, f"/show {jobs[-1]}")).pictures) == 1


async def test_buttons_and_ids_outlive_the_bot(own_town: Town) -> None:
    town = own_town
    chats = town.chats()
    before = [await made(chat, "/imagine a fox --seed 5") for chat in chats]
    await town.reopen()
    for chat, answer in zip(chats, before, strict=True):
        again = await pictured(await chat.press(answer, "Reroll"))
        assert (await record_of(chat, again)).parent == job_of(answer)
        assert (await made(chat, "/reroll --steps 9")).pictures
        await chat.press(answer, "Delete")
        await vanished(answer)


async def test_where_the_owner_shut_the_door_nothing_is_stored_but_for_admins(
    own_town: Town,
) -> None:
    town = own_town
    await town.reopen({"access.discord_channels": "[1]", "access.slack_channels": '["C1"]'})
    for chat in town.chats():
        for command in ("/imagine a fox", "/history", "/help", "/queue"):
            refused = await chat.say(command)
            assert refused.text.strip() == (
                "Reroll is not open in this channel: use it in one that its owner chose for it."
            )
            assert refused.private
        assert await stored_by(chat) == []
        assert town.engine.orders == []
        answer = await made(chat, "/imagine a fox", by=BOSS)
        assert "not open" in (await chat.press(answer, "Reroll")).text
        town.engine.orders.clear()
    console = next(talk for talk in town.talks() if talk.at_the_machine)
    assert (await made(console, "/imagine a fox")).pictures

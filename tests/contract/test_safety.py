"""What the owner's filter flags: each place decides by its own rule, wherever it was made."""

from __future__ import annotations

import pytest

from tests.contract.talk import Chat, Talk, job_of, made
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHHELD = "withheld by the owner's filter"


async def test_a_chat_is_told_of_a_withheld_picture_and_the_machine_is_shown_it(
    talk: Talk, town: Town
) -> None:
    town.engine.flagged = 0.9
    answer = await talk.say("/imagine a fox --seed 4242")
    if talk.at_the_machine:
        await answer.until(lambda: answer.pictures)
        assert "flagged by your filter" in answer.text
    else:
        await answer.until(lambda: WITHHELD in answer.text)
        assert answer.pictures == []
        assert "4242" not in answer.text
        assert "Favorite" not in answer.buttons


async def test_what_the_owner_has_made_is_not_brought_to_a_chat(chat: Chat, town: Town) -> None:
    town.engine.flagged = 0.9
    machine = next(each for each in town.talks() if each.at_the_machine)
    job = job_of(await made(machine, "/imagine a fox --seed 4242"))
    shown = await chat.say(f"/show {job}")
    assert WITHHELD in shown.text
    assert shown.pictures == []
    assert "4242" not in shown.text
    used = await chat.say(f"/favorites {job}.1")
    assert used.pictures == []
    listed = await chat.say("/favorites")
    assert WITHHELD in listed.text
    assert listed.pictures == []
    assert (await made(machine, f"/show {job}")).pictures


async def test_what_one_chat_hides_the_other_hides_its_own_way(own_town: Town) -> None:
    await own_town.reopen({"safety.action": '"spoiler"'})
    own_town.engine.flagged = 0.9
    discord, slack = own_town.chats()
    hidden = await made(discord, "/imagine a fox")
    brought = await slack.say(f"/show {job_of(hidden)}")
    assert brought.pictures == []
    assert "may not be for everybody's eyes" in brought.text
    machine = next(each for each in own_town.talks() if each.at_the_machine)
    assert (await made(machine, f"/show {job_of(hidden)}")).pictures == hidden.pictures

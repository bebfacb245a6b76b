"""What only its asker may see, and what everybody may."""

from __future__ import annotations

import pytest

from tests.contract.people import BOSS
from tests.contract.talk import Chat, Talk, job_of, made, pictured, word_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_private_picture_is_seen_by_its_asker_alone(talk: Talk) -> None:
    answer = await made(talk, "/imagine a fox --private")
    assert answer.private
    assert not talk.sees("bob", answer)


async def test_a_private_job_is_there_for_its_asker_and_admins_only(chat: Chat) -> None:
    word = word_of(chat)
    answer = await made(chat, f"/imagine a fox {word} --private")
    job = job_of(answer)
    for command in (f"/show {job}", f"/reroll {job}", f"/verify {job}", f"/favorites {job}"):
        refused = await chat.say(command, by="bob")
        assert "There is no job or picture" in refused.text
        assert refused.private
    assert word not in (await chat.say(f"/history {word}", by="bob")).text.partition("\n")[2]
    assert "Nothing found" in (await chat.say(f"/history {word}", by="bob")).text
    assert job in (await chat.say(f"/history {word}")).text
    for name in ("ann", BOSS):
        shown = await made(chat, f"/show {job}", by=name)
        assert shown.private
        assert shown.pictures == answer.pictures


async def test_what_comes_of_a_private_job_stays_private(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --private")
    again = await chat.press(first, "Reroll")
    await pictured(again)
    assert again.private
    assert not chat.sees("bob", again)
    check = await chat.say(f"/verify {job_of(first)}")
    await check.until(lambda: "identical" in check.text)
    assert check.private


async def test_what_is_not_private_is_seen_shown_and_rerolled_by_others(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox")
    assert not first.private
    assert chat.sees("bob", first)
    shown = await made(chat, f"/show {job_of(first)}", by="bob")
    assert shown.pictures == first.pictures
    assert chat.sees("ann", shown)
    assert (await made(chat, f"/reroll {job_of(first)}", by="bob")).pictures

"""What was made on one surface is at hand on the others."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.contract.people import BOSS
from tests.contract.talk import (
    PATIENCE,
    Chat,
    job_of,
    made,
    pictured,
    pixels,
    recipe_of,
    record_of,
    told,
    vanished,
    word_of,
)
from tests.contract.town import CHATS, SURFACES, NewChat, NewTalk, Town, name_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


WAYS = pytest.mark.parametrize(
    ("there", "here"),
    list(itertools.permutations(SURFACES, 2)),
    ids=name_of,
)


@WAYS
async def test_a_picture_is_shown_checked_kept_and_rerolled_elsewhere(
    town: Town, there: NewTalk, here: NewTalk
) -> None:
    first, talk = there(town), here(town)
    answer = await made(first, "/imagine a fox++ --seed 5 --steps 9")
    job = job_of(answer)
    shown = await made(talk, f"/show {job}")
    assert shown.pictures == answer.pictures
    assert "a fox++" in shown.text
    await told(talk, f"/verify {job}.1", "identical")
    await talk.say(f"/favorites {job}.1")
    assert len((await talk.say("/favorites")).sheets) == 1
    again = await made(talk, f"/reroll {job} --steps 7")
    assert recipe_of(again.pictures[0]) == recipe_of(answer.pictures[0]).changed(steps=7)
    record = await record_of(talk, again)
    assert (record.parent, record.actor) == (job, talk.actor())
    same = await made(talk, "/imagine a fox++ --seed 5 --steps 9")
    assert pixels(same.pictures[0]) == pixels(answer.pictures[0])


@WAYS
async def test_an_admin_finds_it_by_its_words_elsewhere_and_others_by_its_id_alone(
    town: Town, there: NewTalk, here: NewTalk
) -> None:
    first, talk = there(town), here(town)
    word = word_of(first)
    job = job_of(await made(first, f"/imagine a {word}"))
    assert f"#{job}" in (await talk.say(f"/history {word}", by=BOSS)).text
    assert (f"#{job}" in (await talk.say(f"/history {word}")).text) == talk.at_the_machine
    secret = job_of(await made(first, f"/imagine a secret {word} --private"))
    shown = await talk.say(f"/show {secret}")
    assert ("There is no job" in shown.text) != talk.at_the_machine


@pytest.mark.parametrize("there", SURFACES, ids=name_of)
@pytest.mark.parametrize("here", CHATS, ids=name_of)
async def test_the_buttons_below_a_shown_picture_work_wherever_it_was_made(
    town: Town, there: NewTalk, here: NewChat
) -> None:
    answer = await made(there(town), "/imagine a fox --seed 5")
    chat = here(town)
    shown = await made(chat, f"/show {job_of(answer)}")
    again = await chat.press(shown, "Reroll")
    await pictured(again)
    assert (await record_of(chat, again)).parent == job_of(answer)
    edited = await chat.fill(shown, "Edit", {"prompt": "a wolf"})
    await pictured(edited)
    assert recipe_of(edited.pictures[0]) == recipe_of(answer.pictures[0]).changed(prompt="a wolf")
    refused = await chat.press(shown, "Delete")
    assert "Only the one who asked" in refused.text


@pytest.mark.parametrize("there", CHATS, ids=name_of)
async def test_what_its_asker_deletes_is_gone_from_every_chat(town: Town, there: NewChat) -> None:
    chat = there(town)
    answer = await made(chat, "/imagine a fox")
    shown = [await made(each, f"/show {job_of(answer)}") for each in town.chats()]
    await noted(chat, job_of(answer), 3)
    await chat.press(answer, "Delete")
    for each in (answer, *shown):
        await vanished(each)


async def noted(chat: Chat, job: str, messages: int) -> None:
    """Wait until so many messages are known to show a job: each is seen a moment before."""
    async with asyncio.timeout(PATIENCE):
        while True:
            posts = await chat.app.store.posts.of_job(job)
            if len([post for post in posts if post.kind in ("job", "shown")]) == messages:
                return
            await asyncio.sleep(0.005)

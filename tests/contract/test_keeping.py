"""What the bot keeps for people: favourites and defaults."""

from __future__ import annotations

import asyncio

import pytest

from bot.service.decay import delete_files
from storage.records import utc_now
from tests.contract.people import BOSS
from tests.contract.talk import (
    Chat,
    Talk,
    job_of,
    made,
    pixels,
    recipe_of,
    stored_by,
    told,
    vanished,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_favourites_are_added_listed_and_removed(talk: Talk) -> None:
    empty = await talk.say("/favorites")
    assert empty.text.startswith("You have no favourites yet")
    first = await made(talk, "/imagine a fox -n 2")
    second = f"{job_of(first)}.2"
    added = await talk.say(f"/favorites {second}")
    assert added.text.strip() == f"{second} is among your favourites."
    listed = await talk.say("/favorites")
    assert (len(listed.sheets), listed.private) == (1, True)
    assert f"#{second} a fox" in listed.text
    assert (await talk.say("/favorites", by="bob")).text == empty.text
    removed = await talk.say(f"/favorites {second} --remove")
    assert removed.text.strip() == f"{second} is no longer among your favourites."
    assert (await talk.say("/favorites")).text == empty.text


async def test_a_button_keeps_a_picture_for_whoever_presses_it(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox")
    added = await chat.press(first, "Favorite", by="bob")
    assert added.text.strip() == f"{job_of(first)}.1 is among your favourites."
    assert added.private
    listed = await chat.say("/favorites", by="bob")
    assert (await chat.press(listed, f"#{job_of(first)}.1", by="bob")).pictures == first.pictures
    assert (await chat.say("/favorites")).text.startswith("You have no favourites yet")


async def test_settings_are_the_defaults_of_whoever_set_them_until_they_are_reset(
    talk: Talk,
) -> None:
    assert (await talk.say("/settings")).text.startswith("You have no defaults of your own")
    answer = await talk.say("/settings --steps 9 --size 64x96 --lora inkstyle:0.5 --no cars")
    assert answer.private
    assert answer.text.strip().split("\n") == [
        "Your defaults:", "no cars", "size 64x96", "steps 9", "lora inkstyle:0.5",
    ]  # fmt: skip
    recipe = recipe_of((await made(talk, "/imagine a fox --steps 7")).pictures[0])
    assert (recipe.steps, recipe.width, recipe.height) == (7, 64, 96)
    assert (recipe.negative, recipe.loras[0].name) == ("cars", "inkstyle")
    assert recipe_of((await made(talk, "/imagine a fox", by="bob")).pictures[0]).steps == 20
    answer = await talk.say("/settings --reset lora")
    assert "inkstyle" not in answer.text
    assert "steps 9" in answer.text
    answer = await talk.say("/settings --reset all")
    assert answer.text.startswith("You have no defaults of your own")
    assert recipe_of((await made(talk, "/imagine a fox")).pictures[0]).steps == 20


async def test_defaults_of_a_channel_are_set_by_admins_and_hold_for_all(chat: Chat) -> None:
    refused = await chat.say("/settings --steps 9 --channel")
    assert "Only an admin" in refused.text
    try:
        answer = await chat.say("/settings --steps 9 --channel", by=BOSS)
        assert answer.text.strip() == "Defaults of this channel:\nsteps 9"
        assert recipe_of((await made(chat, "/imagine a fox")).pictures[0]).steps == 9
        await chat.say("/settings --steps 7")
        assert recipe_of((await made(chat, "/imagine a fox")).pictures[0]).steps == 7
    finally:
        await chat.say("/settings --reset all --channel", by=BOSS)
    assert recipe_of((await made(chat, "/imagine a fox", by="bob")).pictures[0]).steps == 20


async def test_who_is_forgotten_finds_nothing_of_theirs(talk: Talk) -> None:
    job = job_of(await made(talk, "/imagine a fox"))
    await talk.say(f"/favorites {job}.1")
    answer = await talk.say("/forget")
    await answer.until(lambda: "All that I knew of you is gone: " in answer.text)
    assert answer.private
    assert "There is no job or picture" in (await talk.say(f"/show {job}")).text
    assert (await talk.say("/favorites")).text.startswith("You have no favourites yet")
    assert await stored_by(talk) == []


async def test_messages_of_who_is_forgotten_go_and_those_of_others_stay(chat: Chat) -> None:
    mine = await made(chat, "/imagine a fox")
    theirs = await made(chat, f"/reroll {job_of(mine)}", by="bob")
    await chat.say("/forget")
    await vanished(mine)
    assert not theirs.gone
    assert (await made(chat, f"/show {job_of(theirs)}")).pictures == theirs.pictures


async def test_a_picture_whose_time_is_over_can_be_made_again(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 7")
    job, before = job_of(first), pixels(first.pictures[0])
    desk = talk.app.service.desk
    async with asyncio.timeout(60):
        # What arrived is noted only then.
        while await desk.store.jobs.is_owed(job):  # noqa: ASYNC110 - a store tells nobody
            await asyncio.sleep(0.01)
    old = await desk.store.pictures.expire(utc_now(), 10_000)
    await delete_files(desk.store, desk.files, old)
    shown = await told(talk, f"/show {job}", "was deleted after its time")
    assert shown.pictures == []
    stored = await desk.store.jobs.get(job)
    assert stored is not None
    for command in (f"/history --before {stored.number + 1} --limit 1", "/favorites", "/queue"):
        assert (await talk.say(command)).sheets == []
    again = await made(talk, f"/reroll {job}.1 --seed 7")
    assert pixels(again.pictures[0]) == before

"""The same again, or with changes."""

from __future__ import annotations

import pytest

from tests.contract.talk import Chat, Talk, job_of, made, pictured, recipe_of, record_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_without_changes_only_the_seed_is_new(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5 --steps 9 --no cars")
    again = await made(talk, f"/reroll {job_of(first)}")
    before, after = recipe_of(first.pictures[0]), recipe_of(again.pictures[0])
    assert after.seed != before.seed
    assert after.changed(seed=5) == before
    assert (await record_of(talk, again)).parent == job_of(first)
    assert f"from #{job_of(first)}" in again.text


async def test_with_changes_all_else_stays_the_seed_too(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5 --steps 9 -n 2")
    again = await made(talk, f"/reroll #{job_of(first)}.2 --steps 7 --sampler heun --no cars")
    before, after = recipe_of(first.pictures[1]), recipe_of(again.pictures[0])
    assert after == before.changed(steps=7, sampler="heun", negative="cars")
    assert after.seed == 6
    assert (await record_of(talk, again)).parent == f"{job_of(first)}.2"
    assert len(again.pictures) == 1


async def test_a_change_of_the_prompt_follows_the_id(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5")
    again = await made(talk, f"/reroll {job_of(first)} a wolf")
    assert recipe_of(again.pictures[0]) == recipe_of(first.pictures[0]).changed(prompt="a wolf")


async def test_a_new_seed_can_be_asked_for_beside_changes(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5")
    again = await made(talk, f"/reroll {job_of(first)} --seed random --steps 7")
    recipe = recipe_of(again.pictures[0])
    assert recipe.seed != 5
    assert recipe.steps == 7


async def test_without_an_id_the_askers_last_job_here_is_meant(talk: Talk) -> None:
    mine = await made(talk, "/imagine a fox")
    await made(talk, "/imagine a wolf", by="bob")
    again = await made(talk, "/reroll")
    assert (await record_of(talk, again)).parent == job_of(mine)


async def test_the_button_does_what_the_command_does(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --seed 5")
    again = await chat.press(first, "Reroll", by="bob")
    await pictured(again)
    job = await record_of(chat, again)
    assert (job.parent, job.actor) == (job_of(first), chat.actor("bob"))
    assert job.recipe.changed(seed=5) == recipe_of(first.pictures[0])


async def test_the_form_of_a_picture_changes_what_is_changed_in_it(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --seed 5 --steps 9 --lora inkstyle:0.5")
    changes = {"prompt": "a *red* fox", "negative": "cars"}
    more = {"seed": "6", "settings": "--steps 7 --lora inkstyle:0.5"}
    again = await chat.fill(first, "Edit", {**changes, **more})
    await pictured(again)
    expected = recipe_of(first.pictures[0]).changed(**changes, seed=6, steps=7)
    assert recipe_of(again.pictures[0]) == expected

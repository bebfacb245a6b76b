"""One recipe in many pictures: on a sheet over one or two axes, or by choices in a prompt."""

from __future__ import annotations

import pytest

from tests.contract.talk import (
    Answer,
    Chat,
    Talk,
    job_of,
    made,
    pictured,
    pixels,
    recipe_of,
    record_of,
    stored_by,
    told,
)
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def compared(talk: Talk, command: str) -> Answer:
    """Give a command, and wait for its sheet."""
    answer = await talk.say(command)
    return await answer.until(lambda: answer.sheets)


async def test_one_recipe_over_one_axis_is_a_sheet(talk: Talk) -> None:
    answer = await compared(talk, "/compare a fox --seed 7 --size 64x64 --axis steps=3,5,7")
    record = await record_of(talk, answer)
    assert [recipe.steps for recipe in record.recipes] == [3, 5, 7]
    assert {recipe.seed for recipe in record.recipes} == {7}
    assert (len(answer.sheets), record.command) == (1, "compare")
    assert len(answer.pictures) == (3 if talk.at_the_machine else 0), "paths are for the machine"
    assert "a fox" in answer.text
    same = await made(talk, "/imagine a fox --seed 7 --size 64x64 --steps 5")
    shown = await made(talk, f"/show {record.id}.2")
    assert pixels(shown.pictures[0]) == pixels(same.pictures[0])


async def test_two_axes_and_a_picture_to_start_from(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 7 --size 64x64")
    answer = await compared(
        talk, f"/compare {job_of(first)}.1 --axis lora=none,wrong --axis guidance=5..7/2"
    )
    record = await record_of(talk, answer)
    assert record.parent == f"{job_of(first)}.1"
    found = [([lora.name for lora in each.loras], each.guidance) for each in record.recipes]
    assert found == [([], 5.0), (["wrong"], 5.0), ([], 7.0), (["wrong"], 7.0)]
    await told(talk, f"/verify {record.id}", "pixel for pixel")
    again = await compared(talk, f"/reroll {record.id} --steps 3")
    assert {recipe.steps for recipe in (await record_of(talk, again)).recipes} == {3}


async def test_one_of_a_sheet_is_taken_by_its_button(chat: Chat) -> None:
    answer = await compared(chat, "/compare a fox --seed 7 --size 64x64 --axis steps=3,5")
    takes = [label for label in answer.buttons if label.startswith("Take")]
    assert takes == ["Take 1", "Take 2"]
    assert "Upscale 1" not in answer.buttons
    taken = await pictured(await chat.press(answer, "Take 2", by="bob"))
    assert recipe_of(taken.pictures[0]).steps == 5
    assert not taken.private
    assert taken.sheets == []
    large = await pictured(await chat.press(taken, "Upscale 2"))
    assert (await record_of(chat, large)).parent == f"{job_of(answer)}.2"
    again = await pictured(await chat.press(taken, "Reroll"))
    assert recipe_of(again.pictures[0]).steps == 5
    edited = await pictured(await chat.fill(taken, "Edit", {"prompt": "a wolf"}))
    assert recipe_of(edited.pictures[0]) == recipe_of(taken.pictures[0]).changed(prompt="a wolf")
    kept = await chat.press(taken, "Favorite")
    assert f"{job_of(answer)}.2 is among your favourites." in kept.text


async def test_twenty_of_a_sheet_can_be_taken_after_a_restart(own_town: Town) -> None:
    limits = {"limits.compare_pictures": "20"}
    await own_town.reopen(limits)
    chats = own_town.chats()
    command = "/compare a fox --size 64x64 --axis seed=1..5/5 --axis steps=1,2,3,4"
    sheets = [await compared(chat, command) for chat in chats]
    await own_town.reopen(limits)
    for chat, answer in zip(chats, sheets, strict=True):
        takes = [label for label in answer.buttons if label.startswith("Take")]
        assert takes == [f"Take {number}" for number in range(1, 21)]
        taken = await pictured(await chat.press(answer, "Take 20"))
        assert (recipe_of(taken.pictures[0]).seed, recipe_of(taken.pictures[0]).steps) == (5, 4)


async def test_a_private_comparison_is_for_its_asker_alone(chat: Chat) -> None:
    answer = await compared(chat, "/compare a fox --size 64x64 --axis steps=3,5 --private")
    assert answer.private
    taken = await pictured(await chat.press(answer, "Take 1"))
    assert taken.private
    refused = await chat.say(f"/compare #{job_of(answer)} --axis steps=1,2", by="bob")
    assert "There is no job" in refused.text


async def test_a_prompt_with_choices_makes_a_picture_of_each(talk: Talk) -> None:
    answer = await made(talk, "/imagine a {red|green} fox --seed 7 --size 64x64")
    assert [recipe_of(each).prompt for each in answer.pictures] == ["a red fox", "a green fox"]
    assert {recipe_of(each).seed for each in answer.pictures} == {7}
    assert answer.text.split("\n")[0] == "a {red|green} fox"
    record = await record_of(talk, answer)
    assert record.count == 2
    again = await made(talk, f"/reroll {record.id} --steps 3")
    assert [recipe_of(each).prompt for each in again.pictures] == ["a red fox", "a green fox"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/compare a fox", "--axis guidance=5,7.5,13"),
        ("/compare a fox --axis", "--axis needs a value"),
        ("/compare a fox --axis guidance", "guidance=5,7.5,13"),
        ("/compare a fox --axis guidance=5,x", "guidance"),
        ("/compare a fox --axis guidance=5,99", "0 … 30"),
        ("/compare a fox --axis colour=red,blue", "colour"),
        ("/compare a fox --axis lora=none,wrnog", "wrong"),
        ("/compare a fox --axis steps=1..9/9 --axis seed=1..9/9", "9 x 9 = 81"),
        ("/compare a fox --axis steps=1,2 --axis seed=1,2 --axis cfg=1,2", "two axes at most"),
        ("/compare a {red|green|blue} fox --axis steps=1,2 --axis seed=1,2", "two axes at most"),
        ("/compare zzzzzz.1 --axis steps=1,2", "no job or picture zzzzzz.1"),
        ("/imagine a {red|green|blue} fox --count 4", "3 x 4 = 12"),
        ("/imagine a {red|green fox", "{"),
    ],
)
async def test_what_cannot_be_compared_is_said_in_a_sentence(
    talk: Talk, town: Town, command: str, words: str
) -> None:
    refused = await talk.say(command)
    assert words in refused.text
    assert "\n" not in refused.text.strip()
    assert (refused.private, refused.buttons) == (True, [])
    assert await stored_by(talk) == []
    assert town.engine.orders == []

"""Pictures that are near another one, by a command and by a button."""

from __future__ import annotations

import pytest

from tests.contract.talk import Chat, Talk, job_of, made, pictured, recipe_of, record_of, stored_by

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_picture_is_varied_by_its_noise_or_by_its_pixels(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5 --size 64x64 -n 2")
    near = await made(talk, f"/vary {job_of(first)}.2 --seed 9")
    recipes = [recipe_of(each) for each in near.pictures]
    assert len(recipes) == 4
    assert {recipe.seed for recipe in recipes} == {6}
    assert [recipe.variations[-1].seed for recipe in recipes] == [9, 10, 11, 12]
    assert (await record_of(talk, near)).parent == f"{job_of(first)}.2"
    strong = await made(talk, f"/vary {job_of(first)}.2 --strength strong --by image -n 1")
    recipe = recipe_of(strong.pictures[0])
    assert recipe.image is not None
    assert recipe.variations == ()
    subtle = await made(talk, f"/vary {job_of(first)}.2 --by image -n 1")
    weaker = recipe_of(subtle.pictures[0]).image
    assert weaker is not None
    assert weaker.strength < recipe.image.strength


async def test_what_is_otherwise_is_said_in_words(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5 --size 64x64")
    near = await made(talk, f"/vary {job_of(first)} --seed 9 -n 1")
    assert f"#{job_of(first)}.1" in near.text
    assert "varied" in near.text


async def test_each_picture_has_a_button_that_varies_it(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --seed 5 --size 64x64 -n 2")
    near = await pictured(await chat.press(first, "Vary 2", by="bob"))
    record = await record_of(chat, near)
    assert (record.parent, record.actor) == (f"{job_of(first)}.2", chat.actor("bob"))
    nearer = await pictured(await chat.press(near, "Vary 1"))
    assert len(recipe_of(nearer.pictures[0]).variations) == 2


async def test_a_private_picture_is_varied_in_private(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --size 64x64 --private")
    assert (await pictured(await chat.press(first, "Vary 1"))).private
    refused = await chat.say(f"/vary {job_of(first)}", by="bob")
    assert "There is no job or picture" in refused.text


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--strength 0.5", "subtle"),
        ("--by words", "noise"),
        ("--count 5", "1 … 4"),
        ("--seed -1", "4294967295"),
        ("--steps 9", "--steps"),
    ],
)
async def test_what_cannot_be_varied_so_is_said_in_a_sentence(
    talk: Talk, flags: str, words: str
) -> None:
    first = await made(talk, "/imagine a fox --size 64x64")
    refused = await talk.say(f"/vary {job_of(first)}.1 {flags}")
    assert words in refused.text
    assert "\n" not in refused.text.strip()
    assert refused.private
    assert len(await stored_by(talk)) == 1

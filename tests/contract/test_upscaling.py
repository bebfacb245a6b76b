"""Pictures made larger, by a command and by a button."""

from __future__ import annotations

import pytest

from generation.recipe import Upscale
from tests.contract.talk import Chat, Talk, job_of, made, pictured, recipe_of, record_of, stored_by
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_picture_is_enlarged_and_says_of_which_it_is_one(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5 --size 64x96 -n 2")
    large = await made(talk, f"/upscale {job_of(first)}.2 --scale 4")
    recipe = recipe_of(large.pictures[0])
    assert (recipe.width, recipe.height, recipe.seed) == (256, 384, 6)
    assert recipe.upscale == Upscale(4)
    record = await record_of(talk, large)
    assert (record.parent, record.command) == (f"{job_of(first)}.2", "upscale")
    assert f"{job_of(first)}.2" in large.text
    again = await made(talk, "/upscale --method plain")
    second = recipe_of(again.pictures[0])
    assert second.upscale == Upscale(2, "plain"), "without an id, of the last picture"
    assert (second.width, second.height) == (512, 768)


async def test_each_picture_has_a_button_that_enlarges_it(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --seed 5 --size 64x64 -n 2")
    assert [label for label in first.buttons if "Upscale" in label] == ["Upscale 1", "Upscale 2"]
    large = await pictured(await chat.press(first, "Upscale 2", by="bob"))
    record = await record_of(chat, large)
    assert (record.parent, record.actor) == (f"{job_of(first)}.2", chat.actor("bob"))
    assert recipe_of(large.pictures[0]).upscale == Upscale(2)
    larger = await pictured(await chat.press(large, "Upscale 1"))
    assert recipe_of(larger.pictures[0]).width == 256


async def test_a_private_picture_is_enlarged_in_private(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --size 64x64 --private")
    large = await pictured(await chat.press(first, "Upscale 1"))
    assert large.private
    assert (
        "There is no job or picture" in (await chat.say(f"/upscale {job_of(first)}", by="bob")).text
    )


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--scale 3", "scale"),
        ("--scale 8", "scale"),
        ("--method sharp", "redraw"),
        ("--method plain --strength 0.2", "strength"),
        ("--method model", "upscaler"),
    ],
)
async def test_what_cannot_be_enlarged_so_is_said_in_a_sentence(
    talk: Talk, flags: str, words: str
) -> None:
    first = await made(talk, "/imagine a fox --size 64x64")
    refused = await talk.say(f"/upscale {job_of(first)}.1 {flags}")
    assert words in refused.text
    assert "\n" not in refused.text.strip()
    assert refused.private
    assert len(await stored_by(talk)) == 1


async def test_a_picture_is_enlarged_within_what_the_owner_allows(own_town: Town) -> None:
    await own_town.reopen({"limits.upscale_megapixels": "0.02"})
    for talk in own_town.talks():
        first = await made(talk, "/imagine a fox --size 64x64")
        refused = await talk.say(f"/upscale {job_of(first)} --scale 4")
        assert "0.02 megapixels" in refused.text
        assert refused.text.strip().endswith("the largest scale possible here is 2.")
        assert (await made(talk, f"/upscale {job_of(first)}")).pictures

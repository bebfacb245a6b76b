"""Buttons below messages: as many as a message holds, in rows that belong together."""

from __future__ import annotations

import pytest

from tests.contract.talk import job_of, made, pictured, record_of
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_nine_pictures_have_all_their_buttons_and_the_last_one_works(own_town: Town) -> None:
    await own_town.reopen({"limits.pictures_per_job": "9"})
    for chat in own_town.chats():
        nine = await made(chat, "/imagine a fox --size 64x64 -n 9")
        each = [f"{action} {n}" for action in ("Vary", "Upscale") for n in range(1, 10)]
        assert nine.buttons == ["Reroll", "Edit", "Recipe", "Favorite", "Delete", *each]
        assert len(nine.pictures) == 9
        large = await pictured(await chat.press(nine, "Upscale 9"))
        assert (await record_of(chat, large)).parent == f"{job_of(nine)}.9"


@pytest.mark.parametrize("label", ["Vary 1", "Upscale 1"])
async def test_what_is_made_of_a_picture_after_a_restart_comes_from_it(
    own_town: Town, label: str
) -> None:
    chats = own_town.chats()
    before = [await made(chat, "/imagine a fox --size 64x64") for chat in chats]
    await own_town.reopen()
    for chat, answer in zip(chats, before, strict=True):
        come = await pictured(await chat.press(answer, label))
        assert (await record_of(chat, come)).parent == f"{job_of(answer)}.1"

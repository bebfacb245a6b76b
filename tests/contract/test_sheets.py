"""Many pictures at once: lists as sheets with pages, and where a picture came from, drawn."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from tests.contract.talk import Answer, Chat, Talk, job_of, made, word_of
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


def listed(page: Answer) -> list[str]:
    """Return the jobs that a list names, in its order."""
    return re.findall(r"^#(\w{6})", page.text, re.MULTILINE)


def size(sheet: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(sheet)) as image:
        image.load()
        return image.size


async def three(talk: Talk) -> list[str]:
    """Make three pictures of a word of one's own, and return their jobs, the newest first."""
    answers = [await made(talk, f"/imagine a {word_of(talk)} --seed {seed}") for seed in range(3)]
    return [job_of(answer) for answer in reversed(answers)]


async def test_a_list_comes_as_a_sheet_for_its_asker_alone(talk: Talk) -> None:
    jobs = await three(talk)
    for job in jobs[1:]:
        await talk.say(f"/favorites {job}")
    history = await talk.say(f"/history {word_of(talk)}")
    favorites = await talk.say("/favorites")
    for page, there in ((history, jobs), (favorites, list(reversed(jobs[1:])))):
        assert listed(page) == there
        assert len(page.sheets) == 1
        assert (page.pictures, page.private) == ([], True)
        assert min(size(page.sheets[0])) > 200
    assert size(history.sheets[0]) != size(favorites.sheets[0])


async def test_pages_are_turned_in_their_place_and_back(chat: Chat) -> None:
    jobs = await three(chat)
    for job in reversed(jobs):
        await chat.say(f"/favorites {job}")
    for command in (f"/history {word_of(chat)} --limit 2", "/favorites --limit 2"):
        page = await chat.say(command)
        first = listed(page), page.sheets
        assert first[0] == jobs[:2]
        assert "Older" in page.buttons
        assert "Newer" not in page.buttons
        await chat.turn(page, "Older")
        assert listed(page) == jobs[2:]
        assert len(page.sheets) == 1
        assert page.sheets != first[1]
        assert "Older" not in page.buttons
        await chat.turn(page, "Newer")
        assert (listed(page), page.sheets) == first


async def test_a_page_turns_after_a_restart(own_town: Town) -> None:
    chats = own_town.chats()
    there = [await three(chat) for chat in chats]
    pages = [await chat.say(f"/history {word_of(chat)} --limit 2") for chat in chats]
    await own_town.reopen()
    for chat, jobs, page in zip(chats, there, pages, strict=True):
        await chat.turn(page, "Older")
        assert listed(page) == jobs[2:]


async def test_each_picture_of_a_page_can_be_looked_at(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --private")
    page = await chat.say("/history --mine")
    shown = await chat.press(page, f"#{job_of(first)}")
    await shown.until(lambda: shown.pictures)
    assert shown.pictures == first.pictures
    assert shown.private
    assert listed(page) == [job_of(first)], "the page stays where it is"


async def test_the_family_of_a_picture_is_drawn_where_it_is_shown(talk: Talk) -> None:
    first = job_of(await made(talk, "/imagine a fox --seed 7"))
    alone = await made(talk, f"/show {first}")
    assert alone.sheets == []
    second = job_of(await made(talk, f"/reroll {first}.1 --steps 9"))
    for each in (first, second):
        shown = await made(talk, f"/show {each}.1")
        assert len(shown.sheets) == 1
        assert min(size(shown.sheets[0])) > 100


async def test_a_deleted_picture_is_on_no_sheet_any_more(chat: Chat) -> None:
    keep, gone = [await made(chat, f"/imagine a {word_of(chat)} --seed {n}") for n in range(2)]
    before = await chat.say(f"/history {word_of(chat)}")
    assert listed(before) == [job_of(gone), job_of(keep)]
    sheets = chat.app.service.desk.files.sheets.folder
    mine = [path for path in sheets.glob("*.jpg") if path.read_bytes() in before.sheets]
    assert len(mine) == 1
    await chat.press(gone, "Delete")
    assert not mine[0].exists()
    after = await chat.say(f"/history {word_of(chat)}")
    assert listed(after) == [job_of(keep)]
    assert after.sheets

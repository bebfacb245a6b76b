from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from bot.invocation import Click
from bot.reply import Button, Reply
from bot.service.answers.browsing import PAGE, Leaf, read_target
from generation.errors import BadValue
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk

ANN, BOB = "console:ann", "console:bob"


def button(reply: Reply, label: str) -> Button:
    return next(each for each in reply.buttons if each.label == label)


def listed(reply: Reply) -> list[str]:
    return [str(entry.get("job") or entry.get("id")) for entry in reply.data]


async def press(
    talk: Talk, reply: Reply, label: str, *, actor: str = ANN, channel: str = "a"
) -> Reply:
    pressed = button(reply, label)
    return await talk.app.service.click(
        Click(pressed.action, pressed.target, actor, ReplyTo("console", channel))
    )


async def made(talk: Talk, count: int) -> list[str]:
    """Make jobs, and return their ids, the newest first."""
    jobs = [(await talk.say("imagine", prompt=f"a fox --seed {n}")).job for n in range(count)]
    return [str(job) for job in reversed(jobs)]


async def test_the_history_comes_as_a_sheet_with_the_first_picture_of_each_job(talk: Talk) -> None:
    first = (await talk.say("imagine", prompt="a star --size 256x128 -n 3")).job
    second = (await talk.say("imagine", prompt="a heart --size 256x128")).job
    history = await talk.say("history")
    [sheet] = history.pictures
    assert (sheet.title, sheet.jobs) == ("History", (second, first))
    with Image.open(sheet.path) as image:
        assert image.size == (sheet.width, sheet.height)
        assert image.height > image.width, "two that are twice as wide stand upon each other"
    assert [each.label for each in history.buttons] == [f"#{second}", f"#{first}"]
    assert history.text.startswith(f"#{second} a heart")


async def test_a_job_without_a_picture_is_listed_beside_the_sheet_of_others(talk: Talk) -> None:
    await talk.say("imagine", prompt="a star")
    talk.engine.hold.clear()
    waiting = (await talk.answer("imagine", prompt="a heart")).job
    history = await talk.say("history")
    assert len(history.pictures[0].jobs) == 1
    assert listed(history)[0] == waiting
    talk.engine.hold.set()


async def test_nothing_but_waiting_jobs_make_no_sheet(talk: Talk) -> None:
    talk.engine.hold.clear()
    await talk.answer("imagine", prompt="a heart")
    history = await talk.say("history")
    assert history.pictures == ()
    assert "a heart" in history.text
    talk.engine.hold.set()


async def test_pages_turn_both_ways_with_all_that_was_asked_of_the_list(talk: Talk) -> None:
    await talk.say("imagine", actor=BOB, prompt="a fox")
    jobs = await made(talk, 5)
    await talk.say("imagine", prompt="a star")
    page = await talk.say("history", words="fox --mine --limit 2")
    assert [each.label for each in page.buttons][2:] == ["Older"]
    second = await press(talk, page, "Older")
    assert [each.label for each in second.buttons][2:] == ["Newer", "Older"]
    third = await press(talk, second, "Older")
    assert [listed(each) for each in (page, second, third)] == [jobs[:2], jobs[2:4], jobs[4:]]
    assert [each.label for each in third.buttons] == [f"#{jobs[4]}", "Newer"]
    assert third.private
    back = await press(talk, third, "Newer")
    assert listed(back) == jobs[2:4]
    assert listed(await press(talk, back, "Newer")) == jobs[:2]


async def test_the_first_page_has_as_many_as_a_sheet_shows_well(talk: Talk) -> None:
    jobs = await made(talk, PAGE + 1)
    history = await talk.say("history")
    assert listed(history) == jobs[:PAGE]
    assert listed(await press(talk, history, "Older")) == jobs[PAGE:]


async def test_the_page_of_somebody_else_is_theirs_wherever_the_button_came_from(
    talk: Talk,
) -> None:
    await talk.say("imagine", prompt="a secret --private")
    jobs = await made(talk, 2)
    page = await talk.say("history", words="--limit 1")
    assert listed(await press(talk, page, "Older", actor=BOB)) == jobs[1:]
    elsewhere = await press(talk, page, "Older", actor=BOB, channel="b")
    assert elsewhere.data == ()
    assert elsewhere.pictures == ()


async def test_favourites_come_as_a_sheet_and_turn_pages(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star -n 4")).job
    for index in (2, 1, 4):
        await talk.say("favorites", id=f"{job}.{index}")
    page = await talk.say("favorites", id="--limit 2")
    assert listed(page) == [f"{job}.4", f"{job}.1"]
    assert page.pictures[0].title == "Favourites"
    assert [each.label for each in page.buttons] == [f"#{job}.4", f"#{job}.1", "Older"]
    older = await press(talk, page, "Older")
    assert listed(older) == [f"{job}.2"]
    assert listed(await press(talk, older, "Newer")) == listed(page)
    assert (await press(talk, page, "Older", actor=BOB)).text.startswith("You have no favourites")


async def test_a_button_beside_the_sheet_shows_its_picture_to_who_pressed(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star -n 2 --private")).job
    await talk.say("favorites", id=f"{job}.2")
    shown = await press(talk, await talk.say("favorites"), f"#{job}.2")
    assert [each.id for each in shown.pictures if not each.title] == [f"{job}.2"]
    theirs = await press(talk, await talk.say("favorites"), f"#{job}.2", actor=BOB)
    assert theirs.problem is not None


async def test_a_page_that_is_empty_by_now_is_the_first(talk: Talk) -> None:
    jobs = await made(talk, 2)
    page = await talk.say("history", words="--limit 1")
    await talk.app.service.click(Click("delete", jobs[1], ANN, ReplyTo("console", "a")))
    assert listed(await press(talk, page, "Older")) == jobs[:1]


async def test_a_long_page_has_lines_alone(talk: Talk) -> None:
    await made(talk, 21)
    history = await talk.say("history", words="--limit 30")
    assert len(history.lines) == 22
    assert history.text.splitlines()[-1] == "A sheet shows up to 20; --limit 20 gives one."
    assert history.pictures == ()


WORDS = Leaf("history", "красный 火 fox", mine=True, limit=50, cursor=10**17)


def test_a_button_leads_back_to_the_words_that_were_looked_for() -> None:
    leaf = replace(WORDS, words="rød fox")
    assert read_target(leaf.target, newer=False) == leaf
    assert read_target(leaf.target, newer=True) == replace(leaf, cursor=None, newer=10**17)


def test_words_that_a_button_has_no_room_for_have_none() -> None:
    assert WORDS.target == ""


@pytest.mark.parametrize(
    "target",
    ["", "k7f3q2", "history.5", "history.5.0.all", "history.5.51.all", "history.5.9.all.a",
     "history.5.9.all.77777777", "favorites.9999999999999999999.9.all"],
)  # fmt: skip
def test_a_button_that_nobody_made_is_refused(target: str) -> None:
    with pytest.raises(BadValue):
        read_target(target, newer=False)

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from bot.invocation import Click, Invocation
from bot.reply import PictureView, Reply
from bot.service.showing.families import CHILDREN, briefly
from generation.recipe import InputImage, LoraUse, Recipe, Upscale, Variation
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk

ANN, BOB = "console:ann", "console:bob"


def drawing(reply: Reply) -> PictureView | None:
    return next((each for each in reply.pictures if each.title), None)


def jobs_on(reply: Reply) -> list[str]:
    found = drawing(reply)
    return [] if found is None else sorted(found.jobs)


async def made(talk: Talk, command: str, *, actor: str = ANN, **options: str) -> str:
    return str((await talk.say(command, actor=actor, **options)).job)


async def delete(talk: Talk, job: str) -> None:
    await talk.app.service.click(Click("delete", job, ANN, ReplyTo("console", "a")))


async def test_what_has_no_relatives_has_no_tree(talk: Talk) -> None:
    job = await made(talk, "imagine", prompt="a star")
    shown = await talk.say("show", id=job)
    assert (drawing(shown), "came from it" in shown.text) == (None, False)


async def test_a_tree_has_what_a_picture_came_from_and_what_came_from_it(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star -n 3 --seed 5")
    second = await made(talk, "reroll", id=f"{first}.2 --steps 9")
    third = await made(talk, "reroll", id=f"{second}.1 --guidance 3")
    shown = await talk.say("show", id=second)
    assert jobs_on(shown) == sorted((first, second, third))
    assert f"1 job came from it: #{third}" in shown.text
    assert shown.pictures[0].id == f"{second}.1", "it comes first"
    assert jobs_on(await talk.say("show", id=third)) == sorted((first, second, third))
    below = await talk.say("show", id=f"{first}.2")
    assert jobs_on(below) == sorted((first, second, third)), "and what came from that"
    assert drawing(await talk.say("show", id=f"{first}.1")) is None, "it came from another picture"


async def test_what_came_from_a_job_as_a_whole_came_from_each_of_its_pictures(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star -n 2")
    second = await made(talk, "reroll", id=first)
    for identifier in (first, f"{first}.1", f"{first}.2"):
        assert jobs_on(await talk.say("show", id=identifier)) == sorted((first, second))


async def test_more_than_there_is_room_for_are_counted(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star")
    children = [await made(talk, "reroll", id=first) for _ in range(CHILDREN + 2)]
    shown = await talk.say("show", id=first)
    newest = list(reversed(children))[:CHILDREN]
    assert jobs_on(shown) == sorted((first, *newest))
    assert f"{CHILDREN + 2} jobs came from it: #{newest[0]}, " in shown.text
    assert shown.text.endswith(f"#{newest[-1]} and 2 more")


async def test_of_a_long_line_the_last_are_drawn(talk: Talk) -> None:
    line = [await made(talk, "imagine", prompt="a star")]
    for _ in range(5):
        line.append(await made(talk, "reroll", id=line[-1]))
    assert jobs_on(await talk.say("show", id=line[-1])) == sorted(line[2:])
    assert jobs_on(await talk.say("show", id=line[-2])) == sorted(line)


async def shown_in_chat(talk: Talk, job: str, actor: str = ANN) -> Reply:
    """Ask for a job in a channel that all of them are taken to be from."""
    place = ReplyTo("discord", "7")
    return await talk.app.service.answer(Invocation("show", {"id": job}, actor, place))


def move(talk: Talk, *jobs: str) -> None:
    """Make jobs such as were asked for in a channel."""
    with closing(sqlite3.connect(talk.app.store.path)) as connection, connection:
        moved = [("discord:7", job) for job in jobs]
        connection.executemany("UPDATE jobs SET place = ? WHERE id = ?", moved)


async def test_private_relatives_are_on_no_tree_that_everybody_sees(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star")
    secret = await made(talk, "reroll", id=f"{first} --private")
    after = await made(talk, "reroll", id=secret)
    open_ = await made(talk, "reroll", id=first)
    move(talk, first, secret, after, open_)
    for actor in (ANN, BOB, "console:admin"):
        shown = await shown_in_chat(talk, first, actor)
        assert not shown.private
        assert jobs_on(shown) == sorted((first, open_))
        assert "1 job came from it" in shown.text
    shown = await shown_in_chat(talk, secret)
    assert (shown.private, jobs_on(shown)) == (True, sorted((first, secret, after)))
    everything = await talk.say("show", id=first, actor="console:admin")
    assert secret in jobs_on(everything), "at the machine itself nothing is hidden from its owner"


async def test_what_was_asked_for_elsewhere_is_on_no_tree_that_everybody_sees(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star")
    elsewhere = await made(talk, "reroll", id=first)
    here = await made(talk, "reroll", id=first)
    move(talk, first, here)
    assert jobs_on(await shown_in_chat(talk, first)) == sorted((first, here))
    assert jobs_on(await talk.say("show", id=first, actor="console:admin")) == sorted(
        (first, here, elsewhere)
    )


async def test_a_line_goes_no_further_than_where_something_was_deleted(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star")
    gone = await made(talk, "reroll", id=first)
    third = await made(talk, "reroll", id=gone)
    fourth = await made(talk, "reroll", id=third)
    await delete(talk, gone)
    assert jobs_on(await talk.say("show", id=fourth)) == sorted((third, fourth))
    await delete(talk, fourth)
    assert drawing(await talk.say("show", id=third)) is None


async def test_a_check_and_what_failed_are_no_relatives(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star")
    await talk.say("verify", id=first)
    shown = await talk.say("show", id=first)
    assert (drawing(shown), "came from it" in shown.text) == (None, False)


async def test_a_tree_is_found_again_and_drawn_anew_once_something_comes(talk: Talk) -> None:
    first = await made(talk, "imagine", prompt="a star")
    await made(talk, "reroll", id=first)
    once, again = [drawing(await talk.say("show", id=first)) for _ in range(2)]
    assert once == again
    await made(talk, "reroll", id=first)
    assert drawing(await talk.say("show", id=first)) != once


RECIPE = Recipe(
    prompt="a red fox",
    negative="",
    seed=5,
    width=128,
    height=128,
    steps=20,
    guidance=7.5,
    sampler="euler",
    model="mini",
)
PICTURE = InputImage("a" * 64, 0.5)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (RECIPE.changed(seed=6), "another seed"),
        (RECIPE.changed(seed=6, guidance=9.0), "guidance 7.5 → 9"),
        (RECIPE.changed(upscale=Upscale(2), image=PICTURE), "enlarged ×2"),
        (RECIPE.changed(variations=(Variation(7, 0.2),)), "varied by 0.2"),
        (RECIPE.changed(image=PICTURE), "redrawn, strength 0.5"),
        (RECIPE.changed(loras=(LoraUse("ink"),), steps=9, guidance=9.0),
         "steps 20 → 9, guidance 7.5 → 9, …"),
        (RECIPE, ""),
    ],
)  # fmt: skip
def test_a_change_is_told_in_a_few_words(now: Recipe, words: str) -> None:
    assert briefly(RECIPE, now, of_itself=True) == words

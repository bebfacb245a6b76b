"""What there is, and how it is found again."""

from __future__ import annotations

import re

import pytest

from tests.contract.talk import Answer, Chat, Talk, job_of, made, told, word_of
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_job_and_a_picture_are_shown_with_all_their_settings(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --seed 5 --steps 9 -n 2")
    job = await made(talk, f"/show #{job_of(first)}")
    assert job.pictures == first.pictures
    assert "--steps 9" in job.text
    assert "seeds 5, 6" in job.text
    picture = await made(talk, f"/show {job_of(first)}.2")
    assert picture.pictures == first.pictures[1:]
    assert "--seed 6" in picture.text


async def test_what_is_shown_can_be_typed_again(talk: Talk) -> None:
    first = await made(talk, '/imagine a fox --seed 5 --steps 9 --no "red things"')
    shown = await made(talk, f"/show {job_of(first)}.1")
    flags = shown.text[shown.text.index("--no") :].split("\n")[0]
    again = await made(talk, f"/imagine a fox {flags}")
    assert again.pictures[0] != first.pictures[0], "it is another job"
    assert job_of(again) != job_of(first)
    recipes = [await talk.app.store.jobs.get(job_of(answer)) for answer in (first, again)]
    assert len({job.recipe for job in recipes if job}) == 1


async def test_the_history_finds_words_newest_first(talk: Talk) -> None:
    word = word_of(talk)
    red, blue = [await made(talk, f"/imagine a {c} {word}") for c in ("red", "blue")]
    theirs = await made(talk, f"/imagine a green {word}", by="bob")
    found = await talk.say(f"/history {word}")
    assert found.private
    assert job_of_each(found) == [job_of(a) for a in (theirs, blue, red)]
    assert f"a green {word}" in found.text
    found = await talk.say(f"/history {word} red")
    assert job_of_each(found) == [job_of(red)]
    found = await talk.say(f"/history {word} --mine", by="bob")
    assert job_of_each(found) == [job_of(theirs)]
    nothing = await talk.say(f"/history {word} purple")
    assert nothing.text.strip() == f"Nothing found for {word} purple."


async def test_a_page_of_a_list_says_how_to_go_on(talk: Talk) -> None:
    word = word_of(talk)
    answers = []
    for seed in range(3):
        answers.append(await made(talk, f"/imagine a {word} --seed {seed}"))
        await made(talk, f"/imagine a {word}", by="bob")
        await talk.say(f"/favorites {job_of(answers[-1])}")
    ids = [job_of(answer) for answer in reversed(answers)]
    for first in (f"/history {word} --mine --limit 2", "/favorites --limit 2"):
        page = await talk.say(first)
        assert job_of_each(page) == ids[:2]
        more = re.search(r"More: /(?:art )?(.*)", page.text)
        assert more is not None
        assert job_of_each(await talk.say(f"/{more[1]}")) == ids[2:]


async def test_loras_and_models_are_listed(talk: Talk) -> None:
    loras = await talk.say("/loras")
    assert {"inkstyle", "wrong"} <= set(re.findall(r"^\w+", loras.text, re.MULTILINE))
    some = await talk.say("/loras ink")
    assert "inkstyle" in some.text
    assert "wrong" not in some.text
    models = await talk.say("/models")
    assert re.search(r"^mini .*steps 20.*the default", models.text, re.MULTILINE)
    assert re.search(r"^sdxl ", models.text, re.MULTILINE)
    assert loras.private
    assert models.private


async def test_the_queue_is_shown_with_places_and_without_what_is_private(
    talk: Talk, town: Town
) -> None:
    assert (await talk.say("/queue")).text.strip() == "Nothing runs and nothing waits."
    town.engine.hold.clear()
    running = await told(talk, "/imagine a fox", "#")
    await town.engine.begun.wait()
    waiting = await told(talk, "/imagine a secret wolf --private", "#")
    mine = await talk.say("/queue")
    lines = mine.text.strip().split("\n")
    assert lines[0].startswith(f"running #{job_of(running)} a fox")
    assert lines[1].startswith(f"1. #{job_of(waiting)} a secret wolf")
    assert all("yours" in line for line in lines)
    theirs = await talk.say("/queue", by="bob")
    assert ("secret" in theirs.text) == talk.at_the_machine
    assert "yours" not in theirs.text


async def test_help_names_every_command_and_the_flags_of_one(talk: Talk) -> None:
    commands = talk.app.service.desk.commands
    everything = await talk.say("/help")
    for name, command in commands.items():
        assert re.search(rf"^/(art )?{name} ", everything.text, re.MULTILINE), name
        one = await talk.say(f"/help {name}")
        assert command.help in one.text
        bare = (command.takes, command.then_takes)
        options = [option for option in command.options if option.name not in bare]
        flags = [f"--{flag}" for option in options for flag in option.flags if len(flag) > 1]
        assert [flag for flag in flags if flag not in one.text] == []


async def test_buttons_stand_below_a_picture_and_show_its_recipe_privately(chat: Chat) -> None:
    first = await made(chat, "/imagine a fox --seed 5 --steps 9")
    assert first.buttons == [
        "Reroll",
        "Edit",
        "Recipe",
        "Favorite",
        "Delete",
        "Vary 1",
        "Upscale 1",
    ]
    assert not first.private
    assert chat.sees("bob", first)
    recipe = await chat.press(first, "Recipe", by="bob")
    assert "--steps 9" in recipe.text
    assert recipe.private
    assert not chat.sees("ann", recipe)


def job_of_each(page: Answer) -> list[str]:
    """Return the jobs that a list names, in its order."""
    return re.findall(r"^#(\w{6})", page.text, re.MULTILINE)

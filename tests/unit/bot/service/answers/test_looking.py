"""What is shown of jobs and pictures that there are."""

from __future__ import annotations

from bot.invocation import Click
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk


async def test_a_picture_of_several_is_all_that_was_asked_for(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star -n 3 --seed 5")
    shown = await talk.say("show", id=f"{made.job}.2")
    assert "seed 6" in shown.text
    assert "pictures" not in shown.text
    assert [picture.id for picture in shown.pictures] == [f"{made.job}.2"]


async def test_an_enlargement_is_told_in_words_and_not_in_flags(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 5")
    for method in ("redraw", "plain"):
        larger = await talk.say("upscale", id=f"{made.job} --method {method}")
        shown = await talk.say("show", id=str(larger.job))
        assert f"--seed 5 enlarged 2 times ({method})" in shown.text
        assert "--scale" not in shown.text
        assert "--method" not in shown.text


async def test_seeds_that_are_compared_are_in_no_recipe_of_all(talk: Talk) -> None:
    made = await talk.say("compare", prompt="a star --axis seed=5,9")
    shown = await talk.say("show", id=str(made.job))
    assert "--steps 20" in shown.text
    assert "--seed" not in shown.text
    assert "--seed 9" in (await talk.say("show", id=f"{made.job}.2")).text
    click = Click("recipe", str(made.job), "console:ann", ReplyTo("console", "a"))
    recipe = (await talk.app.service.click(click)).text
    assert ("--steps 20" in recipe, "--seed" in recipe) == (True, False)


async def test_numbers_stay_exact_in_the_form(talk: Talk) -> None:
    made = await talk.say(
        "imagine", prompt="a star --guidance 3.14159265 --lora inkstyle:0.1234567"
    )
    click = Click("edit", str(made.job), "console:ann", ReplyTo("console", "a"))
    form = (await talk.app.service.click(click)).form
    assert form is not None
    flags = form.fields[-1].value
    assert "--guidance 3.14159265" in flags
    assert "--lora inkstyle:0.1234567" in flags

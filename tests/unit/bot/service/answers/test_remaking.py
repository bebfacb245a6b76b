"""Comparisons and alternatives, made again."""

from __future__ import annotations

from bot.invocation import Click
from bot.reply import Reply
from generation.recipe import Recipe
from generation.recipe_reading import recipe_from
from storage.records import ReplyTo, Sheet
from tests.unit.bot.conftest import Talk


def recipes(reply: Reply) -> list[Recipe]:
    """Return the recipe of each picture."""
    return [recipe_from(picture["recipe"]) for picture in reply.data[0]["pictures"]]


async def sheet_of(talk: Talk, reply: Reply) -> Sheet | None:
    """Return how the pictures are laid out."""
    job = await talk.app.store.jobs.get(str(reply.job))
    assert job is not None
    return job.sheet


async def test_a_comparison_is_made_again_with_one_new_seed(talk: Talk) -> None:
    first = await talk.say("compare", prompt="a fox --axis guidance=5,6 --seed 7")
    again = await talk.say("reroll", id=str(first.job))
    (seed,) = {each.seed for each in recipes(again)}
    assert seed != 7
    assert [each.changed(seed=7) for each in recipes(again)] == recipes(first)
    assert await sheet_of(talk, again) == await sheet_of(talk, first)
    assert again.pictures[0].title == f"Sheet of #{again.job}"
    assert again.data[0]["parent"] == first.job


async def test_seeds_stay_as_far_apart_as_they_were(talk: Talk) -> None:
    first = await talk.say("compare", prompt="a fox --axis seed=1,4 --axis steps=3,4")
    again = await talk.say("reroll", id=f"{first.job} --seed 100")
    assert first.data[0]["recipe"]["seed"] == 1, "all are counted from the first"
    shifted = [100, 103]
    assert [each.seed for each in recipes(again)] == shifted * 2
    sheet = await sheet_of(talk, again)
    assert sheet == Sheet(tuple(f"seed {seed}" for seed in shifted), ("steps 3", "steps 4"))


async def test_what_changes_changes_in_every_picture_of_a_comparison(talk: Talk) -> None:
    first = await talk.say("compare", prompt="a fox --axis guidance=5,6 --seed 7 --no cars")
    again = await talk.say("reroll", id=f"{first.job} --steps 9 --prompt 'a wolf' --no none")
    assert recipes(again) == [
        each.changed(steps=9, prompt="a wolf", negative="none") for each in recipes(first)
    ]
    assert again.data[0]["recipe"]["prompt"] == "a wolf"
    braces = await talk.say("reroll", id=rf"{first.job} a \{{wolf\}}")
    assert {each.prompt for each in recipes(braces)} == {"a {wolf}"}
    assert braces.data[0]["recipe"]["prompt"] == r"a \{wolf\}"


async def test_weights_are_given_to_the_words_of_another_prompt(talk: Talk) -> None:
    words = "a red fox --axis guidance=5,6 --axis weight:red=1,2"
    first = await talk.say("compare", prompt=words)
    again = await talk.say("reroll", id=f"{first.job} a (dark red)0.5 wolf")
    found = [each.prompt for each in recipes(again)]
    light, heavy = "a (dark (red)2)0.5 wolf", "a (dark (red)4)0.5 wolf"
    assert found == [light, light, heavy, heavy]
    assert "has no red" in (await talk.say("reroll", id=f"{first.job} a wolf")).text


async def test_an_axis_stays_as_it_is(talk: Talk) -> None:
    first = await talk.say("compare", prompt="a {red|blue} fox --axis guidance=5,6")
    for words, said in (
        ("--guidance 9", "guidance is an axis of that comparison and stays"),
        ("a wolf", "{…|…} is an axis of that comparison and stays"),
        ("-n 2", "count cannot be 2"),
    ):
        reply = await talk.answer("reroll", id=f"{first.job} {words}")
        assert (reply.exit_code, said in reply.text) == (2, True), (words, reply.text)


async def test_a_comparison_made_again_takes_no_choices(talk: Talk) -> None:
    first = await talk.say("compare", prompt="a fox --axis guidance=5,6")
    reply = await talk.answer("reroll", id=f"{first.job} a {{red|blue}} fox")
    assert "takes no choices in the prompt" in reply.text


async def test_choices_that_read_like_axes_are_none(talk: Talk) -> None:
    words = "a {seed 5|guidance 7} fox --axis seed=5,9 --axis2 steps=3"
    refused = await talk.answer("compare", prompt=words)
    assert "two axes at most" in refused.text
    first = await talk.say("compare", prompt="a {seed 5|guidance 7} fox --axis seed=5,9")
    again = await talk.say("reroll", id=f"{first.job} --guidance 3 --seed 6")
    assert {each.guidance for each in recipes(again)} == {3}
    assert await sheet_of(talk, again) == Sheet(("seed 6", "seed 10"), ("seed 5", "guidance 7"))
    alone = await talk.say("compare", prompt="a {seed 5|seed 7} fox --axis steps=2")
    again = await talk.say("reroll", id=f"{alone.job} --seed 6")
    assert await sheet_of(talk, again) == Sheet(("steps 2",), ("seed 5", "seed 7"))


async def test_the_form_of_a_comparison_changes_what_is_changed_in_it(talk: Talk) -> None:
    first = await talk.say("compare", prompt=r"a \{red\} fox --axis guidance=5,6 --seed 7")

    async def send(**form: str) -> Reply:
        click = Click("edit", str(first.job), "console:ann", ReplyTo("console", "a"), form=form)
        reply = await talk.app.service.click(click)
        if reply.job is None:
            return reply
        await talk.app.runner.wait_for(reply.job)
        return await talk.say("show", id=reply.job)

    form = (await send()).form
    assert form is not None
    values = {field.name: field.value for field in form.fields}
    changed = {"seed": "8", "settings": values["settings"].replace("--steps 20", "--steps 9")}
    assert changed["settings"] != values["settings"]
    again = await send(**{**values, **changed})
    assert recipes(again) == [each.changed(seed=8, steps=9) for each in recipes(first)]


async def test_alternatives_are_made_again_each_with_the_same_new_seed(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a {red|blue} fox --seed 7 -n 2")
    again = await talk.say("reroll", id=str(first.job))
    seed = again.data[0]["recipe"]["seed"]
    seeds = [each.seed for each in recipes(again)]
    assert seed != 7
    assert seeds == [seed, (seed + 1) % 2**32] * 2
    assert [each.prompt for each in recipes(again)] == [each.prompt for each in recipes(first)]


async def test_alternatives_can_be_others_and_more_of_each(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a {red|blue} fox --seed 7 --lora inkstyle:0.5")
    others = await talk.say("reroll", id=f"{first.job} a {{big|small|}} fox")
    base = recipes(first)[0]
    assert recipes(others) == [
        base.changed(prompt=words) for words in ("a big fox", "a small fox", "a fox")
    ]
    more = await talk.say("reroll", id=f"{first.job} -n 2")
    pairs = [(each.prompt, each.seed, each.loras) for each in recipes(more)]
    assert pairs == [(f"a {w} fox", s, base.loras) for w in ("red", "blue") for s in (7, 8)]
    plain = await talk.say("reroll", id=f"{first.job} a wolf")
    assert recipe_from(plain.data[0]["recipe"]) == base.changed(prompt="a wolf")


async def test_loras_of_alternatives_and_of_all_stay_what_they_were(talk: Talk) -> None:
    words = "a {<lora:wrong:0.5>|} fox --lora inkstyle:0.5 --seed 7"
    first = await talk.say("imagine", prompt=words)
    more = await talk.say("reroll", id=f"{first.job} -n 2")
    found = [each.loras for each in recipes(first)]
    assert [len(loras) for loras in found] == [2, 1]
    assert [set(each.loras) for each in recipes(more)] == [set(found[i]) for i in (0, 0, 1, 1)]

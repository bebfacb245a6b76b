"""Comparisons: which pictures they are of, and how these are shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from PIL import Image

from bot.invocation import Click
from bot.reply import Reply
from generation.recipe import LoraUse, Recipe
from generation.recipe_reading import recipe_from
from storage.records import ReplyTo, Sheet
from tests.unit.bot.conftest import Talk


def recipes(reply: Reply) -> list[Recipe]:
    """Return the recipe of each picture."""
    return [recipe_from(picture["recipe"]) for picture in reply.data[0]["pictures"]]


async def sheet_of(talk: Talk, reply: Reply) -> Sheet:
    """Return how the pictures are laid out."""
    job = await talk.app.store.jobs.get(str(reply.job))
    assert job is not None
    assert job.sheet is not None
    return job.sheet


async def press(talk: Talk, action: str, target: str, **form: str) -> Reply:
    """Press a button, and wait for what comes of it."""
    click = Click(action, target, "console:ann", ReplyTo("console", "a"), form=form)
    first = await talk.app.service.click(click)
    if first.job is None:
        return first
    await talk.app.runner.wait_for(first.job)
    return await talk.say("show", id=first.job)


async def test_one_picture_for_each_value_and_one_seed_for_all(talk: Talk) -> None:
    reply = await talk.say("compare", prompt="a fox --axis guidance=5,7.5,13 --steps 9")
    found = recipes(reply)
    assert [each.guidance for each in found] == [5, 7.5, 13]
    assert {each.changed(guidance=5) for each in found} == {found[0]}
    assert (found[0].prompt, found[0].steps) == ("a fox", 9)
    assert reply.data[0]["recipe"]["prompt"] == "a fox"
    assert await sheet_of(talk, reply) == Sheet(("guidance 5", "guidance 7.5", "guidance 13"))


async def test_the_second_axis_goes_down_and_pictures_come_row_by_row(talk: Talk) -> None:
    words = "a fox --axis steps=3,4 --axis seed=1..3 --guidance 6"
    reply = await talk.say("compare", prompt=words)
    pairs = [(each.steps, each.seed) for each in recipes(reply)]
    assert pairs == [(3, 1), (4, 1), (3, 2), (4, 2), (3, 3), (4, 3)]
    sheet = await sheet_of(talk, reply)
    assert sheet == Sheet(("steps 3", "steps 4"), ("seed 1", "seed 2", "seed 3"))
    heads = [picture["heads"] for picture in reply.data[0]["pictures"]]
    assert heads[:3] == [["steps 3", "seed 1"], ["steps 4", "seed 1"], ["steps 3", "seed 2"]]
    assert "across steps 3 · steps 4, down seed 1 · seed 2 · seed 3" in reply.text


AXES: list[tuple[str, str, list[Any]]] = [
    ("sampler=euler, heun", "sampler", ["euler", "heun"]),
    ("lora=none,wrong:0.5", "loras", [(), (LoraUse("wrong", 0.5),)]),
    (
        "lora=wrong,wrong:0.5+inkstyle",
        "loras",
        [(LoraUse("wrong", 1.0),), (LoraUse("wrong", 0.5), LoraUse("inkstyle", 1.0))],
    ),
    ("negative=none,'blurry'", "negative", ["", "'blurry'"]),
    ('no="blurry, ugly",cars', "negative", ["blurry, ugly", "cars"]),
    ("weight:red=0.6..1.6/3", "prompt", [f"a {w} fox" for w in ("(red)0.6", "(red)1.1")]),
    ('weight:"red fox"=1,2', "prompt", ["a red fox", "a (red fox)2"]),
    ("guidance=1..30/3", "guidance", [1, 15.5, 30]),
    ("steps=1..4/3,4", "steps", [1, 2, 4]),
    ("CFG=5,5,6", "guidance", [5, 6]),
    ("seed=7,7..9/2", "seed", [7, 9]),
]


async def test_an_axis_is_what_its_option_is(talk: Talk) -> None:
    for axis, field, values in AXES:
        found = recipes(await talk.say("compare", prompt=f"a red fox --axis {axis}"))
        assert [getattr(each, field) for each in found][: len(values)] == values
        assert {each.changed(**{field: values[0]}) for each in found} == {found[0]}


async def test_the_refiner_can_be_an_axis_with_its_mode(talk: Talk) -> None:
    words = "a fox --axis refiner=off,0.6 --axis refiner-mode=split,img2img"
    found = recipes(await talk.say("compare", prompt=words))
    pairs = [each.refiner and (each.refiner.switch, each.refiner.mode) for each in found]
    assert pairs == [None, (0.6, "split"), None, (0.6, "img2img")]


async def test_an_input_picture_can_be_kept_more_or_less(talk: Talk) -> None:
    Image.new("RGB", (128, 128), "red").save(talk.folder / "red.png")
    words = "a fox --axis strength=0.3,0.9"
    found = recipes(await talk.say("compare", prompt=words, image="red.png"))
    assert [each.image and each.image.strength for each in found] == [0.3, 0.9]


async def test_a_style_can_be_an_axis_with_all_that_it_brings(talk: Talk) -> None:
    found = recipes(await talk.say("compare", prompt="a fox --axis style=none,wrong --seed 7"))
    assert [each.style and each.style.name for each in found] == [None, "wrong"]
    assert [each.loras for each in found] == [(), (LoraUse("wrong", 1.0),)]
    again = recipes(await talk.say("compare", axis="style=none,wrong", axis2="steps=3,4"))
    assert [each.changed(steps=3) for each in again] == [
        each.changed(steps=3) for each in found * 2
    ]


async def test_pictures_with_one_seed_and_one_variation_say_so_once(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a fox --seed 7")
    varied = await talk.say("vary", id=f"{first.job}.1")
    (seed,) = [each["seed"] for each in varied.data[0]["pictures"][0]["variations"]]
    reply = await talk.say("compare", prompt=f"#{varied.job}.1 --axis steps=3,4")
    assert reply.text.count(str(seed)) == 1


async def test_random_seeds_are_found_once_and_are_on_the_sheet(talk: Talk) -> None:
    reply = await talk.say("compare", prompt="a fox --axis seed=random,random")
    seeds = [each.seed for each in recipes(reply)]
    assert len(set(seeds)) == 2
    assert (await sheet_of(talk, reply)).columns == tuple(f"seed {seed}" for seed in seeds)


async def test_alternatives_in_the_prompt_are_an_axis(talk: Talk) -> None:
    reply = await talk.say("compare", prompt="a {red|} fox --axis guidance=5,6")
    found = [(each.prompt, each.guidance) for each in recipes(reply)]
    assert found == [("a red fox", 5), ("a red fox", 6), ("a fox", 5), ("a fox", 6)]
    assert reply.data[0]["recipe"]["prompt"] == "a {red|} fox"
    assert (await sheet_of(talk, reply)).rows == ("red", "nothing")
    alone = await talk.say("compare", prompt="a {big {red|blue}|small} fox")
    assert (await sheet_of(talk, alone)).columns == ("big red", "big blue", "small")


async def test_a_word_that_is_chosen_can_be_weighed(talk: Talk) -> None:
    words = r"a \{b\} red {fox|cat} --axis weight:red=1,2"
    found = [each.prompt for each in recipes(await talk.say("compare", prompt=words))]
    assert found == ["a {b} red fox", "a {b} (red)2 fox", "a {b} red cat", "a {b} (red)2 cat"]


@pytest.mark.parametrize("by", ["text", "option"])
async def test_a_picture_can_be_compared_with_changes_of_itself(talk: Talk, by: str) -> None:
    first = await talk.say("imagine", prompt="a fox --seed 5 --count 2 --steps 9 --no cars")
    target = f"{first.job}.2"
    given: dict[str, Any] = {"axis": "guidance=5,6"}
    given |= {"prompt": f"#{target}"} if by == "text" else {"id": target}
    reply = await talk.say("compare", **given)
    before = recipe_from({**first.data[0]["recipe"], "seed": 6})
    assert recipes(reply) == [before.changed(guidance=5), before.changed(guidance=6)]
    assert reply.data[0]["parent"] == target


async def test_a_job_can_be_compared_in_other_words(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a fox --seed 5 --steps 9")
    reply = await talk.say("compare", prompt=f"#{first.job} a wolf --axis guidance=5,6 --no cars")
    (left, _) = recipes(reply)
    before = recipe_from(first.data[0]["recipe"])
    assert left == before.changed(prompt="a wolf", negative="cars", guidance=5)


async def test_without_words_the_last_job_here_is_meant(talk: Talk) -> None:
    assert (await talk.say("compare", axis="steps=3,4")).exit_code == 1
    first = await talk.say("imagine", prompt="a fox")
    reply = await talk.say("compare", axis="steps=3,4")
    assert reply.data[0]["parent"] == first.job


async def test_words_that_could_be_an_id_are_words_where_there_is_none(talk: Talk) -> None:
    # A mistyped id alone is not to be painted.
    assert "no job" in (await talk.say("compare", prompt="2dbea2 --axis steps=3,4")).text
    for words in ("castle", "castle on a hill", "4koma1 fox"):
        reply = await talk.say("compare", prompt=f"{words} --axis steps=3,4")
        assert reply.data[0]["recipe"]["prompt"] == words
    for words in ("#zzzzzz", "zzzzzz.1", "#zzzzzz a fox"):
        assert "no job" in (await talk.say("compare", prompt=f"{words} --axis steps=3,4")).text


async def test_of_a_comparison_the_first_picture_is_compared(talk: Talk) -> None:
    first = await talk.say("compare", prompt="a fox --axis guidance=3,4 --seed 5")
    reply = await talk.say("compare", prompt=f"{first.job} --axis steps=7,8")
    before = recipes(first)[0]
    assert recipes(reply) == [before.changed(steps=7), before.changed(steps=8)]
    assert reply.data[0]["parent"] == f"{first.job}.1"
    chosen = await talk.say("compare", prompt="a {red|blue} fox --seed 5")
    reply = await talk.say("compare", prompt=f"{chosen.job} --axis steps=7,8")
    assert await sheet_of(talk, reply) == Sheet(("steps 7", "steps 8"), ("red", "blue"))


async def test_braces_of_an_earlier_prompt_stay_characters(talk: Talk) -> None:
    first = await talk.say("imagine", prompt=r"a \{b|c\} fox")
    reply = await talk.say("compare", prompt=f"{first.job}.1 --axis steps=3,4")
    assert [each.prompt for each in recipes(reply)] == ["a {b|c} fox"] * 2
    again = await talk.say("reroll", id=f"{first.job}.1")
    assert again.data[0]["recipe"]["prompt"] == "a {b|c} fox"
    reply = await talk.say("compare", prompt=f"{again.job} --axis steps=3,4")
    assert [each.prompt for each in recipes(reply)] == ["a {b|c} fox"] * 2
    assert reply.data[0]["recipe"]["prompt"] == r"a \{b|c\} fox"


REFUSED = [
    ("", "needs an axis"),
    ("--axis steps=3,4 --axis steps=5", "steps is an axis twice"),
    ("--axis weight:red=1,2 --axis weight:red=3", "weight:red is an axis twice"),
    ("--axis steps=3,4 --axis seed=1,2 --axis guidance=3,4", "two axes at most"),
    ("{a|b} --axis steps=3,4 --axis seed=1,2", "two axes at most"),
    ("--axis steps=3,4 --steps 5", "leave out --steps"),
    ("--axis steps", "give NAME=VALUES"),
    ("--axis steps=", "give one value or more"),
    ("--axis steps=3,,4", "give one value or more"),
    ("--axis steps=3,x", "steps cannot be x"),
    ("--axis steps=3,1000", "steps cannot be 1000"),
    ("--axis steps=9..3/3", "the smaller number first"),
    ("--axis guidance=3..9", "from..to/count"),
    ("--axis guidance=3..9/1", "from..to/count"),
    ("--axis guidance=3..9/x", "from..to/count"),
    ("--axis guidance=3..99/3", "guidance cannot be 99"),
    ("--axis seed=0..4294967295", "4294967296 pictures, and 16 is the most"),
    ("--axis seed=1..8 --axis guidance=1..3/3", "8 x 3 = 24 pictures, and 16 is the most"),
    ("{a|b|c|d|e} {f|g|h|i}", "20 pictures, and 16 is the most"),
    ("--axis size=64x64", "axis cannot be size: give one of guidance"),
    ("--axis gidance=3,4", "axis cannot be gidance: give one of guidance, steps"),
    ("--axis weight=1,2", "give the word, too, like weight:red="),
    ("--axis guidance=5", "needs two different values at least"),
    ("--axis guidance=5,5.0 --axis2 steps=3", "needs two different values at least"),
    ("{b|b}", "needs two different values at least"),
    ("--axis refiner-mode=split,none", "refiner-mode cannot be none: give split or"),
    ("--axis", "needs a value (axis, like guidance=5,7.5,13)"),
    ("--axis steps:red=3,4", "give NAME=VALUES"),
    ("--axis weight:green=1,2", "has no green"),
    ("--axis weight:red=1,6", "weight cannot be 6"),
    ("--axis sampler=heun,eule", "nearest is euler"),
    ("--axis lora=wrong,wrog", "no LoRA called wrog"),
    ("--axis strength=0.3,0.4", "strength"),
    ("--count 2 --axis steps=3,4", "no flag --count"),
]


async def test_what_makes_no_comparison_is_answered_with_a_sentence(talk: Talk) -> None:
    for words, said in REFUSED:
        reply = await talk.answer("compare", prompt=f"a red fox {words}")
        assert (reply.exit_code, said in reply.text) == (2, True), (words, reply.text)
        assert "\n" not in reply.text
    assert not talk.engine.orders


async def test_the_sheet_is_shown_with_a_button_for_each_picture(talk: Talk) -> None:
    reply = await talk.say("compare", prompt="a fox --axis guidance=5,6 --seed 7")
    sheet, *pictures = reply.pictures
    assert sheet.title == f"Sheet of #{reply.job}"
    assert reply.data[0]["sheet"] == str(sheet.path)
    with Image.open(sheet.path) as image:
        assert image.width > image.height / 2
    assert [picture.id for picture in pictures] == [f"{reply.job}.1", f"{reply.job}.2"]
    labels = [button.label for button in reply.buttons]
    assert labels == ["Reroll", "Edit", "Recipe", "Delete", "Take 1", "Take 2"]
    assert "guidance 7.5" not in reply.text
    assert len(re.findall(r"\b7\b", reply.text)) == 1


async def test_a_taken_picture_stands_by_itself(talk: Talk) -> None:
    made = await talk.say("compare", prompt="a {red|blue} fox --axis guidance=5,6 --seed 7")
    target = f"{made.job}.4"
    reply = await press(talk, "take", target)
    assert not reply.private
    assert [picture.id for picture in reply.pictures] == [target]
    assert reply.lines[0][0].text == "a blue fox"
    assert f"#{target}" in reply.text
    said = ["".join(span.text for span in each) for each in reply.lines]
    assert "blue" in said
    assert [words.count("guidance 6") for words in said if "recipe:" not in words].count(1) == 1
    assert {button.target for button in reply.buttons} == {target}
    labels = {button.label for button in reply.buttons}
    assert {"Reroll", "Edit", "Recipe", "Favorite"} <= labels
    assert not {"Delete", "Cancel", "Take 4"} & labels
    assert reply.data[0]["job"] == made.job
    assert reply.data[0]["recipe"]["guidance"] == 6
    shown = await talk.say("show", id=target)
    assert (shown.lines, shown.buttons) == (reply.lines, reply.buttons)


async def test_the_buttons_of_a_taken_picture_are_about_it_alone(talk: Talk) -> None:
    made = await talk.say("compare", prompt="a fox --axis guidance=5,6 --seed 7")
    target, second = f"{made.job}.2", recipes(made)[1]
    again = await press(talk, "reroll", target)
    assert recipe_from(again.data[0]["recipe"]).changed(seed=7) == second
    assert again.data[0]["parent"] == target
    assert (await press(talk, "recipe", target)).data[0]["recipe"] == second.to_dict()
    form = (await press(talk, "edit", target)).form
    assert form is not None
    assert (form.target, form.title) == (target, f"Edit #{target}")
    assert "--guidance 6" in form.fields[-1].value
    edited = await press(talk, "edit", target, prompt="a wolf", seed="7")
    assert recipe_from(edited.data[0]["recipe"]) == second.changed(prompt="a wolf")


async def test_a_comparison_goes_on_after_a_restart_where_it_was(talk: Talk) -> None:
    from bot.service.running.resuming import order_for

    talk.engine.held_from = 3
    talk.engine.hold.clear()
    first = await talk.answer("compare", prompt="a fox --axis guidance=5,6,7,8 --seed 7")
    store = talk.app.store
    while len(await store.pictures.of_job(str(first.job))) < 2:
        await talk.engine.begun.wait()
    job = await store.jobs.get(str(first.job))
    assert job is not None
    order = await order_for(store, talk.app.service.desk.files, job)
    assert order.indices == (3, 4)
    assert [order.recipe_of(index).guidance for index in order.indices] == [7, 8]
    talk.engine.hold.set()
    await talk.app.runner.idle()


async def test_all_pictures_of_a_comparison_are_verified(talk: Talk) -> None:
    # The first two come to one recipe.
    made = await talk.say("compare", prompt="a fox --axis lora=wrong,wrong:1,none")
    reply = await talk.say("verify", id=str(made.job))
    assert [each["id"] for each in reply.data] == [f"{made.job}.{i}" for i in (1, 2, 3)]
    assert all(each["identical"] for each in reply.data)


async def test_a_private_comparison_is_shown_to_its_asker_alone(talk: Talk) -> None:
    made = await talk.say("compare", prompt="a fox --axis guidance=5,6 --private")
    assert made.private
    assert (await talk.say("show", id=f"{made.job}.1", actor="console:bob")).exit_code == 1
    assert (await talk.say("compare", axis="steps=3,4")).private

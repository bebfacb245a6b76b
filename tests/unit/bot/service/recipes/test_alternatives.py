"""Prompts with alternatives: one picture for each."""

from __future__ import annotations

from bot.invocation import Click
from bot.reply import Reply
from generation.recipe import LoraUse, Recipe
from generation.recipe_reading import recipe_from
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk


def recipes(reply: Reply) -> list[Recipe]:
    """Return the recipe of each picture."""
    return [recipe_from(picture["recipe"]) for picture in reply.data[0]["pictures"]]


async def test_each_alternative_is_a_picture_with_the_same_seed(talk: Talk) -> None:
    reply = await talk.say("imagine", prompt="a {red|green|} fox --steps 9")
    found = recipes(reply)
    assert [each.prompt for each in found] == ["a red fox", "a green fox", "a fox"]
    assert {each.changed(prompt="a fox") for each in found} == {found[2]}
    assert reply.data[0]["recipe"]["prompt"] == "a {red|green|} fox"
    assert "1 red · 2 green · 3 nothing" in reply.text
    assert [picture.alt for picture in reply.pictures] == [each.prompt for each in found]
    assert "Take 1" not in [button.label for button in reply.buttons]


async def test_long_alternatives_are_told_by_their_beginning(talk: Talk) -> None:
    reply = await talk.say("imagine", prompt=f"a {{fox|{'very ' * 50}old cat}}")
    assert "1 fox · 2 very very very" in reply.text
    assert len(reply.lines[-1][-1].text) == 40
    assert recipes(reply)[1].prompt == f"a {'very ' * 50}old cat"


async def test_of_each_alternative_there_are_as_many_as_asked_for(talk: Talk) -> None:
    reply = await talk.say("imagine", prompt="a {red|green} fox --seed 5 -n 2")
    found = [(each.prompt, each.seed) for each in recipes(reply)]
    assert found == [("a red fox", 5), ("a red fox", 6), ("a green fox", 5), ("a green fox", 6)]
    assert "1-2 red · 3-4 green" in reply.text


async def test_weights_and_loras_go_with_their_alternative(talk: Talk) -> None:
    words = "({red|green} fox)1.3 {<lora:wrong:0.5>|<lora:inkstyle>}"
    found = recipes(await talk.say("imagine", prompt=words))
    red, green = "(red fox)1.3", "(green fox)1.3"
    wrong, ink = (LoraUse("wrong", 0.5),), (LoraUse("inkstyle", 1.0),)
    pairs = [(each.prompt, each.loras) for each in found]
    assert pairs == [(red, wrong), (red, ink), (green, wrong), (green, ink)]


async def test_a_backslash_keeps_braces_and_does_not_reach_the_model(talk: Talk) -> None:
    reply = await talk.say("imagine", prompt=r"a \{red|green\} fox")
    assert reply.data[0]["recipe"]["prompt"] == "a {red|green} fox"
    assert "recipe" not in reply.data[0]["pictures"][0]
    several = await talk.say("reroll", id=str(reply.job), count="2")
    assert several.data[0]["recipe"]["prompt"] == "a {red|green} fox"
    plain = await talk.say("imagine", prompt="a {red} {} fox")
    assert plain.data[0]["recipe"]["prompt"] == "a {red} {} fox"
    assert "recipe" not in plain.data[0]["pictures"][0]


async def test_what_cannot_be_chosen_from_is_answered_with_a_sentence(talk: Talk) -> None:
    for words, said in (
        ("a {red|green|blue} fox -n 2", "3 x 2 = 6 pictures, and 4 is the most here"),
        ("a {b|c|d|e|f} fox", "would be 5 pictures"),
        ("{a|b|c}" * 90, f"would be {3**90} pictures"),
        ("a {red|green fox", "a { that is never closed"),
        ("a {red|ugly} fox", "not welcome"),
        ("a {red|(green} fox", "never closed"),
        ("{|} ", "is empty"),
    ):
        reply = await talk.answer("imagine", prompt=words)
        assert (reply.exit_code != 0, said in reply.text) == (True, True), (words, reply.text)
    assert not talk.engine.orders


async def test_a_reroll_in_other_words_can_have_alternatives(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a fox --seed 5 --steps 9")
    reply = await talk.say("reroll", id=f"{first.job} a {{red|green}} wolf")
    before = recipe_from(first.data[0]["recipe"])
    assert recipes(reply) == [
        before.changed(prompt="a red wolf"),
        before.changed(prompt="a green wolf"),
    ]


async def test_the_form_of_a_picture_keeps_braces_that_were_characters(talk: Talk) -> None:
    first = await talk.say("imagine", prompt=r"a \{red|green\} fox --seed 5")
    click = Click("edit", f"{first.job}.1", "console:ann", ReplyTo("console", "a"))
    form = (await talk.app.service.click(click)).form
    assert form is not None
    prompt = form.fields[0].value
    again = await talk.say("reroll", id=f"{first.job}.1 {prompt} --steps 9")
    assert again.data[0]["recipe"]["prompt"] == "a {red|green} fox"


async def test_a_count_that_nobody_typed_gives_way_to_alternatives(talk: Talk) -> None:
    await talk.say("settings", count="2")
    assert len(recipes(await talk.say("imagine", prompt="a {red|green} fox"))) == 4
    assert len(recipes(await talk.say("imagine", prompt="a {red|green|blue} fox"))) == 3
    typed = await talk.answer("imagine", prompt="a {red|green|blue} fox -n 2")
    assert "3 x 2 = 6 pictures" in typed.text
    four = await talk.say("imagine", prompt="a fox -n 4")
    two = await talk.say("reroll", id=f"{four.job} a {{red|green}} fox")
    assert len(recipes(two)) == 4
    more = await talk.answer("reroll", id=f"{two.job} -n 3")
    assert "2 x 3 = 6 pictures" in more.text


async def test_a_picture_of_one_alternative_is_rerolled_by_itself(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a {red|green} fox --seed 5")
    again = await talk.say("reroll", id=f"{first.job}.2 --steps 9")
    before = recipes(first)[1]
    assert recipe_from(again.data[0]["recipe"]) == before.changed(steps=9)

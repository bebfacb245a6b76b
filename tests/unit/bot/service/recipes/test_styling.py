"""Styles in the talk with the bot: what they bring, what wins over them, what takes them away."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bot.invocation import Click
from bot.reply import Reply
from generation.recipe import LoraUse, Recipe, StyleUse
from generation.recipe_reading import recipe_from
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk

WRONG = StyleUse("wrong", "{prompt}", "wrong")


def recipe_of(reply: Reply) -> Recipe:
    assert reply.exit_code == 0, reply.text
    return recipe_from(reply.data[0]["recipe"])


def write_styles(talk: Talk, text: str) -> None:
    file = talk.folder / "styles.toml"
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    os.utime(file, ns=(before + 1_000_000_000, before + 1_000_000_000))


async def press(talk: Talk, action: str, target: str, **form: str) -> Reply:
    where = ReplyTo("console", "a")
    return await talk.app.service.click(Click(action, target, "console:ann", where, form=form))


async def imagined(talk: Talk, words: str, **more: Any) -> Recipe:
    return recipe_of(await talk.say("imagine", prompt=f"a star --seed 3 {words}", **more))


async def test_a_style_brings_words_and_loras_and_keeps_the_persons_own_words(talk: Talk) -> None:
    recipe = await imagined(talk, "--no cars --style wrong")
    assert (recipe.prompt, recipe.negative) == ("a star", "cars")
    assert recipe.style == WRONG
    assert recipe.words == ("a star", "cars, wrong")
    assert recipe.loras == (LoraUse("wrong"),)


async def test_what_is_typed_wins_over_the_style_and_the_style_over_defaults(talk: Talk) -> None:
    write_styles(talk, "[night]\nsteps = 30\nguidance = 9\nsize = '64x64'\nloras = ['wrong']")
    await talk.say("settings", **{"": "--steps 11 --sampler heun --ar 2:1 --lora inkstyle"})
    recipe = await imagined(talk, "--style night --guidance 2")
    assert (recipe.steps, recipe.guidance, recipe.sampler) == (30, 2.0, "heun")
    assert (recipe.width, recipe.height) == (64, 64)
    assert recipe.loras == (LoraUse("wrong"),)
    wide = await imagined(talk, "--style night --ar 2:1")
    assert wide.width > wide.height


@pytest.mark.parametrize(
    ("words", "loras"),
    [
        ("--lora inkstyle:0.5", (LoraUse("wrong"), LoraUse("inkstyle", 0.5))),
        ("--lora wrong:0.3", (LoraUse("wrong", 0.3),)),
        ("<lora:wrong:0.4>", (LoraUse("wrong", 0.4),)),
        ("--lora none", ()),
    ],
)
async def test_loras_that_are_typed_join_those_of_the_style(
    talk: Talk, words: str, loras: tuple[LoraUse, ...]
) -> None:
    assert (await imagined(talk, f"{words} --style wrong")).loras == loras


async def test_a_reroll_with_another_style_swaps_words_and_loras(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --seed 3 --style wrong --lora inkstyle:0.4")
    swapped = recipe_of(await talk.say("reroll", id=f"{first.job} --style inkstyle"))
    assert swapped.seed == 3
    assert swapped.style is not None
    assert swapped.style.name == "inkstyle"
    # What was asked for by itself stays as it was asked for.
    assert swapped.loras == (LoraUse("inkstyle", 0.4),)
    plain = recipe_of(await talk.say("reroll", id=f"{first.job} --style none"))
    assert plain.style is None
    assert plain.loras == (LoraUse("inkstyle", 0.4),)
    typed = recipe_of(await talk.say("reroll", id=f"{first.job} --style none --lora wrong:0.2"))
    assert typed.loras == (LoraUse("wrong", 0.2),)


async def test_a_reroll_can_put_a_style_on_a_picture_that_had_none(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --seed 3 --steps 7")
    styled = recipe_of(await talk.say("reroll", id=f"{first.job} --style wrong"))
    assert styled == recipe_of(first).changed(style=WRONG, loras=(LoraUse("wrong"),))


async def test_an_old_recipe_keeps_its_style_though_the_file_has_changed(talk: Talk) -> None:
    write_styles(talk, "[night]\nprompt = '{prompt}, at night'\nsteps = 30")
    first = await talk.say("imagine", prompt="a star --seed 3 --style night")
    write_styles(talk, "[night]\nprompt = '{prompt} in the dark'\nsteps = 40")
    again = recipe_of(await talk.say("reroll", id=f"{first.job} --seed 4"))
    assert again == recipe_of(first).changed(seed=4)
    kept = recipe_of(await talk.say("reroll", id=f"{first.job} --style night --guidance 3"))
    assert kept == recipe_of(first).changed(guidance=3.0)
    write_styles(talk, "")
    gone = recipe_of(await talk.say("reroll", id=f"{first.job} --seed 4"))
    assert gone.words[0] == "a star, at night"
    assert recipe_of(await talk.say("reroll", id=f"{first.job} --style none")).style is None


async def test_a_changed_file_counts_from_the_next_command_on(talk: Talk) -> None:
    write_styles(talk, "[night]\nsteps = 30")
    assert (await imagined(talk, "--style night")).steps == 30
    write_styles(talk, "[night]\nsteps = 40")
    assert (await imagined(talk, "--style night")).steps == 40
    write_styles(talk, "[night]\nsteps = 40\n[day]\nstep = 4")
    assert (await imagined(talk, "--style night")).steps == 40


async def test_a_broken_file_is_told_to_admins_and_to_nobody_else(talk: Talk) -> None:
    write_styles(talk, "[day]\nstep = 4")
    mine = await talk.say("imagine", prompt="a star --style day")
    assert "There is no style called day" in mine.text
    admins = await talk.say("imagine", actor="console:admin", prompt="a star --style day")
    assert "[day] step is not a key of a style" in admins.text
    # Once at the end of the job that draws the samples, and once with these at hand.
    for _ in range(2):
        assert "[day] step" in (await talk.say("styles", actor="console:admin")).text
    assert "[day] step" not in (await talk.say("styles")).text


async def test_a_style_for_another_kind_of_model_is_refused_with_a_sentence(talk: Talk) -> None:
    reply = await talk.say("imagine", prompt="a star --style photo")
    assert reply.exit_code == 2
    assert "The style photo is for sdxl models" in reply.text
    again = await talk.say("imagine", prompt="a star --style phto")
    assert "There is no style called phto; the nearest is photo." in again.text


async def test_the_limits_of_prompts_hold_for_the_words_as_painted(talk: Talk) -> None:
    write_styles(
        talk,
        f"[long]\nprompt = '{{prompt}}, {'x' * 1900}'\n[bad]\nprompt = 'ugly {{prompt}}'",
    )
    long = await talk.say("imagine", prompt=f"{'y' * 200} --style long")
    assert "The prompt in its style has 2102 characters and may have 2000" in long.text
    assert "ugly" in (await talk.say("imagine", prompt="a star --style bad")).text
    first = await talk.say("imagine", prompt="a star --seed 3 --style long")
    later = await talk.say("reroll", id=f"{first.job} {'y' * 200}")
    assert "in its style" in later.text


async def test_a_default_style_counts_where_it_fits_and_none_leaves_it_out(talk: Talk) -> None:
    assert (await talk.say("settings", **{"": "--style nope"})).exit_code == 2
    assert "sdxl models" in (await talk.say("settings", **{"": "--style photo"})).text
    await talk.say("settings", **{"": "--style wrong"})
    assert (await imagined(talk, "")).style == WRONG
    assert (await imagined(talk, "--style none")).style is None
    write_styles(talk, "[night]\nsteps = 30")
    await talk.say("settings", **{"": "--style night"})
    assert (await imagined(talk, "")).steps == 30
    write_styles(talk, "")
    assert (await imagined(talk, "")).style is None


async def test_the_message_says_the_style_and_that_it_was_changed(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --seed 3 --style wrong")
    assert "style wrong" in first.text
    again = await talk.say("reroll", id=f"{first.job} --style none")
    assert "style wrong left out" in again.text


async def test_a_style_that_is_changed_in_the_form_takes_its_loras_along(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --style wrong --lora inkstyle:0.4")
    form = (await press(talk, "edit", str(first.job))).form
    assert form is not None
    fields = {field.name: field.value for field in form.fields}
    assert "--lora wrong:1,inkstyle:0.4" in fields["settings"]

    async def sent(settings: str) -> Recipe:
        reply = await press(talk, "edit", str(first.job), **{**fields, "settings": settings})
        await talk.app.runner.wait_for(str(reply.job))
        return recipe_of(await talk.say("show", id=str(reply.job)))

    assert await sent(fields["settings"]) == recipe_of(first)
    plain = await sent(fields["settings"].replace("--style wrong", "--style none"))
    assert (plain.style, plain.loras) == (None, (LoraUse("inkstyle", 0.4),))
    typed = await sent("--style none --lora wrong:0.5")
    assert typed.loras == (LoraUse("wrong", 0.5),)


async def test_another_style_of_the_old_ones_name_takes_no_loras_away(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --style wrong --lora inkstyle:0.4")
    write_styles(talk, "[wrong]\nprompt = '{prompt}, other'\nloras = ['inkstyle:0.4']")
    plain = recipe_of(await talk.say("reroll", id=f"{first.job} --style none"))
    assert plain.loras == (LoraUse("wrong"), LoraUse("inkstyle", 0.4))

"""``/styles``: samples that are drawn once, and the styles of one's own."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bot.config import load_config
from bot.invocation import Invocation
from bot.reply import Reply
from bot.service.answers.own_styles import STYLES_MOST
from bot.wiring import running_app
from generation.recipe import LoraUse, StyleUse
from generation.recipe_reading import recipe_from
from storage.records import ReplyTo, SavedStyle
from tests.fakes import ChatSurface, FakeAdapter, FakeEngine
from tests.unit.bot.conftest import Talk

ANN, BOB = "console:ann", "console:bob"


def write_styles(talk: Talk, text: str) -> None:
    file = talk.folder / "styles.toml"
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    os.utime(file, ns=(before + 1_000_000_000, before + 1_000_000_000))


def names_of(reply: Reply) -> list[str]:
    return [entry["style"] for entry in reply.data]


def samples_of(reply: Reply) -> dict[str, str]:
    return {entry["style"]: entry["picture"]["id"] for entry in reply.data}


async def test_the_first_look_draws_the_samples_and_later_ones_find_them(talk: Talk) -> None:
    states = await talk.states("styles")
    assert "2 samples are made first" in states[0].text
    first = states[-1]
    assert first.private
    assert names_of(first) == ["inkstyle", "wrong"]
    assert [picture.title for picture in first.pictures] == ["Styles for mini"]
    assert first.pictures[0].path.is_file()
    assert "inkstyle · Ink" in first.text
    assert not first.buttons
    again = await talk.answer("styles", actor=BOB)
    assert again.job is None
    assert samples_of(again) == samples_of(first)
    assert again.pictures[0].path == first.pictures[0].path
    assert len(talk.engine.orders) == 1


async def test_samples_are_of_one_subject_and_seed_each_in_its_style(talk: Talk) -> None:
    write_styles(talk, "[night]\nprompt = '{prompt}, at night'\nsteps = 30\nguidance = 7")
    await talk.say("styles")
    recipes = talk.engine.orders[0].plan
    assert {recipe.prompt for recipe in recipes} == {"an orange star on a white background"}
    assert {recipe.seed for recipe in recipes} == {1}
    assert [recipe.style.name for recipe in recipes if recipe.style] == [
        "inkstyle",
        "wrong",
        "night",
    ]
    assert (recipes[-1].steps, recipes[-1].guidance) == (30, 7.0)
    assert recipes[0].loras == (LoraUse("inkstyle"),)


async def test_only_what_is_new_or_changed_is_drawn(talk: Talk) -> None:
    before = samples_of(await talk.say("styles"))
    write_styles(talk, "[night]\nprompt = '{prompt}, at night'\n[wrong]\nnegative = 'other'")
    after = samples_of(await talk.say("styles"))
    assert list(after) == ["inkstyle", "wrong", "night"]
    assert after["inkstyle"] == before["inkstyle"]
    assert after["wrong"] != before["wrong"]
    assert [len(order.indices) for order in talk.engine.orders] == [2, 2]


async def test_samples_stand_in_no_list_and_are_nobodys_last_job(talk: Talk) -> None:
    await talk.say("styles")
    assert "no pictures yet" in (await talk.say("history")).text
    assert "no picture here yet" in (await talk.say("reroll")).text


async def test_a_look_that_was_cancelled_leaves_nothing_to_press(talk: Talk) -> None:
    talk.engine.hold.clear()
    accepted = await talk.answer("styles")
    assert [button.action for button in accepted.buttons] == ["cancel"]
    await talk.say("cancel", id=str(accepted.job))
    shown = await talk.say("show", id=str(accepted.job))
    assert "was cancelled" in shown.text
    assert not shown.buttons


async def test_a_look_that_was_stopped_goes_on_with_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(tmp_path / "config.toml", {})
    engine = FakeEngine(config.generation().incoming)
    engine.hold.clear()
    look = Invocation("styles", {}, "chat:ann", ReplyTo("chat", "a"))
    adapter = FakeAdapter("chat")
    adapter.surface = surface = ChatSurface()
    async with running_app(config, engine, resume=True, work=True, adapters=[adapter]) as app:
        accepted = await app.service.answer(look)
        await asyncio.wait_for(engine.begun.wait(), 60)
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True, adapters=[adapter]) as app:
        await surface.until(lambda: any(reply.final for reply in surface.shown))
        found = await app.service.answer(look)
    assert [order.job_id for order in engine.orders] == [accepted.job]
    assert names_of(surface.shown[-1]) == names_of(found) == ["inkstyle", "wrong"]
    assert found.job is None


async def test_a_style_of_ones_own_takes_over_all_but_prompt_seed_and_picture(talk: Talk) -> None:
    made = await talk.say(
        "imagine", prompt="a star --seed 3 --no cars --style wrong --steps 9 --cfg 3 --ar 2:1"
    )
    reply = await talk.say("styles", action=f"save ink {made.job}.1 --template big {{prompt}}")
    assert f"ink is saved from #{made.job}.1" in reply.text
    assert "others have another of that name" in reply.text
    styled = recipe_from(
        (await talk.say("imagine", prompt="a heart --seed 8 --style ink")).data[0]["recipe"]
    )
    before = recipe_from(made.data[0]["recipe"])
    expected = before.changed(
        prompt="a heart", seed=8, negative="", style=StyleUse("ink", "big {prompt}", "cars, wrong")
    )
    assert styled == expected


async def test_options_of_their_own_say_the_same_as_words_in_turn(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --steps 9")
    await talk.say("styles", action="save", name="mine", id=f"{made.job}", template="my {prompt}")
    shown = await talk.say("styles", name="mine")
    assert shown.data[0]["prompt"] == "my {prompt}"
    assert shown.data[0]["steps"] == "9"
    assert [picture.id for picture in shown.pictures] == [f"{made.job}.1"]


async def test_a_name_alone_shows_the_style_of_that_name_with_all_that_it_sets(talk: Talk) -> None:
    shown = await talk.say("styles", action="Inkstyle")
    assert "Ink and hatching" in shown.text
    assert shown.data[0]["lora"] == "inkstyle:1"
    listed = (await talk.say("styles")).data[0]
    assert {**listed, "picture": None} == {**shown.data[0], "picture": None}


async def test_who_saves_over_a_style_is_told_what_its_words_were(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star")
    saved = await talk.say("styles", action=f"save dusk {made.job} --template {{prompt}} at dusk")
    assert "changes nothing" not in saved.text
    again = await talk.say("styles", action=f"save dusk {made.job}")
    assert "before, its template was {prompt} at dusk" in again.text
    assert "It changes nothing yet" in again.text


async def test_a_style_of_ones_own_is_for_its_owner_alone(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --steps 9")
    await talk.say("styles", action=f"save mine {made.job}")
    theirs = await talk.say("imagine", actor=BOB, prompt="a heart --style mine")
    assert "There is no style called mine" in theirs.text
    assert names_of(await talk.say("styles")) == ["mine", "inkstyle", "wrong"]
    assert names_of(await talk.say("styles", actor=BOB)) == ["inkstyle", "wrong"]
    assert samples_of(await talk.say("styles"))["mine"] == f"{made.job}.1"
    removed = await talk.say("styles", action="remove mine", actor=BOB)
    assert "There is no style of yours called mine" in removed.text
    assert "mine is removed" in (await talk.say("styles", action="remove mine")).text
    assert names_of(await talk.say("styles")) == ["inkstyle", "wrong"]


async def test_who_is_forgotten_leaves_no_style_and_is_told_how_many_there_were(
    talk: Talk,
) -> None:
    made = await talk.say("imagine", prompt="a star")
    await talk.say("styles", action=f"save mine {made.job}")
    assert "1 job, 1 picture and 1 style" in (await talk.say("forget")).text
    assert (
        "There is no style called mine"
        in (await talk.say("imagine", prompt="a star --style mine")).text
    )


async def test_others_private_pictures_give_no_style(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --private")
    reply = await talk.say("styles", action=f"save mine {made.job}", actor=BOB)
    assert "There is no job or picture" in reply.text


async def test_a_style_outlives_the_picture_that_it_was_saved_from(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --steps 9")
    await talk.say("styles", action=f"save mine {made.job}")
    await talk.app.store.jobs.delete(str(made.job))
    reply = await talk.say("styles")
    assert names_of(reply)[0] == "mine"
    assert "picture" not in reply.data[0]
    again = await talk.say("imagine", prompt="a heart --style mine")
    assert again.data[0]["recipe"]["steps"] == 9


async def test_a_style_that_the_owner_allows_no_more_says_so_and_the_others_stay(
    talk: Talk,
) -> None:
    old = SavedStyle(
        actor=ANN, name="slow", prompt="{prompt}", settings={"steps": "900"}, picture="zzzzzz.1"
    )
    await talk.app.store.styles.save(old, STYLES_MOST)
    listed = await talk.say("styles")
    assert names_of(listed) == ["slow", "inkstyle", "wrong"]
    assert "slow · steps cannot be 900: give 1 … 100." in listed.text
    used = await talk.say("imagine", prompt="a star --style slow")
    assert "steps cannot be 900" in used.text


async def test_what_cannot_be_a_style_is_refused_by_a_sentence(talk: Talk) -> None:
    assert "You have no picture here yet" in (await talk.say("styles", action="save a")).text
    made = await talk.say("imagine", prompt="a star")
    for words, said in {
        f"save Ä {made.job}": "name cannot be ä: give 1 to 32 of a-z, 0-9 and hyphens",
        f"save none {made.job}": "name cannot be none",
        "save": "name cannot be empty",
        "show": "name cannot be empty: give that of a style, as /styles lists them",
        "remove": "name cannot be empty: give that of a style",
        f"save ugly {made.job}": "That name has ugly, which is not welcome here",
        f"save a {made.job} --template {{a|b}} {{prompt}}": "template cannot be {a|b} {prompt}",
        "nope": "There is no style called nope",
        f"save a {made.job} --template oil": "template cannot be oil: give a template",
        f"save a {made.job} --template ugly {{prompt}}": "ugly, which is not welcome here",
        f"save a {made.job} b": "/styles takes no words like b",
        "save a zzzzzz": "There is no job or picture zzzzzz",
        "keep a": "There is no action called keep",
        "show nope": "There is no style called nope",
        "remove nope": "There is no style of yours called nope",
        "--model nope": "There is no model called nope",
        "--page x": "page cannot be x",
    }.items():
        reply = await talk.say("styles", action=words)
        assert said in reply.text, words
        assert reply.exit_code != 0
    assert await talk.app.store.styles.of(ANN) == ()


async def test_nobody_keeps_more_styles_than_one_may_have(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star")
    for number in range(STYLES_MOST):
        await talk.say("styles", action=f"save s{number} {made.job}")
    refused = await talk.say("styles", action=f"save more {made.job}")
    assert f"You have {STYLES_MOST} styles of your own" in refused.text
    assert "s1 is now as" in (await talk.say("styles", action=f"save s1 {made.job}")).text
    first = await talk.say("styles")
    assert len(first.data) == 20
    assert "/styles --model mini --page 2" in first.text
    assert names_of(await talk.say("styles", action="--page 3"))[-1] == "wrong"


async def test_styles_for_other_models_are_shown_for_these(talk: Talk) -> None:
    states = await talk.states("styles", model="sdxl")
    assert "14 samples are made first" in states[0].text
    assert "photo" in names_of(states[-1])
    assert "wrong" not in names_of(states[-1])
    assert talk.engine.orders[0].plan[0].prompt == "a fox in a forest"


async def test_a_broken_file_keeps_no_bot_from_starting_and_admins_are_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text(
        "[generation]\nmodel = 'mini'\nstyles = 'my.toml'\n[access]\nadmins = ['console:ann']\n"
    )
    (tmp_path / "my.toml").write_text("[a]\nsteps = 'many'\n[b]\nsteps = 9\n")
    config = load_config(tmp_path / "config.toml", {})
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True) as app:
        talk = Talk(app, engine, tmp_path)
        listed = await talk.say("styles")
        assert names_of(listed) == ["inkstyle", "wrong", "b"]
        assert "my.toml, [a] steps cannot be 'many'" in listed.text
        assert "[a] steps" in (await talk.say("imagine", prompt="a star --style a")).text
        assert "no style called c" in (await talk.say("imagine", prompt="a star --style c")).text
        assert (
            "no style called a"
            in (await talk.say("imagine", actor=BOB, prompt="a star --style a")).text
        )

"""Styles: those of everybody, and those that people keep for themselves."""

from __future__ import annotations

import pytest

from generation.recipe import LoraUse
from tests.contract.talk import Talk, job_of, made, recipe_of, told

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_styles_come_on_a_sheet_that_only_the_asker_sees(talk: Talk) -> None:
    answer = await told(talk, "/styles", "inkstyle")
    await answer.until(lambda: answer.sheets)
    assert len(answer.sheets) == 1
    assert answer.private
    assert "wrong" in answer.text
    again = await talk.say("/styles")
    assert len(again.sheets) == 1
    assert "made first" not in again.text


async def test_a_style_is_put_on_and_taken_off_again(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox --style wrong --seed 3 --no cars")
    assert "style wrong" in first.text
    recipe = recipe_of(first.pictures[0])
    assert recipe.words == ("a fox", "cars, wrong")
    assert recipe.loras == (LoraUse("wrong"),)
    again = await made(talk, f"/reroll {job_of(first)} --style none")
    assert recipe_of(again.pictures[0]) == recipe.changed(style=None, loras=())
    assert "style wrong left out" in again.text


async def test_a_style_that_is_not_there_or_for_another_model_is_refused(talk: Talk) -> None:
    unknown = await talk.say("/imagine a fox --style wrnog")
    assert "There is no style called wrnog; the nearest is wrong." in unknown.text
    other = await talk.say("/imagine a fox --style photo")
    assert "The style photo is for sdxl models" in other.text


async def test_a_style_of_ones_own_is_saved_used_and_removed(talk: Talk) -> None:
    first = job_of(await made(talk, "/imagine a fox --steps 9 --no cars"))
    saved = await talk.say(f"/styles save mine {first}.1 --template {{prompt}} at dusk")
    assert f"mine is saved from #{first}.1" in saved.text
    assert saved.private
    styled = recipe_of((await made(talk, "/imagine a wolf --style mine")).pictures[0])
    assert styled.words == ("a wolf at dusk", "cars")
    assert styled.steps == 9
    theirs = await talk.say("/imagine a wolf --style mine", by="bob")
    assert "There is no style called mine" in theirs.text
    shown = await talk.say("/styles show mine")
    assert "prompt {prompt} at dusk" in shown.text
    assert "mine" in (await talk.say("/styles")).text
    removed = await talk.say("/styles remove mine")
    assert "mine is removed" in removed.text
    assert "There is no style called mine" in (await talk.say("/imagine a --style mine")).text

from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.invocation import Click
from bot.service.showing.differing import differences, differences_of_all
from bot.service.showing.families import briefly
from generation.recipe import (
    InputImage,
    LoraUse,
    Recipe,
    Refiner,
    StyleUse,
    Upscale,
    Variation,
)
from generation.recipe_parts import Extend, Region
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk

RECIPE = Recipe(
    prompt="a red circle", seed=7, width=64, height=64, steps=20, guidance=5, model="mini"
)
ONE, TWO = "1" * 64, "2" * 64
LONG = "a portrait of an old sailor with a pipe, harbour at night, oil on canvas, muted colours"


def words(before: Recipe, now: Recipe, *, of_itself: bool = False) -> list[str]:
    return [each.words for each in differences(before, now, of_itself=of_itself)]


def between(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return words(RECIPE.changed(**before), RECIPE.changed(**now))


def test_a_recipe_does_not_differ_from_itself() -> None:
    assert words(RECIPE, RECIPE) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 128}, ["size 64x64 → 128x64"]),
        ({"steps": 30}, ["steps 20 → 30"]),
        ({"guidance": 7.5}, ["guidance 5 → 7.5"]),
        ({"sampler": "heun"}, ["sampler euler → heun"]),
        ({"model": "sdxl"}, ["model mini → sdxl"]),
        ({"refiner": Refiner(0.8)}, ["refiner off → 0.8"]),
        (
            {"refiner": Refiner(0.8, "img2img")},
            ["refiner off → 0.8", "refiner-mode split → img2img"],
        ),
        ({"loras": (LoraUse("wrong", -1),)}, ["LoRA wrong at -1 added"]),
        ({"style": StyleUse("ink")}, ["style ink added"]),
        ({"image": InputImage(ONE, 0.5)}, ["starts from an input picture with strength 0.5"]),
        ({"variations": (Variation(9, 0.15),)}, ["varied by 0.15"]),
        ({"guidance_end": 0.6}, ["guidance-end 1 → 0.6"]),
        ({"seed": 12}, ["seed 7 → 12"]),
        ({"prompt": "a blue circle"}, ["prompt: “red” → “blue”"]),
        ({"negative": "blur"}, ["negative: “blur” added"]),
    ],
)
def test_each_setting_is_named_with_what_it_was_and_is(
    changes: dict[str, Any], said: list[str]
) -> None:
    assert between({}, changes) == said
    assert between(changes, {}) not in ([], said)


def test_several_differences_are_told_the_prompt_last() -> None:
    now = {
        "guidance": 9,
        "seed": 12,
        "prompt": "a blue circle",
        "loras": (LoraUse("wrong", -1),),
    }
    assert between({}, now) == [
        "guidance 5 → 9",
        "LoRA wrong at -1 added",
        "seed 7 → 12",
        "prompt: “red” → “blue”",
    ]


def test_loras_come_go_and_get_other_scales() -> None:
    ink, wrong = LoraUse("ink", 0.5), LoraUse("wrong", -1)
    assert between({"loras": (ink, wrong)}, {"loras": (LoraUse("ink", 1),)}) == [
        "LoRA ink 0.5 → 1",
        "LoRA wrong left out",
    ]
    assert between({"loras": (ink, wrong)}, {"loras": (wrong, ink)}) == ["LoRAs in another order"]


def test_styles_differ_by_name_or_by_their_words() -> None:
    ink = {"style": StyleUse("ink")}
    assert between(ink, {"style": StyleUse("night")}) == ["style ink → night"]
    assert between(ink, {"style": StyleUse("ink", "{prompt}, black")}) == ["the words of the style"]
    assert between(ink, {}) == ["style ink left out"]


def test_an_input_picture_is_another_or_the_picture_itself() -> None:
    before = RECIPE.changed(image=InputImage(ONE, 0.5))
    now = RECIPE.changed(image=InputImage(TWO, 0.3))
    assert words(before, now) == ["another input picture", "strength 0.5 → 0.3"]
    itself = ["starts from the picture itself with strength 0.3"]
    assert words(before, now, of_itself=True) == itself
    assert words(RECIPE, now, of_itself=True) == itself
    assert words(before, RECIPE) == ["input picture left out"]


def test_the_part_that_is_painted_is_told() -> None:
    def image(**part: Any) -> dict[str, Any]:
        return {"image": InputImage(ONE, 0.6, **part)}

    left, top = Region(0, 0, 0.5, 1), Region(0, 0, 1, 0.255)
    assert between(image(), image(mask=TWO)) == ["mask added"]
    assert between(image(mask=ONE), image(mask=TWO)) == ["another mask"]
    assert between(image(mask=ONE), image(region=left)) == [
        "mask left out",
        "region left added",
    ]
    assert between(image(region=left), image(region=top, feather=8)) == [
        "region left → 0%,0%,100%,25.5%",
        "feather 0 → 8",
    ]
    # Where nothing is kept, nothing fades into it.
    assert between(image(region=left, feather=8), image()) == ["region left left out"]
    wide = {**image(extend=Extend(left=16)), "width": 96}
    assert between({}, wide) == [
        "size 64x64 → 96x64",
        "starts from an input picture with strength 0.6",
        "extend left 16px added",
    ]


def test_an_enlargement_is_told_with_its_way() -> None:
    large: dict[str, Any] = {"width": 128, "height": 128, "image": InputImage(ONE, 0.3)}
    now = RECIPE.changed(**large, upscale=Upscale(2))
    assert words(RECIPE, now, of_itself=True) == ["enlarged 2 times (redraw with strength 0.3)"]
    assert words(RECIPE, now.changed(seed=9, steps=30), of_itself=True) == [
        "steps 20 → 30",
        "enlarged 2 times (redraw with strength 0.3)",
        "seed 7 → 9",
    ]
    other = RECIPE.changed(**large, upscale=Upscale(2, "model", "sharp"))
    assert words(now, other) == ["enlarged 2 times (sharp)"]


def test_an_enlargement_of_an_enlargement_is_told_as_one() -> None:
    once = RECIPE.changed(image=InputImage(ONE, 0.2), upscale=Upscale(2), width=128)
    twice = once.changed(image=InputImage(TWO, 0.2), width=256)
    assert words(once, twice, of_itself=True) == ["enlarged 2 times (redraw with strength 0.2)"]
    assert briefly(once, twice, of_itself=True) == "enlarged ×2"
    # Compared by something, it is still the enlargement of the same picture.
    assert words(once, once.changed(guidance=7), of_itself=True) == ["guidance 5 → 7"]


def test_of_an_enlargement_without_painting_nothing_is_told_that_decides_painting() -> None:
    before = RECIPE.changed(
        refiner=Refiner(0.8), loras=(LoraUse("ink", 0.5),), style=StyleUse("ink")
    )
    now = before.changed(
        refiner=None, loras=(), style=None, image=InputImage(ONE, 0.1), upscale=Upscale(4, "plain")
    )
    assert words(before, now, of_itself=True) == ["enlarged 4 times (plain)"]


def test_why_a_lora_is_left_out_of_an_enlargement_is_said() -> None:
    before = RECIPE.changed(refiner=Refiner(0.8), loras=(LoraUse("ink", 0.5),))
    now = before.changed(
        refiner=Refiner(0.8, "img2img"), loras=(), image=InputImage(ONE, 0.2), upscale=Upscale(2)
    )
    assert words(before, now, of_itself=True) == [
        "LoRA ink left out (the refiner redraws alone and takes none)",
        "enlarged 2 times (redraw with strength 0.2)",
    ]


def test_of_several_recipes_only_what_differs_in_all_is_told() -> None:
    cells = [RECIPE.changed(steps=9, guidance=guidance) for guidance in (5, 7, 9)]
    assert [each.words for each in differences_of_all(RECIPE, cells)] == ["steps 20 → 9"]
    assert len(differences_of_all(RECIPE, cells[1:2])) == 2


def test_variations_are_added_reseeded_or_left_out() -> None:
    first, second = Variation(9, 0.15), Variation(10, 0.4)
    one = {"variations": (first,)}
    assert between(one, {"variations": (first, second)}) == ["varied by 0.4"]
    assert between(one, {"variations": (Variation(11, 0.15),)}) == ["variation seed 9 → 11"]
    assert between(one, {"variations": (Variation(11, 0.4),)}) == ["another variation"]
    assert between(one, {}) == ["variation left out"]


def test_a_prompt_that_has_little_left_is_called_rewritten() -> None:
    assert between({}, {"prompt": LONG + ", " + LONG}) == ["prompt rewritten"]
    assert between({"prompt": "a  fox"}, {"prompt": "a fox"}) == ["spaces of the prompt"]


def test_long_passages_and_long_lists_are_cut() -> None:
    added = between({"prompt": LONG}, {"prompt": f"{LONG}, {LONG}"})[0]
    assert added.endswith("…” added")
    assert len(added) < 90
    line = texts.changed_from("k7f3q2.1", [texts.other(f"thing{n}") for n in range(14)])
    assert "".join(span.text for span in line).endswith("another thing11, and 2 things more")


def test_what_people_wrote_is_marked_as_theirs() -> None:
    style = RECIPE.changed(style=StyleUse("*ink*"), prompt="@everyone circle")
    for said in (each.said for each in differences(RECIPE, style)):
        theirs = [span.text for span in said if span.style == "user"]
        assert any(text in ("*ink*", "@everyone") for text in theirs)
    shown = texts.changed_from("k", [each.said for each in differences(RECIPE, style)])
    assert {span.style for span in shown} == {"faint", "user"}


async def test_the_result_of_a_changed_reroll_lists_what_changed(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a red star --seed 5 --guidance 5")
    again = await talk.say("reroll", id=f"{first.job}.1", prompt="a blue star --guidance 9")
    said = ["guidance 5 → 9", "prompt: “red” → “blue”"]
    assert f"Changed from #{first.job}.1: {', '.join(said)}" in again.text
    assert again.data[0]["changed"] == said
    shown = await talk.say("show", id=str(again.job))
    assert ", ".join(said) in shown.text


async def test_a_plain_reroll_does_not_go_on_about_its_seed(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a red star --seed 5")
    again = await talk.say("reroll", id=str(first.job))
    assert f"from #{first.job}" in again.text
    assert "Changed" not in again.text
    assert again.data[0]["changed"] == [f"seed 5 → {again.pictures[0].seed}"]
    assert "changed" not in first.data[0]


async def test_a_parent_that_was_deleted_is_not_told_of(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a red star --seed 5")
    again = await talk.say("reroll", id=str(first.job), prompt="a blue star")
    await talk.app.service.desk.store.jobs.delete(str(first.job))
    shown = await talk.say("show", id=str(again.job))
    assert "red" not in shown.text
    assert "changed" not in shown.data[0]


async def test_an_enlargement_and_a_use_as_input_say_what_became_of_their_picture(
    talk: Talk,
) -> None:
    first = await talk.say("imagine", prompt="a red star --seed 5")
    large = await talk.say("upscale", id=f"{first.job}.1")
    assert f"Changed from #{first.job}.1: enlarged 2 times (redraw with strength" in large.text
    form = {"prompt": "a red heart", "strength": "0.3", "settings": "--seed 5"}
    click = Click("use", f"{first.job}.1", "console:ann", ReplyTo("console", "a"), form=form)
    job = (await talk.app.service.click(click)).job
    await talk.app.runner.idle()
    shown = await talk.say("show", id=str(job))
    assert "starts from the picture itself with strength 0.3" in shown.text
    assert "prompt: “star” → “heart”" in shown.text

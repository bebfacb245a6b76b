"""Enlarging pictures, as it is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from bot.command import Source
from bot.config import load_config
from bot.errors import NoUpscaler
from bot.invocation import Click
from bot.reply import Reply
from bot.texts import sentence
from bot.wiring import running_app
from generation.errors import LibraryMissing
from generation.recipe import Recipe
from generation.recipe_reading import read_recipe
from storage.records import ReplyTo, Viewer, utc_now
from tests.fakes import FakeEngine
from tests.unit.bot.conftest import Talk

ANN, BOB = "console:ann", "console:bob"


def recipe_of(reply: Reply) -> Recipe:
    assert reply.exit_code == 0, reply.text
    return read_recipe(json.dumps(reply.data[0]["recipe"]))


async def test_a_picture_is_redrawn_twice_as_large_from_its_own_file(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 7 --count 2 --lora inkstyle")
    before = recipe_of(made)
    reply = await talk.say("upscale", id=f"{made.job}.2")
    recipe = recipe_of(reply)
    assert reply.data[0]["parent"] == f"{made.job}.2"
    assert (recipe.width, recipe.height, recipe.seed) == (256, 256, 8)
    assert (recipe.prompt, recipe.steps, recipe.guidance) == ("a star", 20, before.guidance)
    assert recipe.upscale is not None
    assert (recipe.upscale.scale, recipe.upscale.method) == (2, "redraw")
    assert recipe.image is not None
    assert recipe.image.strength == 0.2
    # The refiner draws alone, where no LoRA acts.
    assert recipe.refiner is not None
    assert (recipe.refiner.mode, recipe.loras) == ("img2img", ())
    order = talk.engine.orders[-1]
    assert order.inputs[recipe.image.sha256].is_file()
    assert "enlarged 2 times" in reply.text


async def test_without_an_id_the_last_job_here_is_meant(talk: Talk) -> None:
    assert "no picture here yet" in (await talk.say("upscale")).text
    made = await talk.say("imagine", prompt="a star")
    assert (await talk.say("upscale")).data[0]["parent"] == f"{made.job}.1"


async def test_what_is_asked_for_wins_over_what_the_picture_had(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 7")
    asked = f"{made.job} --scale 4 --strength 0.35 --steps 9 --seed 3"
    recipe = recipe_of(await talk.say("upscale", id=asked))
    assert recipe.image is not None
    assert recipe.upscale is not None
    found = (recipe.width, recipe.upscale.scale, recipe.image.strength, recipe.steps, recipe.seed)
    assert found == (512, 4, 0.35, 9, 3)
    four = recipe_of(await talk.say("upscale", id=f"{made.job} --scale 4 --seed random"))
    assert four.image is not None
    assert four.image.strength == 0.1


async def test_plain_says_only_what_decides_its_pixels(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --lora inkstyle")
    reply = await talk.say("upscale", id=f"{made.job} --method plain")
    recipe = recipe_of(reply)
    assert (recipe.refiner, recipe.loras, recipe.needs_model) == (None, (), False)
    assert "method plain" in reply.text
    assert "guidance" not in reply.text
    for option in ("--strength 0.3", "--steps 9"):
        refused = await talk.say("upscale", id=f"{made.job} --method plain {option}")
        assert "only with the method redraw" in refused.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--scale 3", "2 or 4"),
        ("--scale 8", "scale cannot be 8: give 2 or 4"),
        ("--method paint", "method cannot be paint: give redraw, plain or model."),
        ("--method model", "There is no upscaler here"),
        ("--upscaler none", "There is no upscaler here"),
        ("--strength 2", "strength"),
    ],
)
async def test_what_cannot_be_is_answered_with_a_sentence(
    talk: Talk, options: str, said: str
) -> None:
    made = await talk.say("imagine", prompt="a star")
    reply = await talk.say("upscale", id=f"{made.job} {options}")
    assert (reply.exit_code, reply.job, reply.private) == (2, None, True)
    assert said in reply.text


async def test_an_upscaler_is_found_by_its_name_and_completed(talk: Talk) -> None:
    folder = talk.app.config.absolute(talk.app.config.settings.generation.upscalers)
    folder.mkdir(parents=True)
    for name in ("Sharp", "soft"):
        save_file({"a": np.zeros(3, np.float32)}, folder / f"{name}.safetensors")
    (folder / "broken.safetensors").write_bytes(b"no weights")
    suggestions = talk.app.service.desk.suggestions
    suggestions.refresh()
    found = suggestions.complete(Source.UPSCALERS, "sh", Viewer(ANN, "console:a", False))
    assert [each.value for each in found] == ["Sharp"]
    made = await talk.say("imagine", prompt="a star")
    recipe = recipe_of(await talk.say("upscale", id=f"{made.job} --upscaler sharp"))
    assert recipe.upscale is not None
    assert (recipe.upscale.method, recipe.upscale.upscaler) == ("model", "Sharp")
    unknown = await talk.say("upscale", id=f"{made.job} --upscaler sharq")
    assert "sharq" in unknown.text
    assert "Sharp" in unknown.text
    broken = await talk.say("upscale", id=f"{made.job} --upscaler broken")
    assert "broken.safetensors" in broken.text
    outside = await talk.say("upscale", id=f"{made.job} --upscaler ../../{folder.name}/Sharp")
    assert outside.exit_code == 2
    plain = await talk.say("upscale", id=f"{made.job} --method plain --upscaler soft")
    assert "it only with the method model" in plain.text


async def test_the_limit_says_which_scale_is_possible(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n[limits]\nupscale_megapixels = 0.1\n")
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True) as app:
        talk = Talk(app, engine, tmp_path)
        made = await talk.say("imagine", prompt="a star")
        four = await talk.say("upscale", id=f"{made.job} --scale 4")
        assert "the largest scale possible here is 2" in four.text
        two = await talk.say("upscale", id=str(made.job))
        assert two.exit_code == 0
        again = await talk.say("upscale", id=str(two.job))
        assert "cannot be enlarged any further" in again.text
        seven = await talk.answer("compare", prompt=f"{two.job} --axis seed=1..7/7")
        assert "7 pictures, and 6 is the most here: ask for fewer at that size" in seven.text
        six = await talk.answer("compare", prompt=f"{two.job} --axis seed=1..6/6")
        assert six.exit_code == 0


async def test_a_button_below_each_picture_enlarges_it(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --count 2 --private")
    buttons = [button for button in made.buttons if button.action == "upscale"]
    assert [(each.label, each.target) for each in buttons] == [
        ("Upscale 1", f"{made.job}.1"),
        ("Upscale 2", f"{made.job}.2"),
    ]
    service = talk.app.service
    click = Click("upscale", buttons[1].target, ANN, ReplyTo("console", "a"))
    reply = await service.click(click)
    assert (reply.data[0]["parent"], reply.private) == (f"{made.job}.2", True)
    stranger = Click("upscale", buttons[1].target, BOB, ReplyTo("console", "a"))
    assert (await service.click(stranger)).exit_code == 1


async def test_an_enlarged_picture_can_be_rerolled_verified_and_enlarged(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 1")
    larger = await talk.say("upscale", id=str(made.job))
    first = recipe_of(larger)
    again = recipe_of(await talk.say("reroll", id=str(larger.job)))
    assert again.seed != first.seed
    assert (again.image, again.upscale, again.width) == (first.image, first.upscale, first.width)
    assert (await talk.say("verify", id=str(larger.job))).exit_code == 0
    twice = recipe_of(await talk.say("upscale", id=str(larger.job)))
    assert (twice.width, twice.upscale) == (512, first.upscale)
    assert twice.image != first.image


async def test_an_enlargement_keeps_its_size_and_what_it_was_made_from(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 1")
    larger = await talk.say("upscale", id=str(made.job))
    first, job = recipe_of(larger), larger.job
    for words in ("--size 128x128", "--ar 3:2", "--region left", "--image none"):
        reply = await talk.answer("reroll", id=f"{job} {words}")
        assert "keeps its size and the picture" in reply.text, words
    same = recipe_of(await talk.say("reroll", id=f"{job} --size 256x256 --strength 0.3"))
    assert first.image is not None
    assert same == first.changed(image=replace(first.image, strength=0.3))
    wide = await talk.say("imagine", prompt="a star --size 192x128 --steps 9")
    await talk.say("styles", action=f"save wide {wide.job}")
    styled = recipe_of(await talk.say("reroll", id=f"{job} --style wide"))
    assert (styled.width, styled.height, styled.steps) == (256, 256, 9)


async def test_what_is_not_redrawn_is_the_same_each_time(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 1")
    larger = await talk.say("upscale", id=f"{made.job} --method plain")
    actions = [button.action for button in larger.buttons]
    assert actions == ["recipe", "favorite", "delete", "vary", "upscale"]
    for asked in (
        talk.answer("reroll", id=str(larger.job)),
        talk.answer("reroll", id=f"{larger.job} --seed 3 --count 2"),
        talk.answer("compare", prompt=f"{larger.job} --axis steps=2,3"),
    ):
        assert "not redrawn comes out the same" in (await asked).text
    assert (await talk.say("verify", id=str(larger.job))).exit_code == 0


async def test_a_picture_whose_file_is_gone_is_answered_with_a_sentence(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star")
    made.pictures[0].path.unlink()
    gone = await talk.say("upscale", id=str(made.job))
    assert gone.problem is not None
    assert f"{made.job}.1 is not there" in gone.text
    await talk.app.store.pictures.expire(utc_now(), 9)
    expired = await talk.say("upscale", id=str(made.job))
    assert "has no file any more" in expired.text


def test_its_errors_say_what_to_do() -> None:
    assert "data/upscalers" in sentence(NoUpscaler("data/upscalers"))
    assert "pip install 'reroll[upscalers]'" in sentence(LibraryMissing("spandrel", "upscalers"))

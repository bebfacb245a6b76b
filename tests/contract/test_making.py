"""Pictures from words, the same wherever they are asked for."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.texts import seconds_text
from generation.errors import OutOfMemory
from generation.recipe import Refiner
from tests.contract.talk import Talk, job_of, made, pixels, recipe_of, record_of, told
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_weighted_seeded_prompt_becomes_a_picture_that_says_what_it_is(talk: Talk) -> None:
    answer = await made(talk, "/imagine a fox++ in (deep snow)1.3 --seed 7")
    job = await record_of(talk, answer)
    first, second, *_ = answer.text.split("\n")
    assert first == "a fox++ in (deep snow)1.3"
    assert second == f"#{job.id} · seed 7 · {seconds_text(job.seconds or 0.0)}"
    recipe = recipe_of(answer.pictures[0])
    assert (recipe.prompt, recipe.seed) == ("a fox++ in (deep snow)1.3", 7)
    assert recipe == job.recipe


async def test_the_same_recipe_gives_the_same_pixels_on_every_surface(town: Town) -> None:
    asked = "/imagine a fox++ --seed 7 --steps 9 --no cars --lora inkstyle:0.5"
    answers = [await made(talk, asked) for talk in town.talks()]
    assert len({pixels(answer.pictures[0]) for answer in answers}) == 1
    assert len({job_of(answer) for answer in answers}) == 3


async def test_every_flag_of_imagine_ends_in_the_recipe_and_what_is_no_default_is_shown(
    talk: Talk,
) -> None:
    answer = await made(
        talk,
        "/imagine a fox --no cars, (blurry)1.2 --seed 42 --count 2 --size 96x64 --steps 9 "
        "--cfg 5.5 --sampler dpm++2m-karras --lora inkstyle:0.5,wrong:-0.25 --refiner 0.7 "
        "--refiner-mode img2img --model mini",
    )
    job = await record_of(talk, answer)
    recipe = job.recipe
    assert (recipe.prompt, recipe.negative) == ("a fox", "cars, (blurry)1.2")
    assert (recipe.seed, job.count) == (42, 2)
    assert (recipe.width, recipe.height, recipe.steps) == (96, 64, 9)
    assert (recipe.guidance, recipe.sampler) == (5.5, "dpm++2m-karras")
    loras = [(lora.name, lora.scale) for lora in recipe.loras]
    assert loras == [("inkstyle", 0.5), ("wrong", -0.25)]
    assert recipe.refiner == Refiner(0.7, "img2img")
    assert recipe.model == "mini"
    assert [recipe_of(picture).seed for picture in answer.pictures] == [42, 43]
    shown = {"96x64", "9", "5.5", "dpm++2m-karras", "inkstyle:0.5, wrong:-0.25", "0.7", "img2img"}
    settings = next(line for line in answer.text.split("\n") if "96x64" in line)
    assert shown <= {part.partition(" ")[2] for part in settings.split(" · ")}
    assert "model" not in settings


async def test_four_pictures_have_four_seeds_and_one_message(talk: Talk) -> None:
    answer = await made(talk, "/imagine a fox --seed 4294967294 -n 4")
    seeds = [4294967294, 4294967295, 0, 1]
    assert [recipe_of(picture).seed for picture in answer.pictures] == seeds
    assert "seeds 4294967294, 4294967295, 0, 1" in answer.text
    assert len(set(map(pixels, answer.pictures))) == 4


async def test_a_seed_that_nobody_gave_is_another_each_time_and_is_shown(talk: Talk) -> None:
    answers = [await made(talk, "/imagine a fox") for _ in range(2)]
    seeds = [recipe_of(answer.pictures[0]).seed for answer in answers]
    assert seeds[0] != seeds[1]
    assert all(f"seed {seed}" in answer.text for seed, answer in zip(seeds, answers, strict=True))


async def test_an_aspect_is_the_nearest_trained_size(talk: Talk) -> None:
    answer = await made(talk, "/imagine a fox --ar 3:2")
    recipe = recipe_of(answer.pictures[0])
    with Image.open(io.BytesIO(answer.pictures[0])) as picture:
        assert picture.size == (recipe.width, recipe.height)
    assert 1.3 < recipe.width / recipe.height < 1.7


async def test_the_refiner_can_be_off(talk: Talk) -> None:
    assert recipe_of((await made(talk, "/imagine a fox")).pictures[0]).refiner == Refiner(0.8)
    answer = await made(talk, "/imagine a fox --refiner off")
    assert recipe_of(answer.pictures[0]).refiner is None
    assert "refiner off" in answer.text


async def test_loras_come_one_by_one_or_within_the_prompt(talk: Talk) -> None:
    answer = await made(talk, "/imagine a fox <lora:wrong:0.5> --lora inkstyle:1.5 --lora wrong:1")
    recipe = recipe_of(answer.pictures[0])
    assert ("inkstyle", 1.5) in [(lora.name, lora.scale) for lora in recipe.loras]
    assert {lora.name for lora in recipe.loras} == {"inkstyle", "wrong"}


async def test_a_long_prompt_is_kept_whole_and_leaves_room_for_what_it_came_to(talk: Talk) -> None:
    prompt = ", ".join(f"a fox with {number} *tails*" for number in range(80))
    answer = await made(talk, f"/imagine {prompt} --seed 7 --steps 9 --no {prompt}")
    recipe = recipe_of(answer.pictures[0])
    assert (recipe.prompt, recipe.negative) == (prompt, prompt)
    assert f"#{job_of(answer)} · seed 7" in answer.text
    assert "a fox with 1 *tails*" in answer.text


async def test_a_failure_of_the_engine_is_explained_and_the_next_job_works(
    talk: Talk, town: Town
) -> None:
    town.engine.faults["a huge fox"] = OutOfMemory("cuda", 1024, 1024)
    answer = await told(talk, "/imagine a huge fox", "failed")
    assert f"#{job_of(answer)} failed: The cuda device ran out of memory at" in answer.text
    assert answer.pictures == []
    assert (await made(talk, "/imagine a small fox")).pictures

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from bot.invocation import Attachment, Click
from bot.reply import Reply
from bot.service.answers.varying import AMOUNTS, REPAINTED
from generation.recipe import Recipe, Refiner, Upscale, Variation
from generation.recipe_parts import VARIATIONS_MAX, Region
from generation.recipe_reading import recipe_from
from storage.records import NewJob, PictureRecord, ReplyTo, utc_now
from tests.unit.bot.conftest import Talk


def recipe_of(reply: Reply) -> Recipe:
    return recipe_from(reply.data[0]["recipe"])


async def made(talk: Talk, prompt: str = "a star --seed 5", **options: Any) -> PictureRecord:
    job = (await talk.say("imagine", prompt=prompt, **options)).job
    return await stored(talk, f"{job}.1")


async def stored(talk: Talk, identifier: str) -> PictureRecord:
    picture = await talk.app.store.pictures.get(identifier)
    assert picture is not None
    return picture


async def test_a_variation_is_the_recipe_with_its_noise_towards_another_seed(talk: Talk) -> None:
    before = await made(talk, "a star --seed 5 --steps 9")
    reply = await talk.say("vary", id=before.id)
    recipe = recipe_of(reply)
    (variation,) = recipe.variations
    assert variation.amount == AMOUNTS["subtle"]
    assert recipe.changed(variations=()) == before.recipe
    assert reply.data[0]["parent"] == before.id
    again = recipe_of(await talk.say("vary", id=before.id))
    assert again.variations != recipe.variations


async def test_there_are_four_to_choose_from_each_towards_the_next_seed(talk: Talk) -> None:
    before = await made(talk)
    reply = await talk.say("vary", id=f"{before.id} --seed 4294967294")
    amount = AMOUNTS["subtle"]
    seeds = (4294967294, 4294967295, 0, 1)
    assert [entry["variations"] for entry in reply.data[0]["pictures"]] == [
        [{"seed": seed, "amount": amount}] for seed in seeds
    ]
    assert f"seed 5 varied by 0.15 towards {', '.join(map(str, seeds))} · " in reply.text
    assert f"Changed from #{before.id}: varied by 0.15" in reply.text
    assert len({picture.path.read_bytes() for picture in reply.pictures}) == 4


async def test_how_far_and_how_many_can_be_said(talk: Talk) -> None:
    before = await made(talk)
    reply = await talk.say("vary", id=f"{before.id} --strength strong --seed 12 --count 2")
    assert recipe_of(reply).variations == (Variation(12, AMOUNTS["strong"]),)
    assert len(reply.pictures) == 2


async def test_variations_of_variations_go_on_from_there(talk: Talk) -> None:
    before = await made(talk)
    first = await talk.say("vary", id=f"{before.id} --seed 12 --strength strong")
    second = await talk.say("vary", id=f"{first.job}.2 --seed 30 -n 1")
    assert recipe_of(second).variations == (Variation(13, 0.4), Variation(30, 0.15))
    assert "seed 5 varied by 0.4 towards 13, then by 0.15 towards 30 · " in second.text
    shown = await talk.say("show", id=str(second.job))
    assert "--seed 5 varied by 0.4 towards 13, then by 0.15 towards 30" in shown.text


async def test_a_job_means_its_first_picture_and_no_id_the_last_job(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --seed 5 --count 2")).job
    for options in ({}, {"id": str(job)}):
        reply = await talk.say("vary", count=1, **options)
        assert (reply.data[0]["parent"], recipe_of(reply).seed) == (f"{job}.1", 5)


async def test_by_image_the_picture_itself_is_where_it_starts(talk: Talk) -> None:
    before = await made(talk, "a star --seed 5 --refiner 0.8")
    assert before.recipe.refiner == Refiner(0.8)
    reply = await talk.say("vary", id=f"{before.id} --by image --strength strong --seed 12 -n 1")
    recipe = recipe_of(reply)
    assert recipe.image is not None
    assert (recipe.seed, recipe.variations, recipe.refiner) == (12, (), None)
    assert recipe.image.strength == REPAINTED["strong"]
    start = talk.engine.orders[-1].inputs[recipe.image.sha256]
    with (
        Image.open(start) as kept,
        Image.open(talk.app.service.desk.files.path(before.path)) as original,
    ):
        assert kept.convert("RGB").tobytes() == original.convert("RGB").tobytes()
    assert "starts from the picture itself with strength 0.85" in reply.text
    assert recipe_of(await talk.say("vary", id=f"{before.id} --by image")).seed != 5


async def test_by_image_what_was_kept_of_an_input_is_kept_again(talk: Talk) -> None:
    Image.new("RGB", (128, 128), "red").save(talk.folder / "cat.png")
    cat = Attachment(talk.folder / "cat.png", "cat.png")
    before = await made(talk, "a star --region left --feather 4", image=cat)
    reply = await talk.say("vary", id=f"{before.id} --by image -n 1")
    image = recipe_of(reply).image
    assert image is not None
    assert before.recipe.image is not None
    assert (image.region, image.feather) == (Region(0, 0, 0.5, 1), 4)
    assert image.sha256 != before.recipe.image.sha256


async def with_recipe(talk: Talk, recipe: Recipe, **job: Any) -> PictureRecord:
    """Let a job of any recipe be made, and return its picture."""
    new = NewJob(
        recipe=recipe, actor="console:ann", reply_to=ReplyTo("console", "a"), count=1, **job
    )
    record = await talk.app.store.jobs.add(new)
    talk.app.runner.wake(record)
    await talk.app.runner.idle()
    return await stored(talk, f"{record.id}.1")


async def test_noise_that_was_varied_too_often_is_left_for_the_picture_itself(talk: Talk) -> None:
    first = await made(talk)
    often = tuple(Variation(seed, 0.1) for seed in range(VARIATIONS_MAX))
    before = await with_recipe(talk, first.recipe.changed(variations=often))
    accepted, *_, reply = await talk.states("vary", id=before.id, count=1)
    recipe = recipe_of(reply)
    assert recipe.variations == ()
    assert recipe.image is not None
    assert "varied 8 times, the most: I repaint it instead" in accepted.text


async def test_of_an_enlargement_what_it_was_made_from_is_varied(talk: Talk) -> None:
    first = await made(talk)
    image = (await talk.say("vary", id=f"{first.id} --by image -n 1")).data[0]["recipe"]["image"]
    start = recipe_from({**first.recipe.to_dict(), "image": image})
    large = start.changed(width=256, height=256, upscale=Upscale(2))
    enlarged = await with_recipe(talk, large, parent=first.id, command="upscale")
    again = await with_recipe(talk, large.changed(seed=9), parent=enlarged.id, command="reroll")
    accepted, *_, reply = await talk.states("vary", id=again.id, count=1)
    assert reply.data[0]["parent"] == first.id
    assert recipe_of(reply).changed(variations=()) == first.recipe
    assert f"#{again.id} was enlarged from #{first.id}, which is what I vary." in accepted.text
    await talk.app.store.jobs.delete(first.job)
    refused = await talk.answer("vary", id=again.id)
    assert f"What {again.id} was enlarged from is not here any more" in refused.text


async def test_a_picture_without_its_file_can_be_varied_by_its_noise(talk: Talk) -> None:
    before = await made(talk)
    await talk.app.store.pictures.expire(utc_now(), 9)
    assert (await stored(talk, before.id)).absent == "expired"
    reply = await talk.say("vary", id=f"{before.id} -n 1")
    assert reply.exit_code == 0
    refused = await talk.answer("vary", id=f"{before.id} --by image")
    assert "has no file any more" in refused.text


async def test_private_pictures_have_private_variations(talk: Talk) -> None:
    before = await made(talk, "a secret --private")
    assert (await talk.say("vary", id=f"{before.id} -n 1")).private
    refused = await talk.answer("vary", actor="console:bob", id=before.id)
    assert "There is no job or picture" in refused.text


async def test_a_button_below_each_picture_varies_it_a_little(talk: Talk) -> None:
    reply = await talk.say("imagine", prompt="a star --seed 5 --count 2")
    buttons = [button for button in reply.buttons if button.action == "vary"]
    assert [(button.label, button.target) for button in buttons] == [
        ("Vary 1", f"{reply.job}.1"),
        ("Vary 2", f"{reply.job}.2"),
    ]
    click = Click("vary", buttons[1].target, "console:bob", ReplyTo("console", "a"))
    accepted = await talk.app.service.click(click)
    recipe = recipe_of(accepted)
    assert (recipe.seed, [each.amount for each in recipe.variations]) == (6, [0.15])
    await talk.app.runner.idle()
    record = await talk.app.store.jobs.get(str(accepted.job))
    assert record is not None
    assert (record.count, record.parent, record.command) == (4, f"{reply.job}.2", "vary")


async def test_a_plain_reroll_of_a_variation_is_another_variation(talk: Talk) -> None:
    before = await made(talk)
    first = await talk.say("vary", id=f"{before.id} --seed 12 -n 1")
    again = recipe_of(await talk.say("reroll", id=str(first.job)))
    assert again.seed == 5
    assert again.variations[0].seed != 12
    assert again.changed(variations=()) == before.recipe
    kept = recipe_of(await talk.say("reroll", id=f"{first.job} --steps 9"))
    assert kept.variations == (Variation(12, 0.15),)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--strength 0.3", "strength"),
        ("--strength strongg", "strong"),
        ("--by hand", "noise"),
        ("--count 5", "1 … 4"),
        ("--seed -1", "seed"),
        ("--steps 4", "--steps"),
        ("and make it blue", "id cannot be"),
    ],
)
async def test_what_vary_cannot_do_is_one_sentence(talk: Talk, words: str, said: str) -> None:
    before = await made(talk)
    refused = await talk.answer("vary", id=f"{before.id} {words}")
    assert refused.exit_code != 0
    assert refused.problem is not None
    assert said in refused.text


async def test_a_job_without_a_picture_cannot_be_varied_yet(talk: Talk) -> None:
    talk.engine.hold.clear()
    job = (await talk.answer("imagine", prompt="a star")).job
    refused = await talk.answer("vary", id=str(job))
    assert f"#{job} has no picture" in refused.text
    talk.engine.hold.set()

"""Input pictures on their way from a command to a recipe, in a bot on a fake engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.invocation import Attachment, Click
from bot.service.recipes.starting_from import STRENGTHS
from generation.recipe import Recipe
from generation.recipe_reading import recipe_from
from storage.records import ReplyTo, utc_now
from tests.unit.bot.conftest import Talk

BOB = "console:bob"


def sent(folder: Path, size: tuple[int, int] = (128, 128), *, hole: bool = False) -> Attachment:
    picture = Image.new("RGBA", size, "red")
    if hole:
        picture.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    path = folder / f"sent-{size[0]}x{size[1]}-{hole}.png"
    picture.save(path)
    return Attachment(path, "fox.png")


def mask(folder: Path, size: tuple[int, int], shade: str = "white") -> Attachment:
    path = folder / f"mask-{shade}.png"
    Image.new("RGB", size, shade).save(path)
    return Attachment(path, "mask.png")


async def accepted(talk: Talk, command: str = "imagine", **options: Any) -> tuple[str, Recipe]:
    reply = await talk.say(command, **options)
    assert reply.exit_code == 0, reply.text
    return str(reply.job), recipe_from(reply.data[0]["recipe"])


async def size_of(talk: Talk, sha256: str) -> tuple[int, int]:
    stored = await talk.app.store.inputs.get(sha256)
    assert stored is not None
    return stored.width, stored.height


async def test_a_picture_in_which_nothing_is_to_be_seen_is_refused(talk: Talk) -> None:
    path = talk.folder / "layer.png"
    Image.new("RGBA", (128, 128), (0, 0, 0, 0)).save(path)
    reply = await talk.say("imagine", prompt="a wolf", image=Attachment(path, "layer.png"))
    assert reply.exit_code == 2
    assert "layer.png is transparent everywhere" in reply.text


async def test_a_whole_picture_is_stored_as_it_came(talk: Talk) -> None:
    _, recipe = await accepted(talk, prompt="a wolf", image=sent(talk.folder, (131, 77)))
    assert recipe.image is not None
    assert await size_of(talk, recipe.image.sha256) == (131, 77)
    assert (recipe.width, recipe.height) == (160, 96)


async def test_a_picture_that_is_partly_kept_is_stored_in_whole_latents(talk: Talk) -> None:
    size = (131, 77)
    _, recipe = await accepted(
        talk, prompt="a wolf", image=sent(talk.folder, size), mask=mask(talk.folder, size)
    )
    assert recipe.image is not None
    assert recipe.image.mask is not None
    assert await size_of(talk, recipe.image.sha256) == (128, 72)
    assert await size_of(talk, recipe.image.mask) == (128, 72)
    assert (recipe.width, recipe.height) == (128, 72)


async def test_the_mask_of_what_is_transparent_is_handed_to_the_engine(talk: Talk) -> None:
    _, recipe = await accepted(talk, prompt="a wolf", image=sent(talk.folder, hole=True))
    assert recipe.image is not None
    assert recipe.image.strength == STRENGTHS["clear"]
    await talk.app.runner.idle()
    files = talk.engine.orders[0].inputs
    assert set(files) == set(recipe.inputs)
    assert recipe.image.mask is not None
    with Image.open(files[recipe.image.mask]) as kept:
        assert kept.mode == "L"
        assert (kept.getpixel((5, 5)), kept.getpixel((100, 5))) == (255, 0)


async def test_the_mask_of_what_is_transparent_can_be_left_out(talk: Talk) -> None:
    image = sent(talk.folder, (131, 77), hole=True)
    _, recipe = await accepted(talk, prompt="a wolf --mask none", image=image)
    assert recipe.image is not None
    assert recipe.image.mask is None
    assert await size_of(talk, recipe.image.sha256) == (131, 77)


async def test_a_black_mask_is_refused_and_nothing_is_asked_for(talk: Talk) -> None:
    options: dict[str, Any] = {
        "image": sent(talk.folder),
        "mask": mask(talk.folder, (128, 128), "black"),
    }
    reply = await talk.say("imagine", prompt="a wolf", **options)
    assert reply.exit_code == 2
    assert "nothing white" in reply.text
    assert reply.job is None


async def test_the_size_of_ones_own_settings_gives_way_to_an_input_picture(talk: Talk) -> None:
    assert (await talk.say("settings", size="64x64")).exit_code == 0
    _, recipe = await accepted(talk, prompt="a wolf", image=sent(talk.folder, (256, 128)))
    assert recipe.width > recipe.height
    _, recipe = await accepted(talk, prompt="a wolf")
    assert (recipe.width, recipe.height) == (64, 64)


@pytest.mark.parametrize(
    "flags", ["--region top-left --feather 4", "--extend left 25%,bottom 8px", "--strength 0.3"]
)
async def test_an_edit_form_that_is_sent_as_it_came_changes_nothing(talk: Talk, flags: str) -> None:
    job, recipe = await accepted(talk, prompt=f"a wolf --seed 3 {flags}", image=sent(talk.folder))
    press = Click("edit", job, "console:ann", ReplyTo("console", "a"))
    form = (await talk.app.service.click(press)).form
    assert form is not None
    filled = {field.name: field.value for field in form.fields}
    again = await talk.app.service.click(
        Click("edit", job, "console:ann", ReplyTo("console", "a"), form=filled)
    )
    assert again.exit_code == 0, again.text
    assert recipe_from(again.data[0]["recipe"]) == recipe


async def test_a_reroll_can_take_the_part_and_the_picture_away(talk: Talk) -> None:
    image = sent(talk.folder)
    job, recipe = await accepted(talk, prompt="a wolf --seed 3 --extend all 64px", image=image)
    assert (recipe.width, recipe.height) == (256, 256)
    job, recipe = await accepted(talk, "reroll", id=f"{job} --extend none")
    assert recipe.image is not None
    assert (recipe.image.is_partly_kept, recipe.width, recipe.seed) == (False, 128, 3)
    _, recipe = await accepted(talk, "reroll", id=f"{job} --image none")
    assert recipe.image is None


async def test_a_picture_that_grows_too_large_is_refused(talk: Talk) -> None:
    reply = await talk.say(
        "imagine", prompt="a wolf --extend all 400%", image=sent(talk.folder, (512, 512))
    )
    assert "4608x4608 is more than" in reply.text
    assert reply.job is None


async def test_the_form_for_a_picture_takes_the_strength_that_fits_its_part(talk: Talk) -> None:
    job, _ = await accepted(talk, prompt="a star")
    where = ReplyTo("console", "a")
    form = (await talk.app.service.click(Click("use", job, "console:ann", where))).form
    assert form is not None
    filled = {field.name: field.value for field in form.fields} | {"prompt": "a wolf"}
    for settings, strength in (("", STRENGTHS["whole"]), ("--region left", STRENGTHS["part"])):
        sent_form = filled | {"settings": settings}
        reply = await talk.app.service.click(
            Click("use", job, "console:ann", where, form=sent_form)
        )
        assert reply.data[0]["recipe"]["image"]["strength"] == strength


async def test_what_came_with_a_refused_command_is_deleted_again(talk: Talk) -> None:
    folder = talk.app.service.desk.files.folder / "inputs"

    def files() -> list[Path]:
        return [path for path in folder.rglob("*") if path.is_file()]

    picture, part = sent(talk.folder), mask(talk.folder, (128, 128))
    wrong = {"prompt": "a fox --size 4096x4096"}
    assert (await talk.answer("imagine", **wrong, image=picture)).exit_code == 2
    ugly = await talk.answer("imagine", prompt="an ugly fox", image=picture, mask=part)
    assert ugly.exit_code == 1
    assert files() == []
    job, _ = await accepted(talk, prompt="a wolf", image=picture)
    assert (await talk.answer("imagine", **wrong, image=picture)).exit_code == 2
    assert len(files()) == 1, "another job starts from it"
    refused = await talk.answer("reroll", id=f"{job} an ugly wolf", image=picture, mask=part)
    assert refused.exit_code == 1
    assert len(files()) == 1
    assert (await talk.answer("upscale", id=f"{job} --upscaler none")).exit_code == 2
    assert len(files()) == 1


@pytest.mark.parametrize("sign", ["", "#"])
async def test_a_picture_that_was_made_here_is_started_from_by_its_id(
    talk: Talk, sign: str
) -> None:
    made = await talk.say("imagine", prompt="a star --count 2 --seed 3")
    prompt = f"a wolf --image {sign}{made.job}.2 --extend left 25%"
    asked = replace(talk.invocation("imagine", BOB, "a", prompt=prompt), local_folder=None)
    reply = await talk.app.service.answer(asked)
    recipe = recipe_from(reply.data[0]["recipe"])
    assert (recipe.width, reply.data[0]["parent"]) == (160, None)
    assert recipe.image is not None
    stored = await talk.app.store.inputs.get(recipe.image.sha256)
    assert stored is not None
    with (
        Image.open(talk.app.service.desk.files.path(stored.path)) as kept,
        Image.open(made.pictures[1].path) as picture,
    ):
        assert kept.tobytes() == picture.tobytes()
    again = await talk.say("reroll", id=f"{made.job} --image {sign}{made.job}")
    assert again.data[0]["recipe"]["image"] is not None


async def test_of_pictures_made_here_only_those_that_may_be_seen_are_started_from(
    talk: Talk,
) -> None:
    made = await talk.say("imagine", prompt="a star --private")
    own, _ = await accepted(talk, prompt=f"a wolf --image {made.job}")
    job = await talk.app.store.jobs.get(own)
    assert job is not None
    assert job.private, "what is private does not get about"
    for identifier in (str(made.job), "nobody", f"{made.job}.7"):
        reply = await talk.say("imagine", actor=BOB, prompt=f"a wolf --image {identifier}")
        assert (reply.exit_code, reply.job) == (1, None), reply.text
        assert identifier in reply.text
    await talk.app.store.pictures.expire(utc_now(), 9)
    gone = await talk.say("imagine", prompt=f"a wolf --image {made.job}")
    assert "has no file any more" in gone.text


async def test_a_file_goes_before_a_picture_made_here_of_the_same_name(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star")
    Image.new("RGB", (192, 64), "red").save(talk.folder / str(made.job), "PNG")
    _, recipe = await accepted(talk, prompt=f"a wolf --image {made.job}")
    assert recipe.image is not None
    assert await size_of(talk, recipe.image.sha256) == (192, 64)


async def test_a_reroll_that_starts_from_a_picture_leaves_out_the_refiner_as_a_new_one_does(
    talk: Talk,
) -> None:
    job, first = await accepted(talk, prompt="a wolf")
    assert first.refiner is not None
    _, new = await accepted(talk, prompt="a wolf", image=sent(talk.folder))
    _, again = await accepted(talk, "reroll", id=job, image=sent(talk.folder))
    assert (new.refiner, again.refiner) == (None, None)
    _, asked = await accepted(talk, "reroll", id=f"{job} --refiner 0.9", image=sent(talk.folder))
    assert asked.refiner is not None

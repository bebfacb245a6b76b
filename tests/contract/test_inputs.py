"""Pictures to start from: a path at the machine, an attachment in Discord, a link in Slack."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from generation.recipe_parts import Extend, Region
from tests.contract.talk import Talk, job_of, made, recipe_of, record_of, stored_by
from tests.contract.town import Town
from tests.unit.generation.test_images import png_that_claims

pytestmark = pytest.mark.asyncio(loop_scope="session")


def painted(folder: Path, name: str, colour: str) -> Path:
    path = folder / name
    Image.new("RGB", (128, 128), colour).save(path)
    return path


async def test_a_picture_and_a_mask_with_a_strength_are_part_of_the_recipe(
    talk: Talk, tmp_path: Path
) -> None:
    files = {
        "image": painted(tmp_path, "fox.png", "red"),
        "mask": painted(tmp_path, "mask.png", "white"),
    }
    answer = await made(talk, "/imagine a wolf --seed 3 --strength 0.4", files=files)
    image = recipe_of(answer.pictures[0]).image
    assert image is not None
    assert image.strength == 0.4
    assert image.mask
    assert image.mask != image.sha256
    kept = await talk.app.store.inputs.get(image.sha256)
    assert kept is not None
    with Image.open(talk.app.service.desk.files.path(kept.path)) as there:
        assert there.getpixel((5, 5)) == (255, 0, 0)
    again = await made(talk, f"/reroll {job_of(answer)} --strength 0.6")
    changed = (await record_of(talk, again)).recipe.image
    assert changed is not None
    assert (changed.sha256, changed.mask, changed.strength) == (image.sha256, image.mask, 0.6)


async def test_the_same_picture_is_the_same_input_on_every_surface(
    town: Town, tmp_path: Path
) -> None:
    files = {"image": painted(tmp_path, "fox.png", "red")}
    answers = [await made(talk, "/imagine a wolf --seed 3", files=files) for talk in town.talks()]
    assert len({recipe_of(answer.pictures[0]) for answer in answers}) == 1


async def test_what_is_no_picture_is_refused_by_its_name(talk: Talk, tmp_path: Path) -> None:
    file = tmp_path / "notes.png"
    file.write_bytes(b"no picture at all")
    answer = await talk.say("/imagine a wolf", files={"image": file})
    assert answer.text.strip().endswith("is no PNG, JPEG or WebP picture: send one of these.")
    assert "notes.png" in answer.text
    assert answer.private
    assert await stored_by(talk) == []


async def test_a_small_file_that_claims_to_be_huge_is_refused_unopened(
    talk: Talk, tmp_path: Path
) -> None:
    file = tmp_path / "bomb.png"
    file.write_bytes(png_that_claims(50_000, 50_000))
    inputs = talk.app.service.desk.files.path("inputs")
    before = set(inputs.rglob("*"))
    answer = await talk.say("/imagine a wolf", files={"image": file})
    assert answer.text.strip().endswith("pixels, too many: make it smaller.")
    assert answer.private
    assert await stored_by(talk) == []
    assert set(inputs.rglob("*")) == before


async def test_what_a_camera_wrote_into_a_picture_is_not_kept(talk: Talk, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    exif.get_ifd(0x8825)[1] = "N"
    file = tmp_path / "photo.jpg"
    Image.new("RGB", (128, 128), "red").save(file, exif=exif)
    answer = await made(talk, "/imagine a wolf --seed 3", files={"image": file})
    image = recipe_of(answer.pictures[0]).image
    assert image is not None
    kept = await talk.app.store.inputs.get(image.sha256)
    assert kept is not None
    path = talk.app.service.desk.files.path(kept.path)
    assert b"maker" not in path.read_bytes()
    with Image.open(path) as there:
        assert not there.getexif()
    assert b"maker" not in answer.pictures[0]


async def test_a_mask_alone_is_refused(talk: Talk, tmp_path: Path) -> None:
    answer = await talk.say("/imagine a wolf", files={"mask": painted(tmp_path, "m.png", "white")})
    assert answer.text.strip() == "mask needs an input picture: give one with image."
    assert answer.private


async def test_a_part_of_a_picture_is_named_in_words(talk: Talk, tmp_path: Path) -> None:
    files = {"image": painted(tmp_path, "fox.png", "red")}
    answer = await made(
        talk, "/imagine a hat --seed 3 --region 10%,20%,50%,80% --feather 4", files=files
    )
    recipe = recipe_of(answer.pictures[0])
    assert recipe.image is not None
    assert recipe.image.region == Region(0.1, 0.2, 0.5, 0.8)
    assert (recipe.image.feather, recipe.width, recipe.height) == (4, 128, 128)
    assert "region 10%,20%,50%,80%" in answer.text
    again = await made(talk, f"/reroll {job_of(answer)} --region left")
    changed = recipe_of(again.pictures[0])
    assert changed.image is not None
    assert changed.image.region == Region(0, 0, 0.5, 1)
    assert (changed.image.sha256, changed.seed) == (recipe.image.sha256, 3)


async def test_a_picture_goes_on_beyond_its_edges(talk: Talk, tmp_path: Path) -> None:
    files = {"image": painted(tmp_path, "fox.png", "red")}
    answer = await made(talk, "/imagine a wood --extend left 25%, top 64px", files=files)
    recipe = recipe_of(answer.pictures[0])
    assert recipe.image is not None
    assert recipe.image.extend == Extend(left=32, top=64)
    assert (recipe.width, recipe.height) == (160, 192)
    with Image.open(io.BytesIO(answer.pictures[0])) as picture:
        assert picture.size == (160, 192)


async def test_what_is_transparent_in_a_picture_is_the_part_to_paint(
    talk: Talk, tmp_path: Path
) -> None:
    holed = Image.new("RGBA", (128, 128), "red")
    holed.paste((0, 0, 0, 0), (32, 32, 96, 96))
    holed.save(tmp_path / "holed.png")
    answer = await made(talk, "/imagine a hat", files={"image": tmp_path / "holed.png"})
    image = recipe_of(answer.pictures[0]).image
    assert image is not None
    assert image.mask is not None
    kept = await talk.app.store.inputs.get(image.mask)
    assert kept is not None
    with Image.open(talk.app.service.desk.files.path(kept.path)) as mask:
        greys = mask.convert("L")
        assert (greys.getpixel((64, 64)), greys.getpixel((5, 5))) == (255, 0)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--region lefty", "region"),
        ("--region 50%,0,10%,100%", "region"),
        ("--extend left", "left 25%"),
        ("--extend left 900%", "400%"),
        ("--extend left 3px", "multiples of 8"),
        ("--region left --extend left 25%", "extend"),
        ("--feather 4", "feather"),
        ("--strength 2", "0.05 … 1"),
    ],
)
async def test_what_no_part_can_be_is_said_in_a_sentence(
    talk: Talk, tmp_path: Path, flags: str, words: str
) -> None:
    files = {"image": painted(tmp_path, "fox.png", "red")}
    refused = await talk.say(f"/imagine a hat {flags}", files=files)
    assert words in refused.text
    assert "\n" not in refused.text.strip()
    assert refused.private
    assert await stored_by(talk) == []


async def test_a_part_alone_is_refused(talk: Talk) -> None:
    for name, value in (("region", "left"), ("extend", "left 25%"), ("feather", "4")):
        answer = await talk.say(f"/imagine a wolf --{name} {value}")
        assert answer.text.strip() == f"{name} needs an input picture: give one with image."


async def test_a_file_that_was_made_here_tells_its_recipe(talk: Talk, tmp_path: Path) -> None:
    answer = await made(talk, "/imagine a fox++ --seed 5 --steps 9")
    file = tmp_path / "found.png"
    file.write_bytes(answer.pictures[0])
    shown = await talk.say("/show", files={"file": file})
    assert f"#{job_of(answer)}.1" in shown.text
    assert "a fox++" in shown.text
    assert "--steps 9" in shown.text

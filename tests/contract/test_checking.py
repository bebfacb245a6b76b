"""Whether a recipe still gives the same pixels."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.contract.talk import Talk, job_of, made, pictured, stored_by, told
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_same_pixels_are_called_identical_and_no_job_is_left(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox -n 2")
    job = job_of(first)
    check = await told(talk, f"/verify {job}", "pixel for pixel")
    for number in (1, 2):
        assert f"{job}.{number} came out identical, pixel for pixel." in check.text
    assert check.pictures == []
    assert [each.id for each in await stored_by(talk)] == [job]


async def test_other_pixels_are_called_different_with_by_how_much(talk: Talk, town: Town) -> None:
    first = await made(talk, "/imagine a fox -n 2")
    town.engine.tint = "another version"
    check = await told(talk, f"/verify {job_of(first)}.2", "different")
    assert f"{job_of(first)}.2 came out different: by" in check.text
    assert "PSNR" in check.text
    assert f"{job_of(first)}.1" not in check.text


async def test_where_pixels_differ_can_be_seen_beside_both_pictures(talk: Talk, town: Town) -> None:
    first = await made(talk, "/imagine a fox --size 64x96")
    town.engine.tint = "another version"
    check = await pictured(await talk.say(f"/verify {job_of(first)}"))
    assert "From left to right: as stored, as made again" in check.text
    (seen,) = check.pictures
    (before,) = first.pictures
    with Image.open(io.BytesIO(seen)) as sheet, Image.open(io.BytesIO(before)) as stored:
        assert sheet.size == (3 * 64 + 2 * 8, 96)
        left, middle, right = (sheet.getpixel((x, 50)) for x in (30, 102, 174))
        assert left == stored.getpixel((30, 50))
    assert left != middle
    assert isinstance(right, tuple)
    assert max(right) > 127


async def test_without_an_id_the_last_job_is_checked(talk: Talk) -> None:
    first = await made(talk, "/imagine a fox")
    check = await told(talk, "/verify", "identical")
    assert f"{job_of(first)}.1 came out identical" in check.text


async def test_what_has_changed_since_is_said_wherever_a_picture_comes_again(
    talk: Talk, town: Town
) -> None:
    town.engine.environment = {"versions": {"torch": "0.1"}}
    first = job_of(await made(talk, "/imagine a fox"))
    shown = await made(talk, f"/show {first}")
    assert "Changed since: torch 0.1 → " in shown.text
    town.engine.environment = {"versions": {"torch": "9.9"}}
    again = await made(talk, f"/reroll {first}")
    assert "Changed since: torch 0.1 → 9.9." in again.text
    check = await told(talk, f"/verify {first}", "pixel for pixel")
    assert "Changed since: torch 0.1 → 9.9." in check.text
    assert "Changed" not in (await made(talk, f"/reroll {job_of(again)}")).text

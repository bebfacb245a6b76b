from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.adapters.discord.pictures import File, Room, Shown, shown
from bot.adapters.discord.rendering import render
from bot.reply import PictureView, Reply
from bot.texts import size_text

MB = 10**6
ROOM = Room(10 * MB, 24 * MB)
Paint = Callable[..., PictureView]


@pytest.fixture
def paint(tmp_path: Path) -> Paint:
    """Makes pictures of noise, which no format makes small, or of one colour; bulky: as large
    a file as there are pixels.
    """

    def paint(
        number: int,
        size: int = 64,
        *,
        noise: bool = False,
        bulky: bool = False,
        job: str = "k7f3q2",
    ) -> PictureView:
        path = tmp_path / f"{job}.{number}.png"
        image = Image.new("RGB", (size, size), (number * 20, 255 - number * 20, 90))
        if noise:
            grains = np.random.default_rng(number).integers(0, 256, (size, size, 3), np.uint8)
            image = Image.fromarray(grains)
        image.save(path, compress_level=0 if bulky else 6)
        return PictureView(f"{job}.{number}", path, size, size, number, "a star")

    return paint


def opened(file: File) -> Image.Image:
    return Image.open(io.BytesIO(file.data))


def names(made: Shown) -> list[str]:
    return [file.name for file in made.files]


def notes(made: Shown) -> list[str]:
    return ["".join(span.text for span in note) for note in made.notes]


def test_a_picture_that_fits_is_sent_byte_for_byte(paint: Paint) -> None:
    picture = replace(paint(1), sensitive=True, alt="a *star*\n@here\x07")
    made = shown([picture], ROOM, 10)
    assert made.files == (
        File("k7f3q2.1.png", picture.path.read_bytes(), "a *star* @here", spoiler=True),
    )
    assert made.notes == ()


def test_a_file_of_exactly_the_limit_is_sent_as_it_is(paint: Paint) -> None:
    picture = paint(1)
    size = picture.path.stat().st_size
    assert names(shown([picture], Room(size, MB), 10)) == ["k7f3q2.1.png"]
    assert names(shown([picture], Room(size - 1, MB), 10)) == ["k7f3q2.1.webp"]


@pytest.mark.parametrize("text", ["🦊" * 1024, "🦊" * 3000, "x" * 1024, "x" * 1025, "a🦊" * 700])
def test_a_description_fills_what_discord_takes(paint: Paint, text: str) -> None:
    alt = shown([replace(paint(1), alt=text)], ROOM, 10).files[0].alt
    assert 1022 <= len(alt.encode("utf-16-le")) // 2 <= 1024
    assert alt == text or alt == text[: len(alt) - 1] + "…"


def test_four_pictures_come_alone_and_five_with_a_sheet_before_them(paint: Paint) -> None:
    pictures = [paint(number) for number in range(1, 6)]
    assert names(shown(pictures[:4], ROOM, 10)) == [f"k7f3q2.{n}.png" for n in range(1, 5)]
    assert names(shown(pictures, ROOM, 10)) == [
        "k7f3q2.all.webp",
        *(f"k7f3q2.{n}.png" for n in range(1, 6)),
    ]


def places(file: File, pictures: int) -> list[tuple[float, float]]:
    """Return where the pictures of a sheet are, by their colours: down, then across."""
    seen = np.asarray(opened(file).convert("RGB"), int)
    found = []
    for number in range(1, pictures + 1):
        near = np.abs(seen - (number * 20, 255 - number * 20, 90)).max(axis=2) < 8
        down, across = np.nonzero(near)
        assert len(down) > 1000, f"picture {number} is not on the sheet"
        found.append((float(round(down.mean() / 50)), float(across.mean())))
    return found


def test_the_sheet_shows_the_pictures_in_their_order(paint: Paint) -> None:
    pictures = [replace(paint(n, 300), sensitive=n == 3) for n in range(1, 7)]
    sheet = shown(pictures, ROOM, 10).files[0]
    there = places(sheet, 6)
    assert there == sorted(there)
    assert sheet.spoiler
    assert sheet.alt == "6 pictures on one sheet: a star"


def test_nine_pictures_and_the_sheet_fill_a_message(paint: Paint) -> None:
    nine = [paint(number) for number in range(1, 10)]
    made = shown(nine, ROOM, 10)
    assert len(made.files) == 10
    assert made.notes == ()


def test_more_pictures_than_fit_are_on_the_sheet_and_counted(paint: Paint) -> None:
    pictures = [paint(1, job=f"k7f3{number}0") for number in range(1, 7)]
    pictures += [paint(2, job=f"k7f3{number}0") for number in range(1, 7)]
    made = shown(pictures, ROOM, 10)
    assert names(made) == ["all.webp", *(f"{picture.id}.png" for picture in pictures[:9])]
    assert notes(made) == ["3 more pictures have no room here: /show and an id shows one."]


def test_a_picture_over_the_limit_keeps_its_pixels_in_a_smaller_file(paint: Paint) -> None:
    picture = paint(1, 400, noise=True)
    size = picture.path.stat().st_size
    made = shown([picture], Room(size * 2 // 3, MB), 10)
    assert names(made) == ["k7f3q2.1.webp"]
    assert len(made.files[0].data) <= size * 2 // 3
    assert opened(made.files[0]).size == (400, 400)
    (note,) = notes(made)
    assert note == (
        "k7f3q2.1 is too large for one message here, so what you see is compressed. "
        f"The original PNG, {size_text(size)}, stays on the bot's machine: its owner finds it "
        "with reroll show k7f3q2.1."
    )


def test_only_where_nothing_else_helps_pixels_are_lost(paint: Paint) -> None:
    made = shown([paint(1, 400, noise=True)], Room(6000, MB), 10)
    assert len(made.files[0].data) <= 6000
    assert 100 <= opened(made.files[0]).size[0] < 400


def test_several_smaller_copies_are_told_of_together(paint: Paint) -> None:
    pictures = [paint(number, bulky=True) for number in (1, 2, 3)]
    (note,) = notes(shown(pictures, Room(2000, MB), 10))
    assert note.startswith("k7f3q2.1, k7f3q2.2 and k7f3q2.3 are too large for one message here, ")
    size = sum(picture.path.stat().st_size for picture in pictures)
    assert f"The original PNGs, {size_text(size)}, stay on the bot's machine" in note


def test_a_picture_that_cannot_fit_at_all_is_said_to_be_kept(paint: Paint) -> None:
    made = shown([paint(1, 800, noise=True), paint(2)], Room(200, MB), 10)
    assert names(made) == ["k7f3q2.2.png"]
    (note,) = notes(made)
    assert note == (
        "k7f3q2.1 is too large for one message here. It stays on the bot's machine: "
        "its owner finds it with reroll show k7f3q2.1."
    )


def test_no_more_pictures_are_made_smaller_than_the_message_needs(paint: Paint) -> None:
    pictures = [paint(1), *(paint(number, 300, bulky=True) for number in (2, 3, 4))]
    total = sum(picture.path.stat().st_size for picture in pictures)
    whole = shown(pictures, Room(total, total), 10)
    assert names(whole) == [f"k7f3q2.{number}.png" for number in (1, 2, 3, 4)]
    made = shown(pictures, Room(total, total - 1), 10)
    assert names(made) == ["k7f3q2.1.png", "k7f3q2.2.webp", "k7f3q2.3.png", "k7f3q2.4.png"]
    made = shown(pictures[::-1], Room(total, total - 1), 10)
    assert names(made) == ["k7f3q2.4.webp", "k7f3q2.3.png", "k7f3q2.2.png", "k7f3q2.1.png"]


def test_files_that_cannot_be_much_smaller_share_the_message(paint: Paint) -> None:
    pictures = [paint(number, 300, noise=True) for number in (1, 2, 3)]
    total = 60_000
    made = shown(pictures, Room(MB, total), 10)
    assert names(made) == [f"k7f3q2.{number}.webp" for number in (1, 2, 3)]
    assert sum(len(file.data) for file in made.files) <= total


def test_the_sheet_counts_towards_the_message(paint: Paint) -> None:
    pictures = [paint(number, 200, noise=True) for number in range(1, 10)]
    total = sum(picture.path.stat().st_size for picture in pictures)
    made = shown(pictures, Room(total, total), 10)
    assert len(made.files) == 10
    assert sum(len(file.data) for file in made.files) <= total


def test_a_missing_picture_does_not_take_the_others_along(paint: Paint) -> None:
    first, second = paint(1), paint(2)
    first.path.unlink()
    made = shown([first, second], ROOM, 10)
    assert names(made) == ["k7f3q2.2.png"]
    assert notes(made) == [
        "The file of k7f3q2.1 is gone or damaged: /reroll k7f3q2.1 --seed 1 makes it again."
    ]


@pytest.mark.parametrize("damage", ["cut", "words", "folder"])
def test_a_damaged_picture_is_said_to_be_so(paint: Paint, damage: str) -> None:
    picture = paint(1, 200, noise=True)
    whole = picture.path.read_bytes()
    picture.path.unlink()
    if damage == "folder":
        picture.path.mkdir()
    else:
        picture.path.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"words" * 9999)
    made = shown([picture], Room(30_000, MB), 10)
    assert made.files == ()
    assert notes(made)[0].startswith("The file of k7f3q2.1 is gone or damaged")


def test_a_damaged_picture_leaves_the_sheet_to_the_others(paint: Paint) -> None:
    pictures = [paint(number) for number in range(1, 6)]
    pictures[4].path.write_bytes(b"words")
    assert len(places(shown(pictures, ROOM, 10).files[0], 4)) == 4


def test_a_sheet_of_ours_is_named_and_described_and_takes_the_place_of_another(
    paint: Paint,
) -> None:
    sheet = replace(paint(9), id="compare", title="guidance by lora", alt="a star")
    sheet = replace(sheet, path=sheet.path.rename(sheet.path.with_suffix(".jpg")))
    made = shown((sheet, *(paint(number) for number in range(1, 7))), ROOM, 10)
    assert names(made) == ["compare.jpg", *(f"k7f3q2.{number}.png" for number in range(1, 7))]
    assert made.files[0].alt == "guidance by lora: a star"
    assert notes(made) == []


def test_of_a_sheet_that_is_gone_or_smaller_nothing_is_said(paint: Paint) -> None:
    sheet = replace(paint(9, 128, noise=True), id="compare", title="A sheet")
    small = shown((paint(1), sheet), Room(30_000, 10 * MB), 10)
    assert names(small) == ["k7f3q2.1.png", "compare.webp"]
    sheet.path.unlink()
    gone = shown((paint(1), sheet), ROOM, 10)
    assert names(gone) == ["k7f3q2.1.png"]
    assert notes(small) == notes(gone) == []


def test_pictures_and_their_notes_are_part_of_a_message(paint: Paint) -> None:
    rendered = render(Reply(pictures=(paint(1, 200, noise=True),)), 100_000)
    assert [file.name for file in rendered.files] == ["k7f3q2.1.webp"]
    assert rendered.content.startswith("-# k7f3q2.1 is too large for one message here")


def test_an_unknown_limit_is_the_one_that_every_server_has(paint: Paint) -> None:
    picture = paint(1, 2000, bulky=True)
    assert picture.path.stat().st_size > 10 * 2**20
    (file,) = render(Reply(pictures=(picture,)), 0).files
    assert file.name == "k7f3q2.1.webp"
    (file,) = render(Reply(pictures=(picture,)), picture.path.stat().st_size).files
    assert file.name == "k7f3q2.1.png"


def test_a_message_stays_under_what_discord_takes_at_once(paint: Paint) -> None:
    pictures = tuple(paint(number, 1500, bulky=True) for number in range(1, 5))
    assert sum(picture.path.stat().st_size for picture in pictures) > 25 * 2**20
    files = render(Reply(pictures=pictures), 100 * MB).files
    assert len(files) == 4
    assert sum(len(file.data) for file in files) < 24.5 * 2**20

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bot.drawing.saving import encoded
from bot.drawing.sheet import SIDE, Cell, draw_sheet

COLOURS = ["red", "lime", "blue", "yellow", "cyan", "magenta", "white", "orange", "purple"]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{colour}.png" for colour in COLOURS]
    for path, colour in zip(paths, COLOURS, strict=True):
        Image.new("RGB", (64, 64), colour).save(path)
    return paths


def boxes(sheet: Image.Image) -> dict[str, tuple[int, int, int, int]]:
    """Return where the pictures of each colour are: left, top, right, bottom."""
    found = {}
    for colour in COLOURS:
        wanted = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
        assert isinstance(wanted, tuple)
        bands = [
            band.point([255 if value == level else 0 for level in range(256)])
            for band, value in zip(sheet.split(), wanted, strict=True)
        ]
        mask = Image.new("L", sheet.size, 255)
        for band in bands:
            mask = Image.composite(mask, Image.new("L", sheet.size), band)
        if (box := mask.getbbox()) and box[2] - box[0] > 20:
            found[colour] = box
    return found


def test_pictures_stand_in_order_each_as_large_as_the_others(pictures: list[Path]) -> None:
    found = boxes(draw_sheet([Cell(path, path.stem) for path in pictures]))
    assert list(found) == COLOURS
    sizes = {(right - left, bottom - top) for left, top, right, bottom in found.values()}
    assert sizes == {(256, 256)}, "small ones are enlarged"
    lefts = [box[0] for box in found.values()]
    assert lefts[0] == lefts[3] == lefts[6] < lefts[1] == lefts[4] < lefts[2]
    tops = [box[1] for box in found.values()]
    assert tops[0] == tops[1] == tops[2] < tops[3] < tops[6]


def test_a_grid_has_a_row_for_each_of_its_heads(pictures: list[Path]) -> None:
    cells = [Cell(path) for path in pictures[:4]]
    grid = draw_sheet(cells, columns=["guidance 5", "guidance 9"], rows=["lora none", "lora ink"])
    bare = draw_sheet(cells)
    red, lime, blue, _ = boxes(grid).values()
    assert (red[1], red[0]) == (lime[1], blue[0])
    assert red[2] < lime[0]
    assert red[3] < blue[1]
    plain = boxes(bare)["red"]
    assert red[0] > plain[0] + 40, "the heads of rows stand at the left"
    assert red[1] > plain[1], "and those of columns above"


def test_heads_without_rows_stand_above_each_picture_and_wrap(pictures: list[Path]) -> None:
    cells = [Cell(path) for path in pictures[:5]]
    found = boxes(draw_sheet(cells, columns=["one", "two", "three", "four", "five"]))
    assert found["red"][1] == found["blue"][1] < found["yellow"][1]
    bare = boxes(draw_sheet(cells))
    headed_gap = found["yellow"][1] - found["red"][3]
    assert headed_gap > bare["yellow"][1] - bare["red"][3]


def test_pictures_keep_their_shape_in_places_of_the_usual_one(tmp_path: Path) -> None:
    cells = []
    for colour, size in (("red", (96, 48)), ("lime", (48, 96)), ("blue", (96, 48))):
        Image.new("RGB", size, colour).save(tmp_path / f"{colour}.png")
        cells.append(Cell(tmp_path / f"{colour}.png"))
    found = boxes(draw_sheet(cells))
    for colour, aspect in (("red", 2.0), ("lime", 0.5), ("blue", 2.0)):
        left, top, right, bottom = found[colour]
        assert (right - left) / (bottom - top) == pytest.approx(aspect, rel=0.05)
    assert found["lime"][3] - found["lime"][1] == found["red"][3] - found["red"][1]


def test_what_cannot_be_read_is_an_empty_place(pictures: list[Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(pictures[1].read_bytes()[:60])
    text = tmp_path / "text.png"
    text.write_text("no picture")
    gone = Cell(tmp_path / "gone.png", "gone", "no file")
    sheet = draw_sheet(
        [Cell(pictures[0]), Cell(damaged), Cell(text), gone, Cell(None, "", "queued")]
    )
    assert list(boxes(sheet)) == ["red"]
    assert draw_sheet([Cell(None)]).size


@pytest.mark.parametrize("count", [1, 2, 20, 60])
@pytest.mark.parametrize("words", ["", "a very long label with many words " * 9])
def test_no_sheet_is_larger_than_what_a_chat_shows(
    pictures: list[Path], count: int, words: str
) -> None:
    cells = [Cell(pictures[0] if number < 20 else None, words) for number in range(count)]
    sheet = draw_sheet(cells, columns=[words] * count, title=words)
    assert max(sheet.size) <= SIDE
    assert len(encoded(sheet)) < 4_000_000


def test_even_a_sheet_of_nothing_but_noise_is_a_file_that_a_chat_takes() -> None:
    noise = Image.effect_noise((SIDE, SIDE), 200)
    assert (
        len(encoded(Image.merge("RGB", (noise, noise.rotate(90), noise.rotate(180))))) < 4_000_000
    )


def test_a_grid_with_long_heads_is_no_larger(pictures: list[Path]) -> None:
    long = "weight:red 1.6 and a lot more of what people type"
    cells = [Cell(pictures[0], long) for _ in range(20)]
    for columns, rows in ((20, 1), (1, 20), (5, 4)):
        sheet = draw_sheet(cells, columns=[long] * columns, rows=[long] * rows, title=long)
        assert max(sheet.size) <= SIDE

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bot.service.showing.pixel_difference import PANEL, PixelDifference, compare_files

Pixels = npt.NDArray[np.uint8]
GAP = 8


def saved(path: Path, pixels: Pixels) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(5).integers(10, 240, (height, width, 3), dtype=np.uint8)


def compared(folder: Path, before: Pixels, now: Pixels) -> tuple[PixelDifference, list[Pixels]]:
    """Compare two pictures, and return the three panels of the difference's picture, too."""
    stored, made = saved(folder / "stored.png", before), saved(folder / "made.png", now)
    found = compare_files(stored, made, folder / "difference.png")
    assert found is not None
    with Image.open(folder / "difference.png") as image:
        sheet = np.asarray(image)
    width = (sheet.shape[1] - 2 * GAP) // 3
    return found, [
        sheet[:, start : start + width] for start in range(0, sheet.shape[1], width + GAP)
    ]


def test_a_difference_is_measured_and_shown_beside_both(tmp_path: Path) -> None:
    before = noise(48, 32)
    now = before.copy()
    now[3, 5] += np.array([4, 0, 1], dtype=np.uint8)
    now[7, 9, 1] -= np.uint8(2)
    found, (left, middle, right) = compared(tmp_path, before, now)
    squared = (4**2 + 1 + 2**2) / before.size
    assert (found.greatest, found.factor) == (4, 63)
    assert found.mean == pytest.approx(7 / before.size)
    assert found.psnr == pytest.approx(10 * math.log10(255**2 / squared))
    assert np.array_equal(left, before)
    assert np.array_equal(middle, now)
    expected = np.zeros_like(before)
    expected[3, 5], expected[7, 9, 1] = (252, 0, 63), 126
    assert np.array_equal(right, expected)


def test_the_greatest_possible_difference_is_shown_as_it_is(tmp_path: Path) -> None:
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    found, (_, _, right) = compared(tmp_path, black, white)
    assert (found.greatest, found.mean, found.psnr, found.factor) == (255, 255, 0, 1)
    assert np.array_equal(right, white)


def test_pictures_with_the_same_pixels_have_no_noise_at_all(tmp_path: Path) -> None:
    found, (_, _, right) = compared(tmp_path, noise(8, 8), noise(8, 8))
    assert (found.greatest, found.mean, found.psnr) == (0, 0, math.inf)
    assert not right.any()


def test_of_large_pictures_no_differing_pixel_is_lost(tmp_path: Path) -> None:
    before = noise(1000, 1537)
    now = before.copy()
    now[999, 1536, 0] += np.uint8(1)
    found, panels = compared(tmp_path, before, now)
    shrink = math.ceil(1537 / PANEL)
    assert [panel.shape for panel in panels] == [(-(-1000 // shrink), -(-1537 // shrink), 3)] * 3
    assert found.factor == 255
    assert panels[2][-1, -1].tolist() == [255, 0, 0]
    assert panels[2].sum() == 255


def test_what_cannot_be_compared_is_not(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.png", noise(8, 8))
    small = saved(tmp_path / "small.png", noise(8, 7))
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole.read_bytes()[:60])
    text = tmp_path / "text.png"
    text.write_text("no picture")
    for other in (small, cut, text, tmp_path / "gone.png"):
        assert compare_files(whole, other, tmp_path / "difference.png") is None
        assert compare_files(other, whole, tmp_path / "difference.png") is None
    assert not (tmp_path / "difference.png").exists()

"""The watermark by itself: what is read back, and what is left alone."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from generation.worker.watermark import mark
from tests.watermark_reader import SDXL, agreeing, read_bits

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def textured(height: int, width: int) -> Picture:
    return np.random.default_rng(5).integers(40, 200, (height, width, 3), dtype=np.uint8)


def even(colour: tuple[int, int, int]) -> Picture:
    return np.full((256, 256, 3), colour, dtype=np.uint8)


@pytest.mark.parametrize("size", [(256, 256), (256, 512), (1024, 768), (301, 259), (263, 300)])
def test_the_bits_are_read_back_from_pictures_of_any_size(size: tuple[int, int]) -> None:
    plain = textured(*size)
    assert agreeing(plain) < 40
    assert read_bits(mark(plain)) == SDXL


@pytest.mark.parametrize(
    "colour", [(128, 128, 128), (0, 0, 0), (250, 30, 20), (20, 200, 30), (90, 80, 180)]
)
def test_the_bits_are_read_back_from_one_even_colour(colour: tuple[int, int, int]) -> None:
    assert read_bits(mark(even(colour))) == SDXL


def test_white_has_no_room_for_the_bits_and_stays_nearly_white() -> None:
    marked = mark(even((255, 255, 255)))
    assert read_bits(marked) != SDXL
    assert marked.min() > 240


@pytest.mark.parametrize("size", [(255, 1024), (1024, 255), (64, 64)])
def test_pictures_below_256_pixels_on_a_side_are_left_alone(size: tuple[int, int]) -> None:
    plain = textured(*size)
    assert np.array_equal(mark(plain), plain)


def test_the_picture_keeps_its_reds_its_luminance_and_what_is_given() -> None:
    plain = textured(300, 300)
    before = plain.copy()
    marked = mark(plain)
    assert np.array_equal(plain, before)
    assert np.array_equal(marked[..., 0], plain[..., 0])
    weights = np.array([0.299, 0.587, 0.114])
    assert np.abs(marked @ weights - plain @ weights).max() < 0.5
    # A coefficient rises by less than a step of 36: its pixels by 18 of U, 37 of blue.
    assert np.abs(marked.astype(int) - plain).max() <= 37
    assert np.array_equal(marked[296:], plain[296:])
    assert np.array_equal(marked[:, 296:], plain[:, 296:])


def test_equal_pictures_come_back_equal() -> None:
    assert np.array_equal(mark(textured(256, 256)), mark(textured(256, 256)))


def test_a_large_picture_is_marked_in_little_more_room_than_its_own() -> None:
    plain = textured(4096, 512)
    tracemalloc.start()
    try:
        marked = mark(plain)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read_bits(marked) == SDXL
    assert most < 8 * plain.nbytes

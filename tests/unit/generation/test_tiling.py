from __future__ import annotations

import itertools

import numpy as np
import pytest

from generation.tiling import Tiles, spans
from generation.worker.tiles import assemble, weights, window


@pytest.mark.parametrize("length", [1, 128, 129, 136, 200, 256, 300, 512, 1000, 4096])
def test_shares_of_all_tiles_add_up_to_one_everywhere(length: int) -> None:
    total = np.zeros(length)
    for span in spans(length, 128):
        total[span.start : span.end] += weights(span)
    assert np.abs(total - 1).max() < 1e-6


@pytest.mark.parametrize("length", [200, 256, 300, 512, 1000, 4096])
def test_neighbours_share_a_quarter_at_least_and_no_tile_is_too_many(length: int) -> None:
    found = spans(length, 128)
    shared = [one.end - other.start for one, other in itertools.pairwise(found)]
    assert min(shared) >= 32 - 1  # whole pixels
    assert len(found) == 1 + -(-(length - 128) // 96)
    assert (found[0].start, found[-1].end) == (0, length)


def test_a_side_that_fits_is_one_tile_of_its_own_length() -> None:
    (span,) = spans(96, 128)
    assert (span.start, span.size) == (0, 96)
    assert (weights(span) == 1).all()


def test_shares_are_smooth_and_fall_to_nothing_at_the_edge_of_a_tile() -> None:
    first, second, *_ = spans(512, 128)
    falling = weights(first)
    assert falling[-1] < 0.01
    assert np.abs(np.diff(falling)).max() < 0.06
    assert weights(second)[0] < 0.01


def test_tiles_of_a_larger_picture_lie_in_the_same_places() -> None:
    tiles = Tiles.over(40, 24, 16)
    larger = tiles.times(8)
    assert (larger.width, larger.height, larger.count) == (320, 192, tiles.count)
    for (row, column), (high, wide) in zip(tiles.places, larger.places, strict=True):
        assert (high.start, wide.start) == (8 * row.start, 8 * column.start)
        assert window(high, wide).shape == (8 * row.size, 8 * column.size)


def test_a_picture_of_its_own_tiles_is_the_picture() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (300, 500, 3)).astype(np.uint8)
    made = assemble(
        Tiles.over(500, 300, 128),
        lambda row, column: picture[row.start : row.end, column.start : column.end].astype("f4"),
    )
    assert np.array_equal(made, picture)


def test_tiles_that_disagree_fade_into_each_other() -> None:
    tiles = Tiles.over(512, 128, 128)
    shades = iter([0.0, 200.0] * 3)
    made = assemble(tiles, lambda _row, _column: np.full((128, 128, 3), next(shades), np.float32))
    steps = np.abs(np.diff(made[0, :, 0].astype(int)))
    assert made.max() == 200
    assert steps.max() < 12


def test_what_goes_beyond_black_and_white_is_cut() -> None:
    made = assemble(
        Tiles.over(8, 4, 8),
        lambda _row, column: np.linspace(-20, 290, column.size * 12, dtype=np.float32).reshape(
            4, column.size, 3
        ),
    )
    assert (made.min(), made.max()) == (0, 255)

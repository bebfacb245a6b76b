from __future__ import annotations

import numpy as np
import pytest

from generation.recipe_parts import Extend, Region
from generation.worker.holes import (
    Mask,
    cover,
    feathered,
    hole_around,
    hole_of_region,
)


def box(left: int, top: int, right: int, bottom: int, side: int = 64) -> Mask:
    hole = np.zeros((side, side), np.float32)
    hole[top:bottom, left:right] = 1
    return hole


def test_a_region_is_a_box_in_shares_of_the_picture() -> None:
    hole = hole_of_region(Region(0.25, 0.5, 1, 1), (80, 40))
    assert hole.shape == (40, 80)
    assert hole[20:, 20:].all()
    assert hole.sum() == 20 * 60


def test_the_thinnest_region_is_a_pixel_wide() -> None:
    hole = hole_of_region(Region(0.9999, 0, 1, 0.0001), (80, 40))
    assert hole.sum() == 1
    assert hole[0, 79] == 1


def test_what_is_new_around_a_picture_reaches_over_its_edge_there_alone() -> None:
    hole = hole_around(Extend(left=16, bottom=8), (80, 48), overlap=4)
    assert not hole[: 48 - 12, 20:].any()
    assert hole[:, :20].all()
    assert hole[48 - 12 :].all()


def test_however_wide_the_overlap_the_middle_of_the_picture_stays() -> None:
    hole = hole_around(Extend(left=16, right=16), (80, 48), overlap=200)
    assert np.flatnonzero(hole[0] == 0).tolist() == list(range(28, 52))


@pytest.mark.parametrize("pixels", [1, 4, 10])
def test_a_feather_lies_inside_the_hole_and_grows_inwards(pixels: int) -> None:
    hole = box(10, 10, 50, 50)
    faded = feathered(hole, pixels)
    assert not faded[hole == 0].any()
    assert (faded[hole > 0] > 0).all()
    row = faded[30, 10:30]
    assert (np.diff(row) >= 0).all()
    assert (row[pixels:] == 1).all()
    assert row[0] == pytest.approx(0.5 / pixels)


def test_no_feather_leaves_the_hole_as_it_is() -> None:
    hole = box(10, 10, 50, 50) * np.float32(0.5)
    assert feathered(hole, 0) is hole


def test_the_edge_of_the_picture_is_no_edge_of_the_hole() -> None:
    faded = feathered(box(0, 0, 32, 64), 8)
    assert faded[:, 0].min() == 1
    assert faded[32, 31] < 0.1


def test_each_part_of_a_hole_is_painted_in_full_somewhere() -> None:
    hole = np.maximum(box(4, 4, 7, 40), box(20, 4, 60, 60))
    faded = feathered(hole, 16)
    assert faded[:, 4:7].max() == 1
    assert faded[:, 20:].max() == 1


def test_the_greys_of_a_mask_stay_in_its_middle() -> None:
    faded = feathered(box(10, 10, 50, 50) * np.float32(0.4), 4)
    assert faded[30, 30] == np.float32(0.4)


def test_a_hole_as_large_as_the_picture_or_none_has_no_edge() -> None:
    for hole in (np.ones((16, 16), np.float32), np.zeros((16, 16), np.float32)):
        assert np.array_equal(feathered(hole, 8), hole)


def test_a_latent_is_opened_where_the_hole_only_touches_it() -> None:
    opened = np.asarray(cover(box(31, 8, 33, 9), 8))
    assert opened[8:16, 24:40].all()
    assert np.count_nonzero(opened) == 8 * 16

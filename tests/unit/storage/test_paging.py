from __future__ import annotations

from collections.abc import Callable

import pytest

from storage.paging import paged
from storage.records import Page


def listed(numbers: list[int]) -> Callable[[int | None, int | None], Page[int]]:
    """Return what turns the pages of three of a list of numbers."""

    def find(than: int, most: int, *, upwards: bool) -> list[int]:
        beyond = [each for each in numbers if (each > than if upwards else each < than)]
        return sorted(beyond, reverse=not upwards)[:most]

    return lambda cursor, newer: paged(find, cursor, newer, 3)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7, 9])
def test_pages_go_all_the_way_down_and_the_same_way_up_again(count: int) -> None:
    turn = listed(list(range(10, 10 + count)))
    down = [turn(None, None)]
    while down[-1].cursor is not None:
        down.append(turn(down[-1].cursor, None))
    assert [each for page in down for each in page.items] == list(range(9 + count, 9, -1))
    assert down[0].newer is None
    up = [down[-1]]
    while up[-1].newer is not None:
        up.append(turn(None, up[-1].newer))
    assert len(up) == len(down)
    assert up[-1] == down[0]


def test_the_first_page_is_whole_where_too_few_are_newer() -> None:
    turn = listed([1, 2, 3, 4, 5])
    assert turn(None, 4) == turn(None, None) == Page((5, 4, 3), 3)


def test_a_page_is_the_one_before_whatever_came_or_went() -> None:
    assert listed([1, 2, 3, 4, 5, 6, 7, 8])(None, 2) == Page((5, 4, 3), 3, 5)
    assert listed([1, 2, 3, 4, 6, 7, 8])(None, 2) == Page((6, 4, 3), 3, 6), "5 is gone"
    assert listed([3, 4, 5, 6, 7])(None, 2) == Page((5, 4, 3), None, 5), "all older ones are gone"


def test_a_page_from_which_all_that_is_newer_has_gone_is_the_first() -> None:
    assert listed([1, 2, 3])(4, None) == Page((3, 2, 1))

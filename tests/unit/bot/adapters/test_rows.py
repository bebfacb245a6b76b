from __future__ import annotations

from bot.adapters.rows import rows_of
from bot.reply import Button

MAIN = ("reroll", "edit", "recipe", "favorite", "delete")


def below(pictures: int, taken: int = 0) -> list[Button]:
    """The buttons of a job with so many pictures, and of a sheet to take from."""
    each = [
        Button(action, f"k7f3q2.{number}", f"{action} {number}", row=row)
        for row, action in ((1, "vary"), (2, "upscale"))
        for number in range(1, pictures + 1)
    ]
    takes = [Button("take", f"k7f3q2.{n}", f"Take {n}", row=3) for n in range(1, taken + 1)]
    return [*each, *takes, *(Button(action, "k7f3q2", action) for action in MAIN)]


def actions(rows: list[list[Button]]) -> list[list[str]]:
    return [[button.action for button in row] for row in rows]


def laid_out(buttons: list[Button], most: int = 5) -> list[list[Button]]:
    return [list(row) for row in rows_of(buttons, most)]


def test_buttons_of_one_row_stand_together_the_lowest_row_first() -> None:
    rows = laid_out(below(2))
    assert actions(rows) == [list(MAIN), ["vary"] * 2, ["upscale"] * 2]
    assert [button.label for button in rows[1]] == ["vary 1", "vary 2"]


def test_the_most_pictures_of_a_job_have_all_their_buttons() -> None:
    rows = laid_out(below(9))
    assert [len(row) for row in rows] == [5, 5, 4, 5, 4]
    assert {button for row in rows for button in row} == set(below(9))


def test_where_rows_of_their_own_are_too_many_no_gap_is_left_between_buttons() -> None:
    few = [Button("x", f"k7f3q2.{number}", "X", row=number // 3) for number in range(20)]
    rows = laid_out(few)
    assert [len(row) for row in rows] == [5, 5, 5, 5]
    assert [button for row in rows for button in row] == few


def test_a_sheet_of_twenty_can_be_taken_from_beside_the_buttons_of_its_job() -> None:
    assert [len(row) for row in laid_out(below(0, taken=20))] == [5] * 5


def test_what_has_no_room_at_all_is_left_out_from_the_highest_row() -> None:
    rows = laid_out(below(9, taken=20))
    assert [len(row) for row in rows] == [5] * 5
    kept = [button for row in rows for button in row]
    assert [button.action for button in kept].count("take") == 2
    assert actions(rows)[0] == list(MAIN)


def test_without_buttons_there_are_no_rows() -> None:
    assert rows_of([], 5) == []


def test_the_buttons_of_a_single_picture_stand_beside_each_other() -> None:
    rows = laid_out(below(1))
    assert actions(rows) == [list(MAIN), ["vary", "upscale"]]

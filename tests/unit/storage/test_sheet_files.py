from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from storage.files import PictureFiles
from storage.sheets import STAYS, SheetFiles


@pytest.fixture
def sheets(tmp_path: Path) -> SheetFiles:
    return SheetFiles(tmp_path / ".sheets")


def let_lie(path: Path, seconds: float) -> None:
    for each in (path, path.with_name(f"{path.name}.shows")):
        os.utime(each, (time.time() - seconds,) * 2)


def test_a_sheet_is_found_by_its_name(sheets: SheetFiles) -> None:
    assert sheets.find("history.1.jpg") is None
    path = sheets.keep("history.1.jpg", b"drawn", ["k7f3q2.1"])
    assert sheets.find("history.1.jpg") == path
    assert path.read_bytes() == b"drawn"
    assert sheets.keep("history.1.jpg", b"again", ["k7f3q2.1"]) == path
    assert path.read_bytes() == b"again"


def test_a_sheet_goes_with_any_of_its_pictures(sheets: SheetFiles) -> None:
    both = sheets.keep("1.jpg", b"x", ["k7f3q2.1", "aaaaaa.2"])
    other = sheets.keep("2.jpg", b"x", ["k7f3q2.12"])
    assert sheets.drop(["aaaaaa.2", "bbbbbb.1"]) == 1
    assert not both.exists()
    assert sorted(path.name for path in sheets.folder.iterdir()) == ["2.jpg", "2.jpg.shows"]
    assert sheets.drop(["k7f3q2.1"]) == 0
    assert other.exists()


def test_a_sheet_goes_after_a_day_in_which_nobody_asked_for_it(sheets: SheetFiles) -> None:
    old, asked, new = [sheets.keep(f"{n}.jpg", b"x", ["k7f3q2.1"]) for n in range(3)]
    for path in (old, asked):
        let_lie(path, STAYS + 60)
    assert sheets.find("1.jpg") == asked
    assert sheets.sweep() == 2, "the sheet and its list"
    assert (old.exists(), asked.exists(), new.exists()) == (False, True, True)
    assert sheets.drop(["k7f3q2.1"]) == 2, "lists stay as long as their sheets"


def test_what_a_killed_process_left_half_written_is_swept(sheets: SheetFiles) -> None:
    sheets.keep("1.jpg", b"x", ["k7f3q2.1"])
    half = sheets.folder / "tmp123"
    half.write_bytes(b"ha")
    os.utime(half, (time.time() - STAYS - 60,) * 2)
    assert sheets.sweep() == 1
    assert not half.exists()


def test_nothing_is_swept_or_dropped_where_there_never_was_a_sheet(sheets: SheetFiles) -> None:
    assert (sheets.sweep(), sheets.drop(["k7f3q2.1"])) == (0, 0)


def test_a_deleted_picture_takes_its_sheets_along(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path / "pictures")
    files.prepare()
    (files.incoming / "x.png").write_bytes(b"pixels")
    relative = files.adopt(files.incoming / "x.png", "k7f3q2.1")
    with_it = files.sheets.keep("1.jpg", b"x", ["aaaaaa.1", "k7f3q2.1"])
    without = files.sheets.keep("2.jpg", b"x", ["aaaaaa.1"])
    files.delete([relative])
    assert (with_it.exists(), without.exists()) == (False, True)
    let_lie(without, STAYS + 60)
    files.sweep()
    assert not without.exists()

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


def keep(sheets: SheetFiles, name: str, shows: list[str]) -> Path:
    path = sheets.keep(name, b"x", shows)
    assert path is not None
    return path


def test_a_sheet_is_found_by_its_name(sheets: SheetFiles) -> None:
    assert sheets.find("history.1.jpg") is None
    path = sheets.keep("history.1.jpg", b"drawn", ["k7f3q2.1"])
    assert path is not None
    assert sheets.find("history.1.jpg") == path
    assert path.read_bytes() == b"drawn"
    assert sheets.keep("history.1.jpg", b"again", ["k7f3q2.1"]) == path
    assert path.read_bytes() == b"again"


def test_a_sheet_goes_with_any_of_its_pictures(sheets: SheetFiles) -> None:
    both = keep(sheets, "1.jpg", ["k7f3q2.1", "aaaaaa.2"])
    other = keep(sheets, "2.jpg", ["k7f3q2.12"])
    assert sheets.drop(["aaaaaa.2", "bbbbbb.1"]) == 1
    assert not both.exists()
    assert sorted(path.name for path in sheets.folder.iterdir()) == ["2.jpg", "2.jpg.shows"]
    assert sheets.drop(["k7f3q2.1"]) == 0
    assert other.exists()


def test_a_sheet_goes_after_a_day_in_which_nobody_asked_for_it(sheets: SheetFiles) -> None:
    old, asked, new = [keep(sheets, f"{n}.jpg", ["k7f3q2.1"]) for n in range(3)]
    for path in (old, asked):
        let_lie(path, STAYS + 60)
    assert sheets.find("1.jpg") == asked
    assert sheets.sweep() == 1
    assert (old.exists(), asked.exists(), new.exists()) == (False, True, True)
    assert not old.with_name("0.jpg.shows").exists()
    assert sheets.drop(["k7f3q2.1"]) == 2, "lists stay as long as their sheets"


def test_what_a_killed_process_left_half_written_is_swept(sheets: SheetFiles) -> None:
    sheets.keep("1.jpg", b"x", ["k7f3q2.1"])
    half = sheets.folder / "tmp123"
    half.write_bytes(b"ha")
    os.utime(half, (time.time() - STAYS - 60,) * 2)
    assert sheets.sweep() == 1
    assert not half.exists()


@pytest.mark.parametrize("writing", ["the list", "the sheet"])
def test_a_picture_deleted_while_its_sheet_is_written_leaves_none(
    sheets: SheetFiles, monkeypatch: pytest.MonkeyPatch, writing: str
) -> None:
    whole, written = os.fsync, iter(["the list", "the sheet"])

    def fsync(descriptor: int) -> None:
        whole(descriptor)
        if next(written) == writing:
            sheets.drop(["k7f3q2.1"])

    monkeypatch.setattr(os, "fsync", fsync)
    kept = sheets.keep("1.jpg", b"x", ["k7f3q2.1"])
    if writing == "the list":
        # Too early to be known; who keeps it looks for the picture once more.
        assert sheets.drop(["k7f3q2.1"]) == 1
    else:
        assert kept is None
    assert list(sheets.folder.iterdir()) == []
    assert sheets.find("1.jpg") is None


def test_a_sheet_that_comes_while_its_list_goes_goes_along(
    sheets: SheetFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = keep(sheets, "1.jpg", ["k7f3q2.1"])
    unlink = Path.unlink

    def late(path: Path, *, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        if path == sheet and sheet.with_name("1.jpg.shows").exists():
            sheet.write_bytes(b"x")

    monkeypatch.setattr(Path, "unlink", late)
    assert sheets.drop(["k7f3q2.1"]) == 1
    assert list(sheets.folder.iterdir()) == []


def test_a_sheet_without_its_list_is_none_and_is_swept(sheets: SheetFiles) -> None:
    orphan = keep(sheets, "1.jpg", ["k7f3q2.1"])
    let_lie(orphan, STAYS + 60)
    orphan.with_name("1.jpg.shows").unlink()
    assert sheets.find("1.jpg") is None
    assert sheets.sweep() == 1
    assert not orphan.exists()


def test_a_list_that_cannot_be_read_goes_with_any_picture(sheets: SheetFiles) -> None:
    torn = keep(sheets, "1.jpg", ["k7f3q2.1"])
    other = keep(sheets, "2.jpg", ["k7f3q2.1"])
    torn.with_name("1.jpg.shows").write_bytes(b"\xff\xfe\x00")
    assert sheets.drop(["aaaaaa.1"]) == 1
    assert (torn.exists(), other.exists()) == (False, True)


def test_sheets_take_no_more_room_than_they_may(sheets: SheetFiles) -> None:
    made = [keep(sheets, f"{n}.jpg", ["k7f3q2.1"]) for n in range(4)]
    for age, path in zip((30, 10, 40, 20), made, strict=True):
        path.write_bytes(b"x" * 1_000)
        let_lie(path, age)
    assert sheets.sweep(room=2_500) == 2
    assert [path.exists() for path in made] == [False, True, False, True]
    assert sheets.sweep(room=2_500) == 0


def test_nothing_is_swept_or_dropped_where_there_never_was_a_sheet(sheets: SheetFiles) -> None:
    assert (sheets.sweep(), sheets.drop(["k7f3q2.1"])) == (0, 0)


def test_a_deleted_picture_takes_its_sheets_along(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path / "pictures")
    files.prepare()
    (files.incoming / "x.png").write_bytes(b"pixels")
    relative = files.adopt(files.incoming / "x.png", "k7f3q2.1")
    with_it = keep(files.sheets, "1.jpg", ["aaaaaa.1", "k7f3q2.1"])
    without = keep(files.sheets, "2.jpg", ["aaaaaa.1"])
    files.delete([relative])
    assert (with_it.exists(), without.exists()) == (False, True)
    let_lie(without, STAYS + 60)
    files.sweep()
    assert not without.exists()

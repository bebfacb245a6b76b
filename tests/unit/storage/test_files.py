from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from storage.files import DIFFERENCE_STAYS, PictureFiles


@pytest.fixture
def files(tmp_path: Path) -> PictureFiles:
    made = PictureFiles(tmp_path / "pictures")
    made.prepare()
    return made


def incoming(files: PictureFiles, content: bytes, name: str = "x.png") -> Path:
    path = files.incoming / name
    path.write_bytes(content)
    return path


def test_an_adopted_picture_lies_under_its_id_and_leaves_nothing_behind(
    files: PictureFiles,
) -> None:
    relative = files.adopt(incoming(files, b"pixels"), "k7f3q2.1")
    assert relative == "k7/k7f3q2.1.png"
    assert files.path(relative).read_bytes() == b"pixels"
    assert files.sweep() == 0


def test_a_picture_gets_its_name_by_a_rename_so_that_no_half_file_ever_has_it(
    files: PictureFiles,
) -> None:
    files.adopt(incoming(files, b"first"), "k7f3q2.1")
    finished = incoming(files, b"second")
    number = finished.stat().st_ino
    relative = files.adopt(finished, "k7f3q2.1")
    assert files.path(relative).stat().st_ino == number


def test_a_second_try_replaces_what_the_first_left(files: PictureFiles) -> None:
    files.adopt(incoming(files, b"first"), "k7f3q2.1")
    relative = files.adopt(incoming(files, b"second"), "k7f3q2.1")
    assert files.path(relative).read_bytes() == b"second"


def test_what_was_on_its_way_is_swept_and_finished_pictures_stay(files: PictureFiles) -> None:
    relative = files.adopt(incoming(files, b"pixels"), "k7f3q2.1")
    incoming(files, b"half", "a.png")
    (files.incoming / "deeper").mkdir()
    incoming(files, b"half", "deeper/b.png")
    assert files.sweep() == 2
    assert not [path for path in files.incoming.rglob("*") if path.is_file()]
    assert files.path(relative).exists()


def test_of_what_is_swept_a_difference_that_somebody_was_shown_by_its_path_stays_for_a_day(
    files: PictureFiles,
) -> None:
    incoming(files, b"in a chat", files.difference("k7f3q2", 1).name)
    shown = incoming(files, b"at the machine", files.difference("k7f3q2", 2, stays=True).name)
    assert files.sweep() == 1
    assert shown.exists()
    assert files.with_differences() == {"k7f3q2"}
    yesterday = time.time() - DIFFERENCE_STAYS - 60
    os.utime(shown, (yesterday, yesterday))
    assert files.sweep() == 1
    assert files.drop_differences("k7f3q2") == 0


def test_an_input_is_kept_once_under_its_hash(files: PictureFiles) -> None:
    sha256, relative = files.keep_input(b"photo", "image/jpeg")
    assert sha256 == hashlib.sha256(b"photo").hexdigest()
    assert relative == f"inputs/{sha256[:2]}/{sha256}.jpg"
    assert files.keep_input(b"photo", "image/jpeg") == (sha256, relative)
    assert files.path(relative).read_bytes() == b"photo"
    assert files.sweep() == 0


@pytest.mark.parametrize("relative", ["../x", "/etc/passwd", "a/../../x", "", "."])
def test_no_path_leaves_the_folder(files: PictureFiles, relative: str) -> None:
    with pytest.raises(ValueError, match="not a path inside"):
        files.path(relative)


def test_deleting_twice_is_as_good_as_once(files: PictureFiles) -> None:
    relative = files.adopt(incoming(files, b"pixels"), "k7f3q2.1")
    files.delete([relative])
    files.delete([relative])
    assert not files.path(relative).exists()


def test_pruning_takes_only_the_strays_of_that_job(files: PictureFiles) -> None:
    kept = files.adopt(incoming(files, b"1"), "k7f3q2.1")
    stray = files.adopt(incoming(files, b"2"), "k7f3q2.2")
    other = files.adopt(incoming(files, b"3"), "k7aaaa.1")
    assert files.prune("k7f3q2", {kept}) == 1
    assert not files.path(stray).exists()
    assert files.path(kept).exists()
    assert files.path(other).exists()


def test_preparing_twice_keeps_what_is_there(files: PictureFiles) -> None:
    relative = files.adopt(incoming(files, b"pixels"), "k7f3q2.1")
    files.prepare()
    assert files.path(relative).exists()

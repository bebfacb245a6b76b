from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from generation.hashes import KEPT, WORTH_KEEPING, Hashes, Stamp, is_as_stamped, stamp

LARGE = b"w" * WORTH_KEEPING


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def saved(path: Path, content: bytes) -> Stamp:
    path.write_bytes(content)
    return stamp(path)


def spoilt(path: Path, content: bytes) -> Stamp:
    """Change a file's content so that nothing but its bytes shows it."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return stamp(path)


def kept_in(file: Path) -> dict[str, object]:
    files: dict[str, object] = json.loads(file.read_text())["files"]
    return files


def test_one_file_has_its_own_hash_and_several_have_one_of_all(tmp_path: Path) -> None:
    one, other = saved(tmp_path / "a", b"one"), saved(tmp_path / "b", b"other")
    hashes = Hashes()
    assert hashes.of([one]) == sha256(b"one")
    assert hashes.of([one, other]) == sha256((sha256(b"one") + sha256(b"other")).encode())
    assert hashes.of([one, other]) != hashes.of([other, one])
    assert hashes.of([]) is None


def test_a_file_is_read_once_as_long_as_it_looks_the_same(tmp_path: Path) -> None:
    hashes, path = Hashes(), tmp_path / "a"
    assert hashes.of([saved(path, b"one")]) == sha256(b"one")
    assert hashes.of([spoilt(path, b"two")]) == sha256(b"one")
    assert hashes.of([saved(path, b"three")]) == sha256(b"three")


def test_of_a_file_that_is_not_as_it_was_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a"
    before = saved(path, b"one")
    path.write_bytes(b"longer")
    hashes = Hashes()
    assert hashes.of([before]) is None
    path.unlink()
    assert hashes.of([before]) is None


def test_what_is_known_outlives_the_process(tmp_path: Path) -> None:
    file, path = tmp_path / "data" / "hashes.json", tmp_path / "a"
    Hashes(file).of([saved(path, LARGE)])
    assert Hashes(file).of([spoilt(path, LARGE[1:] + b"x")]) == sha256(LARGE)
    assert [each.name for each in file.parent.iterdir()] == ["hashes.json"]


def test_small_files_are_read_anew_and_not_written_down(tmp_path: Path) -> None:
    file = tmp_path / "hashes.json"
    Hashes(file).of([saved(tmp_path / "a", b"small")])
    assert not file.exists()


def test_what_another_process_finds_is_used_and_kept(tmp_path: Path) -> None:
    file, path, own = tmp_path / "hashes.json", tmp_path / "a", tmp_path / "b"
    here, there = Hashes(file), Hashes(file)
    there.of([saved(path, LARGE)])
    assert here.of([spoilt(path, LARGE[1:] + b"x")]) == sha256(LARGE)
    here.of([saved(own, LARGE)])
    assert set(kept_in(file)) == {str(path), str(own)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"schema": 1}',
        b'{"schema": 1, "files": [1]}',
        b'{"schema": 1, "files": {"a": 3, "b": [1, 2], "c": [true, 2, "x"], "d": [1, 2, "x"]}}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_makes_no_sense_is_written_anew(tmp_path: Path, content: bytes) -> None:
    file, path = tmp_path / "hashes.json", tmp_path / "a"
    file.write_bytes(content)
    assert Hashes(file).of([saved(path, LARGE)]) == sha256(LARGE)
    assert set(kept_in(file)) == {str(path)}


def test_a_file_of_another_form_is_not_believed(tmp_path: Path) -> None:
    file, path = tmp_path / "hashes.json", tmp_path / "a"
    here = saved(path, LARGE)
    entry = [here.size, here.time, "0" * 64]
    file.write_text(json.dumps({"schema": 2, "files": {here.path: entry}}))
    assert Hashes(file).of([here]) == sha256(LARGE)


def test_where_nothing_can_be_written_the_hash_is_found_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "no folder"
    blocked.write_text("")
    assert Hashes(blocked / "hashes.json").of([saved(tmp_path / "a", LARGE)]) == sha256(LARGE)


def test_only_so_many_files_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "hashes.json"
    old = {f"/old/{number}": [WORTH_KEEPING, 1, "0" * 64] for number in range(KEPT + 10)}
    file.write_text(json.dumps({"schema": 1, "files": old}))
    path = tmp_path / "a"
    Hashes(file).of([saved(path, LARGE)])
    kept = kept_in(file)
    assert len(kept) == KEPT
    assert str(path) in kept


def test_a_link_is_known_by_what_it_leads_to(tmp_path: Path) -> None:
    blob, link = tmp_path / "blob", tmp_path / "model.safetensors"
    here = saved(blob, b"one")
    link.symlink_to(blob)
    assert stamp(link) == here
    assert is_as_stamped(link, here)
    other = tmp_path / "other blob"
    other.write_bytes(b"two")
    link.unlink()
    link.symlink_to(other)
    assert not is_as_stamped(link, here)
    link.unlink()
    assert is_as_stamped(link, here)


def pipe_with(tmp_path: Path) -> tuple[Stamp, Callable[[], None]]:
    """A file that cannot be read to its end until the function is called."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)

    def end() -> None:
        os.write(writer, b"one")
        os.close(writer)

    return stamp(path), end


def test_nobody_waits_longer_than_he_wants_to(tmp_path: Path) -> None:
    slow, end = pipe_with(tmp_path)
    hashes = Hashes()
    assert hashes.within([slow], 0.01) is None
    assert hashes.within([saved(tmp_path / "a", b"one")], 60) == sha256(b"one")
    threads = threading.active_count()
    assert hashes.within([slow], 0.01) is None
    assert threading.active_count() <= threads
    end()


def test_two_that_want_one_hash_wait_for_one_reading(tmp_path: Path) -> None:
    path = tmp_path / "a"
    here = saved(path, LARGE)
    hashes = Hashes()
    hashes.begin([here])
    assert hashes.of([here]) == sha256(LARGE)
    path.unlink()
    # Nothing is left to be read, nor to be begun.
    hashes.begin([here])
    assert hashes.of([here]) == sha256(LARGE)

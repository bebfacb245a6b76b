from __future__ import annotations

import json
import multiprocessing
import os
import stat
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import pytest

from generation.errors import AlreadyRunning
from storage.ownership import Ownership, find_owner


def _own(folder: Path, pipe: Pipe) -> None:
    with Ownership.acquire(folder) as ownership:
        ownership.announce(4711, "secret")
        pipe.send(os.getpid())
        pipe.recv()
    pipe.send("released")
    pipe.recv()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


class Other:
    """Another process that owns the folder, until it is asked to release it, or is killed."""

    def __init__(self, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_own, args=(folder, theirs))
        self.process.start()
        theirs.close()
        self.pid = self.pipe.recv()

    def release(self) -> None:
        self.pipe.send("release")
        assert self.pipe.recv() == "released"

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def test_a_second_process_is_refused_with_the_first_ones_pid(folder: Path) -> None:
    other = Other(folder)
    try:
        with pytest.raises(AlreadyRunning) as caught:
            Ownership.acquire(folder)
        assert caught.value.pid == other.pid
        owner = find_owner(folder)
        assert owner is not None
        assert (owner.pid, owner.port, owner.token) == (other.pid, 4711, "secret")
        assert owner.listens
        other.release()
        assert find_owner(folder) is None
        Ownership.acquire(folder).release()
    finally:
        other.kill()


def test_a_killed_owner_leaves_the_folder_free_whatever_its_note_says(folder: Path) -> None:
    Other(folder).kill()
    assert json.loads((folder / "reroll.json").read_text())["port"] == 4711
    assert find_owner(folder) is None
    with Ownership.acquire(folder) as ownership:
        owner = find_owner(folder)
        assert owner is not None
        assert (owner.pid, owner.listens) == (os.getpid(), False)
        ownership.announce(1, "t")


def test_two_in_one_process_are_two(folder: Path) -> None:
    with Ownership.acquire(folder), pytest.raises(AlreadyRunning) as caught:
        Ownership.acquire(folder)
    assert caught.value.pid == os.getpid()
    Ownership.acquire(folder).release()


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_only_the_owners_user_can_read_the_token(folder: Path) -> None:
    with Ownership.acquire(folder) as ownership:
        ownership.announce(1, "secret")
        assert stat.S_IMODE((folder / "reroll.json").stat().st_mode) == 0o600
        assert [path.name for path in folder.iterdir() if "json" in path.name] == ["reroll.json"]


def test_nobody_owns_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert find_owner(tmp_path / "nowhere") is None
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_a_note_that_cannot_be_read_hides_no_owner_from_another(folder: Path, note: str) -> None:
    with Ownership.acquire(folder):
        (folder / "reroll.json").write_text(note)
        with pytest.raises(AlreadyRunning) as caught:
            Ownership.acquire(folder)
        assert caught.value.pid == 0

from __future__ import annotations

from pathlib import Path

import pytest

from generation.errors import DiskFull
from storage.room import FRESH, PIXEL_BYTES, RESERVE, DiskRoom, free_bytes


class Disks:
    """Disks whose free bytes are set by hand, and a clock; counts the looks."""

    def __init__(self, **free: int) -> None:
        self.free = {Path(name): amount for name, amount in free.items()}
        self.looks = 0
        self.now = 0.0

    def look(self, folder: Path) -> int:
        self.looks += 1
        return self.free[folder]

    def room(self) -> DiskRoom:
        return DiskRoom(tuple(self.free), self.look, lambda: self.now)


def test_the_folder_whose_disk_is_full_is_named() -> None:
    room = Disks(data=10**12, pictures=RESERVE - 1).room()
    with pytest.raises(DiskFull) as caught:
        room.check(0)
    assert caught.value.folder == "pictures"


def test_what_is_coming_has_to_find_room_beside_the_reserve() -> None:
    room = Disks(data=RESERVE + 1000 * PIXEL_BYTES).room()
    room.check(1000)
    with pytest.raises(DiskFull):
        room.check(1001)


def test_disks_are_looked_at_again_only_after_a_while() -> None:
    disks = Disks(data=10**12)
    room = disks.room()
    for _ in range(100):
        room.check(0)
    assert disks.looks == 1
    disks.free[Path("data")] = 0
    disks.now = FRESH
    with pytest.raises(DiskFull):
        room.check(0)


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    assert abs(free_bytes(tmp_path / "not" / "yet") - free_bytes(tmp_path)) < 10**9

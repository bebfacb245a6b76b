"""Room on the disks: jobs are refused while what was accepted might not find any."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from generation.errors import DiskFull
from storage.faults import file_faults

RESERVE: Final = 16_000_000
"""Bytes that stay free for the database and its journal."""
PIXEL_BYTES: Final = 3
"""Bytes that a pixel may need in a PNG file; most need half."""
FRESH: Final = 1.0
"""Seconds that a look at a disk is good for."""


def free_bytes(folder: Path) -> int:
    """Return how many bytes a user may still write to the disk of a folder, which may be missing.

    Raises ``CannotWrite`` where that cannot be seen.
    """
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    with file_faults(place):
        return shutil.disk_usage(place).free


class DiskRoom:
    """The disks of some folders, looked at no more often than once a second."""

    def __init__(
        self,
        folders: Collection[Path],
        free: Callable[[Path], int] = free_bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folders = tuple(dict.fromkeys(folders))
        self._free = free
        self._clock = clock
        self._looked: float | None = None
        self._found: dict[Path, int] = {}

    def check(self, pixels: int) -> None:
        """Raise ``DiskFull`` where pictures of so many pixels in all may not find room."""
        if self._looked is None or self._clock() - self._looked >= FRESH:
            self._found = {folder: self._free(folder) for folder in self._folders}
            self._looked = self._clock()
        for folder, free in self._found.items():
            if free < RESERVE + pixels * PIXEL_BYTES:
                raise DiskFull(str(folder))

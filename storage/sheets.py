"""Sheets and drawings that show many pictures: kept for a while, and gone with any of those.

Everything here blocks for as long as the disk takes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from storage.faults import file_faults

SHEETS: Final = ".sheets"
STAYS: Final = 86_400.0
"""Seconds for which a sheet stays after it was last asked for."""
_SHOWS: Final = ".shows"


class SheetFiles:
    """A folder of sheets. Beside each lies a list of the pictures that it shows, by their ids.

    A sheet under its name is always whole, and never there without its list. Names hold no ``/``.
    Methods raise ``DiskFull`` and ``CannotWrite``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, name: str) -> Path | None:
        """Return where a sheet lies, which stays for another while; none where there is none."""
        path = self.folder / name
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError:
            return path if path.is_file() else None
        return path

    def keep(self, name: str, data: bytes, shows: Collection[str]) -> Path:
        """Keep a sheet of these pictures under a name."""
        path = self.folder / name
        with file_faults(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._place(path.with_name(f"{name}{_SHOWS}"), "\n".join(shows).encode("ascii"))
            self._place(path, data)
        return path

    def drop(self, shown: Collection[str]) -> int:
        """Delete the sheets that show any of these pictures, and return how many there were."""
        gone = frozenset(shown)
        with file_faults(self.folder):
            found = [each for each in self._lists() if not gone.isdisjoint(_read(each))]
            for each in found:
                each.with_name(each.name.removesuffix(_SHOWS)).unlink(missing_ok=True)
                each.unlink(missing_ok=True)
        return len(found)

    def sweep(self, stays: float = STAYS) -> int:
        """Delete what nobody has asked for in so many seconds, and return how many files."""
        until = time.time() - stays
        with file_faults(self.folder):
            old = [
                path
                for path in self.folder.glob("*")
                if max(_moment(path), _moment(path.with_name(path.name.removesuffix(_SHOWS))))
                <= until
            ]
            for path in old:
                path.unlink(missing_ok=True)
        return len(old)

    def _lists(self) -> list[Path]:
        return list(self.folder.glob(f"*{_SHOWS}"))

    def _place(self, path: Path, data: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.folder)
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []


def _moment(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0

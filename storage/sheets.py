"""Sheets and drawings that show many pictures: kept for a while, and gone with any of those.

Everything here blocks for as long as the disk takes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from storage.faults import file_faults

SHEETS: Final = ".sheets"
STAYS: Final = 86_400.0
"""Seconds for which a sheet stays after it was last asked for."""
ROOM: Final = 500 * 2**20
"""Bytes that all sheets may take: those beyond it that were asked for longest ago do not stay."""
_SHOWS: Final = ".shows"


class SheetFiles:
    """A folder of sheets. Beside each lies a list of the pictures that it shows, by their ids.

    A sheet under its name is always whole, and counts only where its list is. Names hold no ``/``.
    Several threads and processes may be at it at once. Methods raise ``DiskFull`` and
    ``CannotWrite``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, name: str) -> Path | None:
        """Return where a sheet lies, which stays for another while; none where there is none."""
        path = self.folder / name
        if not _list_of(path).exists():
            return None
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError:
            return path if path.is_file() else None
        return path

    def keep(self, name: str, data: bytes, shows: Collection[str]) -> Path | None:
        """Keep a sheet of these pictures under a name; none if one was dropped meanwhile."""
        path = self.folder / name
        with file_faults(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._place(_list_of(path), "\n".join(shows).encode("ascii"))
            self._place(path, data)
            if _list_of(path).exists():
                return path
            path.unlink(missing_ok=True)
        return None

    def drop(self, shown: Collection[str]) -> int:
        """Delete the sheets that show any of these pictures, and return how many there were."""
        gone = frozenset(shown)
        with file_faults(self.folder):
            found = [each for each in self._lists() if _shows_any(each, gone)]
            for each in found:
                _remove(each)
        return len(found)

    def sweep(self, stays: float = STAYS, room: int = ROOM) -> int:
        """Delete what nobody has asked for in so many seconds, and return how many sheets.

        What has lain half written or without its list for so long counts as one, too. Of the rest
        so many bytes stay that there is ``room`` for.
        """
        until = time.time() - stays
        with file_faults(self.folder):
            lists = self._lists()
            listed = {_sheet_of(each) for each in lists}
            alone = set(self.folder.glob("*")) - listed - set(lists)
            left = [path for path in alone if _looked_at(path)[0] <= until]
            gone = list(_beyond(lists, until, room))
            for each in gone:
                _remove(each)
            for path in left:
                path.unlink(missing_ok=True)
        return len(gone) + len(left)

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


def _list_of(sheet: Path) -> Path:
    return sheet.with_name(f"{sheet.name}{_SHOWS}")


def _sheet_of(shows: Path) -> Path:
    return shows.with_name(shows.name.removesuffix(_SHOWS))


def _remove(shows: Path) -> None:
    """Delete a sheet and its list.

    The list goes last, so that whoever is killed before can do it again. A sheet that is placed in
    between is taken by the second look, one that is placed later by who places it.
    """
    sheet = _sheet_of(shows)
    sheet.unlink(missing_ok=True)
    shows.unlink(missing_ok=True)
    sheet.unlink(missing_ok=True)


def _beyond(lists: Iterable[Path], until: float, room: int) -> Iterator[Path]:
    """Yield the lists of sheets last asked for before a time, or for which there is no room."""
    looks = {each: (_looked_at(each), _looked_at(_sheet_of(each))) for each in lists}
    taken = 0
    for each, (own, sheet) in sorted(looks.items(), key=lambda item: max(item[1]), reverse=True):
        taken += own[1] + sheet[1]
        if max(own[0], sheet[0]) <= until or taken > room:
            yield each


def _shows_any(shows: Path, gone: frozenset[str]) -> bool:
    try:
        return not gone.isdisjoint(shows.read_text(encoding="ascii").splitlines())
    except FileNotFoundError:
        return False
    except UnicodeDecodeError:
        # Nobody knows any more what it is a list of.
        return True


def _looked_at(path: Path) -> tuple[float, int]:
    """Return when a file was last asked for, and how large it is."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0.0, 0
    return found.st_mtime, found.st_size

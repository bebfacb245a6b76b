"""The pictures folder: finished pictures, input pictures, and what is still on its way.

Everything here blocks for as long as the disk takes: milliseconds where files are synced.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from storage.faults import file_faults
from storage.ids import parse_id
from storage.sheets import SHEETS, SheetFiles

INCOMING: Final = ".incoming"
INPUTS: Final = "inputs"
_DIFFERENCE: Final = "difference"
_STAYS: Final = ".stays.png"
DIFFERENCE_STAYS: Final = 86_400.0
"""Seconds for which a picture of a difference stays that somebody was told the path of."""
_SUFFIXES: Final = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class PictureFiles:
    """The folder that keeps pictures under names made from their ids, such as ``k7/k7f3q2.1.png``.

    A file under such a name is always whole: it is written elsewhere on the same disk, synced,
    and then renamed. Paths given out are relative to the folder, with ``/``. Methods that write
    raise ``DiskFull`` and ``CannotWrite``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / INCOMING
        self.sheets = SheetFiles(folder / SHEETS)

    def prepare(self) -> None:
        """Make the folder and the one for files on their way."""
        with file_faults(self.folder):
            self.incoming.mkdir(parents=True, exist_ok=True)
            (self.folder / INPUTS).mkdir(exist_ok=True)

    def sweep(self) -> int:
        """Delete what a killed process left on its way, and return how many files that were.

        Differences that stay do so for a day, and so do sheets. Only for the process that owns the
        data folder, before its worker starts.
        """
        self.sheets.sweep()
        fresh = time.time() - DIFFERENCE_STAYS
        with file_faults(self.incoming):
            found = [
                path for path in self.incoming.rglob("*") if path.is_file() or path.is_symlink()
            ]
            left = [path for path in found if not _stays(path, fresh)]
            for path in left:
                path.unlink(missing_ok=True)
        return len(left)

    def adopt(self, finished: Path, picture_id: str) -> str:
        """Take over a finished file as that picture's, replacing one that an earlier try left.

        Returns the relative path. A file from another disk is copied first.
        """
        picture = parse_id(picture_id)
        relative = f"{picture.job[:2]}/{picture}{finished.suffix.lower()}"
        with file_faults(self.folder):
            sync_file(finished)
            self._place(finished, relative)
        return relative

    def keep_input(self, data: bytes, media_type: str) -> tuple[str, str]:
        """Keep an input picture under the SHA-256 of its bytes; returns hash and relative path."""
        sha256, relative = self.name_input(data, media_type)
        path = self.path(relative)
        if path.exists():
            return sha256, relative
        with file_faults(self.folder):
            partial = self._write_incoming(data)
            try:
                self._place(partial, relative)
            finally:
                partial.unlink(missing_ok=True)
        return sha256, relative

    def name_input(self, data: bytes, media_type: str) -> tuple[str, str]:
        """Return the SHA-256 of an input picture, and the path that it has or will have."""
        sha256 = hashlib.sha256(data).hexdigest()
        return sha256, f"{INPUTS}/{sha256[:2]}/{sha256}{_SUFFIXES.get(media_type, '.bin')}"

    def path(self, relative: str) -> Path:
        """Return where a file lies; a path that leaves the folder is a fault of ours."""
        parts = Path(relative).parts
        if not parts or ".." in parts or Path(relative).is_absolute():
            raise ValueError(f"not a path inside the pictures folder: {relative!r}")
        return self.folder.joinpath(*parts)

    def delete(self, relatives: Collection[str]) -> None:
        """Delete files, and the sheets that show them; one that is gone already is as good."""
        with file_faults(self.folder):
            for relative in relatives:
                self.path(relative).unlink(missing_ok=True)
        if relatives:
            # A picture's file has its id for a name.
            self.sheets.drop([Path(relative).stem for relative in relatives])

    def difference(self, check_id: str, index: int, *, stays: bool = False) -> Path:
        """Return where a check's picture of a difference lies until its answer has arrived.

        One that ``stays`` is told of by its path, and so is there for longer.
        """
        suffix = _STAYS if stays else ".png"
        return self.incoming / f"{_DIFFERENCE}-{parse_id(check_id).job}.{index}{suffix}"

    def with_differences(self) -> frozenset[str]:
        """Return the checks that have a picture of a difference lying here, by their ids."""
        found = self.incoming.glob(f"{_DIFFERENCE}-*")
        return frozenset(path.name.removeprefix(f"{_DIFFERENCE}-").split(".")[0] for path in found)

    def drop_differences(self, check_id: str) -> int:
        """Delete the pictures of differences of a check, and return how many there were."""
        found = list(self.incoming.glob(f"{_DIFFERENCE}-{parse_id(check_id).job}.*"))
        with file_faults(self.incoming):
            for path in found:
                path.unlink(missing_ok=True)
        return len(found)

    def prune(self, job_id: str, keep: Collection[str]) -> int:
        """Delete the pictures of a job that are not in ``keep``, and return how many.

        A kill between ``adopt`` and the storing of the picture leaves such a file.
        """
        job = parse_id(job_id).job
        strays = [
            path
            for path in (self.folder / job[:2]).glob(f"{job}.*")
            if f"{job[:2]}/{path.name}" not in keep
        ]
        with file_faults(self.folder):
            for path in strays:
                path.unlink(missing_ok=True)
        return len(strays)

    def _write_incoming(self, data: bytes) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self.incoming)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _place(self, synced: Path, relative: str) -> None:
        target = self.path(relative)
        if not target.parent.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(target.parent.parent)
        try:
            synced.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._carry_over(synced, target)
        sync_folder(target.parent)

    def _carry_over(self, source: Path, target: Path) -> None:
        """Move between disks by way of a synced copy on the right one."""
        descriptor, name = tempfile.mkstemp(dir=self.incoming)
        os.close(descriptor)
        copy = Path(name)
        try:
            shutil.copyfile(source, copy)
            sync_file(copy)
            copy.replace(target)
        finally:
            copy.unlink(missing_ok=True)
        source.unlink(missing_ok=True)


def _stays(path: Path, fresh: float) -> bool:
    """Whether a file is a picture of a difference that somebody may still look at."""
    named = path.match(f"{_DIFFERENCE}-*{_STAYS}")
    return named and path.lstat().st_mtime > fresh

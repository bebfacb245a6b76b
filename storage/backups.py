"""Backups: the database and the files that it names in one tar, made beside a running bot."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Final

from generation.errors import BackupThere, CannotWrite, DatabaseBroken, DiskFull
from storage import migration
from storage.faults import database_faults, file_faults
from storage.files import PictureFiles, sync_folder
from storage.room import RESERVE

FOLDER: Final = "backups"
"""Where backups lie in the data folder, unless they were made elsewhere."""
SUFFIX: Final = ".tar"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "reroll.db"
PICTURES: Final = "pictures/"
BEFORE: Final = "before-"
"""Begins the names under which that is kept which a backup was restored over."""
FORM: Final = 1
"""Version of the form of backups; a change of it comes with a reader for the form before."""

_PARTIAL: Final = re.compile(r"\..+\.(\d+)\.partial\b.*")
_FILES: Final = "SELECT path, bytes FROM pictures WHERE path <> '' ORDER BY created"
_INPUTS: Final = "SELECT path, bytes FROM inputs ORDER BY created"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made.

    ``left_out`` counts the files that the database names and that were not there any more: they
    were deleted meanwhile, or are gone.
    """

    path: Path
    bytes: int
    pictures: int
    inputs: int
    left_out: int
    schema: str


def archives(data: Path) -> list[Path]:
    """Return the backups in a data folder, the newest first by their names."""
    return sorted((data / FOLDER).glob(f"*{SUFFIX}"), reverse=True)


def copies(data: Path) -> list[Path]:
    """Return all that holds the data of before: backups, and what backups were restored over."""
    return [*archives(data), *sorted(data.glob(f"*.{BEFORE}*[0-9]"))]


def target_for(wanted: str | Path | None, data: Path, now: datetime) -> Path:
    """Return the file for a new backup: the one wanted, a new one in a folder, or in the data.

    What ends like a folder is meant as one, though it is not there: its disk may be missing.
    """
    name = f"reroll-{now:%Y%m%dT%H%M%S}{SUFFIX}"
    if wanted is None:
        return data / FOLDER / name
    path = Path(wanted)
    is_folder = path.is_dir() or str(wanted).endswith(("/", os.sep))
    return path / name if is_folder else path


def make_backup(database: Path, pictures: Path, target: Path, now: datetime) -> Backup:
    """Write a backup, without holding up a bot that runs on the database.

    The file is readable by its owner alone, and has its name only once it is whole. Raises
    ``BackupThere``, ``DatabaseBroken``, ``DatabaseNewer``, ``DiskFull`` and ``CannotWrite``.
    """
    if not database.is_file():
        raise DatabaseBroken(str(database), "no such file")
    if target.exists():
        raise BackupThere(str(target))
    folder = target.absolute().parent
    with file_faults(folder):
        if folder == database.absolute().parent / FOLDER:
            folder.mkdir(exist_ok=True)
        if not folder.is_dir():
            # A disk that is not there is not to be made up.
            raise CannotWrite(str(folder), "no such folder")
        _sweep(folder)
        partial = folder / f".{target.name}.{os.getpid()}.partial"
        copy = partial.with_name(partial.name + ".db")
        try:
            _require_room(folder, database.stat().st_size * 2)
            schema = _snapshot(database, copy)
            backup = _pack(copy, PictureFiles(pictures), partial, (schema, now))
            partial.replace(target)
            sync_folder(folder)
        finally:
            for left in (partial, copy):
                left.unlink(missing_ok=True)
    return Backup(target.absolute(), target.stat().st_size, *backup, schema)


def _require_room(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < needed + RESERVE:
        raise DiskFull(str(folder))


def _snapshot(database: Path, copy: Path) -> str:
    """Copy the database as it is at one moment, and return the version of its schema."""
    migration.version_of(database)
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with database_faults(database):
            with (
                closing(sqlite3.connect(database)) as source,
                closing(sqlite3.connect(copy)) as into,
            ):
                source.backup(into)
            with closing(sqlite3.connect(copy)) as raw:
                # In one file, whose journal nobody has to bring along.
                raw.execute("PRAGMA journal_mode = DELETE")
    except DiskFull:
        # The disk that is written to is that of the copy.
        raise DiskFull(str(copy.parent)) from None
    return migration.version_of(copy)


def _pack(
    copy: Path, files: PictureFiles, partial: Path, about: tuple[str, datetime]
) -> tuple[int, int, int]:
    """Write the tar; returns how many pictures and inputs are in it, and how many are not."""
    schema, now = about
    with closing(sqlite3.connect(copy)) as raw:
        pictures, inputs = (raw.execute(query).fetchall() for query in (_FILES, _INPUTS))
    _require_room(partial.parent, copy.stat().st_size + sum(size for _, size in pictures + inputs))
    with _tar(partial) as tar:
        sums = {DATABASE: _add(tar, copy, DATABASE)}
        packed = [0, 0]
        for kind, named in enumerate((pictures, inputs)):
            for relative, _ in named:
                with suppress(FileNotFoundError):
                    name = PICTURES + relative
                    sums[name] = _add(tar, files.path(relative), name)
                    packed[kind] += 1
        _add_manifest(tar, {"schema": schema, "made": now.isoformat(), "files": sums})
    return packed[0], packed[1], len(pictures) + len(inputs) - sum(packed)


@contextmanager
def _tar(path: Path) -> Iterator[tarfile.TarFile]:
    """Open a new file to pack things into; it is on the disk after that."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            yield tar
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, path: Path, name: str) -> dict[str, Any]:
    with path.open("rb") as file:
        info = tarfile.TarInfo(name)
        found = os.fstat(file.fileno())
        info.size, info.mtime, info.mode = found.st_size, int(found.st_mtime), 0o600
        reader = _Summing(file)
        tar.addfile(info, reader)
    return {"bytes": info.size, "sha256": reader.sum.hexdigest()}


def _add_manifest(tar: tarfile.TarFile, values: dict[str, Any]) -> None:
    content = json.dumps({"form": FORM, "reroll": version("reroll")} | values, indent=1).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))


class _Summing:
    """A file that sums up what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read, and add to the sum."""
        data = self._file.read(size)
        self.sum.update(data)
        return data


def _sweep(folder: Path) -> None:
    """Delete what backups that were killed have left."""
    for path in folder.iterdir():
        found = _PARTIAL.fullmatch(path.name)
        if found and not _runs(int(found[1])):
            path.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    if os.name == "nt" or pid == os.getpid():
        return os.name == "nt"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

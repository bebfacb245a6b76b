"""Restoring a backup: checked as a whole beside what is there, then put in its place by renames."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from generation.errors import BadBackup, DatabaseBroken, DatabaseNewer, DiskFull
from storage import backups, migration
from storage.faults import file_faults
from storage.files import INPUTS, sync_file, sync_folder
from storage.room import RESERVE
from storage.unpacking import Unpacking

log = logging.getLogger(__name__)

PLAN: Final = ".restore.json"
"""What follows the database's name in that of the plan: from when it is there, the backup counts,
and whoever starts next carries the plan out."""
STAGED: Final = ".restoring"
Step = tuple[str, str, str]
"""A rename: in which folder, from, to."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place, and ``before``: where that lies which was there."""

    made: str
    schema: str
    pictures: int
    inputs: int
    before: tuple[Path, ...]


class Restoring:
    """Puts backups in the place of a database and its pictures; for the owner of both alone."""

    def __init__(self, database: Path, pictures: Path) -> None:
        self._database = database
        self._folders = {"data": database.parent, "pictures": pictures}
        self._plan = database.with_name(database.name + PLAN)
        self._staged = database.with_name(database.name + STAGED)
        self._staged_pictures = pictures / STAGED

    def restore(self, archive: Path, now: datetime) -> Restored:
        """Put a backup in place, brought up to this version; what was there is kept beside it.

        Nothing there is touched before all of the backup has been checked. Raises ``BadBackup``,
        ``DatabaseNewer``, ``DiskFull`` and ``CannotWrite``.
        """
        with file_faults(self._database.parent):
            self.mend()
            try:
                manifest = self._stage(archive)
                self._bring_up_to_date(archive)
                steps, before = self._steps(f"{now:%Y%m%dT%H%M%S}")
                _sync_all(self._staged, self._staged_pictures)
                self._write_plan(steps)
            except BaseException:
                # Without the plan first: nobody is to carry out one of what is deleted then.
                self._plan.unlink(missing_ok=True)
                self._sweep()
                raise
            self._carry_out()
        names = [name for name in manifest["files"] if name != backups.DATABASE]
        inputs = sum(name.startswith(f"{backups.PICTURES}{INPUTS}/") for name in names)
        made, schema = str(manifest.get("made", "")), str(manifest.get("schema", ""))
        return Restored(made, schema, len(names) - inputs, inputs, before)

    def mend(self) -> bool:
        """Finish what a kill cut short: a restore with a plan is carried out, one without undone.

        Returns whether there was one to carry out.
        """
        with file_faults(self._database.parent):
            if not self._plan.exists():
                self._sweep()
                return False
            self._carry_out()
        log.warning("A restore that was cut short is finished now.")
        return True

    def _stage(self, archive: Path) -> dict[str, Any]:
        """Unpack a backup beside what is there, and return its manifest, which holds."""
        for folder in self._folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        try:
            packed = archive.open("rb")
        except OSError as error:
            raise BadBackup(str(archive), "unreadable", error.strerror or "") from error
        with packed:
            size = os.fstat(packed.fileno()).st_size
            for folder in self._folders.values():
                if shutil.disk_usage(folder).free < size + RESERVE:
                    raise DiskFull(str(folder))
            return Unpacking(str(archive), self._staged, self._staged_pictures).unpack(packed)

    def _bring_up_to_date(self, archive: Path) -> None:
        try:
            migration.bring_up_to_date(self._staged)
        except DatabaseNewer as error:
            raise DatabaseNewer(str(archive), error.found, error.known) from error
        except DatabaseBroken as error:
            raise BadBackup(str(archive), "database", error.detail) from error

    def _steps(self, stamp: str) -> tuple[list[Step], tuple[Path, ...]]:
        """Return the renames: first what is there steps aside, then the backup takes its place."""
        name, aside = self._database.name, f"{backups.BEFORE}{stamp}"
        kept = f"{name}.{aside}"
        steps: list[Step] = [
            ("data", f"{name}{part}", f"{kept}{part}")
            for part in ("-wal", "-shm", "")
            if self._database.with_name(f"{name}{part}").exists()
        ]
        before = [self._database.with_name(kept)] if steps else []
        there = _shown(self._folders["pictures"])
        if there:
            before.append(self._folders["pictures"] / aside)
        steps += [("pictures", path.name, f"{aside}/{path.name}") for path in there]
        steps += [("data", self._staged.name, name)]
        steps += [
            ("pictures", f"{STAGED}/{path.name}", path.name)
            for path in _shown(self._staged_pictures)
        ]
        return steps, tuple(before)

    def _write_plan(self, steps: list[Step]) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._plan.parent, prefix=f"{self._plan.name}.")
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"steps": steps}, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._plan)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(self._plan.parent)

    def _carry_out(self) -> None:
        """Do all renames of the plan that are not done yet."""
        steps = json.loads(self._plan.read_text(encoding="utf-8"))["steps"]
        changed: dict[Path, None] = {}
        for folder, source, target in steps:
            from_, to = self._folders[folder] / source, self._folders[folder] / target
            if from_.exists() and not to.exists():
                to.parent.mkdir(parents=True, exist_ok=True)
                from_.replace(to)
            changed |= dict.fromkeys((to.parent, self._folders[folder]))
        for parent in changed:
            if parent.exists():
                sync_folder(parent)
        self._plan.unlink()
        sync_folder(self._plan.parent)
        self._sweep()

    def _sweep(self) -> None:
        """Delete what was unpacked and is not needed."""
        for part in ("", "-wal", "-shm", "-journal"):
            self._staged.with_name(self._staged.name + part).unlink(missing_ok=True)
        for partial in self._plan.parent.glob(f"{self._plan.name}.*"):
            partial.unlink(missing_ok=True)
        if self._staged_pictures.exists():
            shutil.rmtree(self._staged_pictures)


def _shown(folder: Path) -> list[Path]:
    """Return what lies in a pictures folder, but for hidden folders and what was restored over."""
    if not folder.exists():
        return []
    return [path for path in folder.iterdir() if not path.name.startswith((".", backups.BEFORE))]


def _sync_all(database: Path, pictures: Path) -> None:
    """Wait until all that was unpacked is on the disk."""
    if hasattr(os, "sync"):
        os.sync()
        return
    for path in (database, *(path for path in pictures.rglob("*") if path.is_file())):
        sync_file(path)

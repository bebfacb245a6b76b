"""One process owns a data folder; the others find it here and talk to it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from generation.errors import AlreadyRunning
from storage.faults import file_faults
from storage.files import sync_folder
from storage.records import utc_now

LOCK: Final = "reroll.lock"
NOTE: Final = "reroll.json"
_PATIENCE: Final = 0.3
"""Seconds to try for the lock: one who only looks holds it for far less than a millisecond."""
_LOOKS: Final = 3


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that owns a data folder, and how to reach it.

    ``port`` is 0 until it listens, on the loopback address; ``token`` proves to it that whoever
    calls may read the folder.
    """

    pid: int
    port: int
    token: str
    started: datetime

    @property
    def listens(self) -> bool:
        """Whether it can be called already."""
        return self.port > 0


class Ownership:
    """The right to write to a data folder, until ``release`` or the end of the process."""

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self._lock = lock
        self._started = utc_now()

    @classmethod
    def acquire(cls, folder: Path) -> Ownership:
        """Take the folder, which is made if need be.

        Raises ``AlreadyRunning``, ``CannotWrite`` and ``DiskFull``.
        """
        with file_faults(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / LOCK, thread_local=False)
            try:
                lock.acquire(timeout=_PATIENCE, poll_interval=_PATIENCE / 20)
            except Timeout:
                note = _read(folder)
                raise AlreadyRunning(note.pid if note else 0, str(folder)) from None
            ownership = cls(folder, lock)
            try:
                ownership.announce(0, "")
            except BaseException:
                lock.release()
                raise
        return ownership

    def announce(self, port: int, token: str) -> None:
        """Say where this process listens; only the same user of the machine can read it."""
        note = {
            "pid": os.getpid(),
            "port": port,
            "token": token,
            "started": self._started.isoformat(),
        }
        with file_faults(self.folder):
            # mkstemp makes the file readable by its owner alone, before anything is in it.
            descriptor, name = tempfile.mkstemp(prefix=f".{NOTE}.", dir=self.folder)
            partial = Path(name)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(note, file)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(self.folder / NOTE)
            finally:
                partial.unlink(missing_ok=True)
            sync_folder(self.folder)

    def release(self) -> None:
        """Give the folder up."""
        with suppress(OSError):
            (self.folder / NOTE).unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def find_owner(folder: Path) -> Owner | None:
    """Return who owns the folder; none when the lock is free, whatever an old note says."""
    if not (folder / LOCK).exists():
        return None
    lock = FileLock(folder / LOCK, thread_local=False)
    for look in range(_LOOKS):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            # Perhaps only another one who looks, who is gone at the next try.
            if look < _LOOKS - 1:
                time.sleep(_PATIENCE / 30)
            continue
        except OSError:
            # A folder of another user: what can be read there still says who it is.
            break
        lock.release()
        return None
    return _read(folder)


def _read(folder: Path) -> Owner | None:
    try:
        data: Any = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        return Owner(
            pid=int(data["pid"]),
            port=int(data["port"]),
            token=str(data["token"]),
            started=datetime.fromisoformat(data["started"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""SHA-256 of large files, each computed once as long as its size and time stay the same.

What is known is kept in a file, since fourteen gigabytes of weights take a minute to read. Several
processes may share it: whoever writes it keeps what others have found.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = 1
KEPT: Final = 2000
"""Files that are remembered; the one found longest ago is forgotten first."""
WORTH_KEEPING: Final = 1_000_000
"""Bytes from which on a file's hash is written down; smaller ones take a millisecond."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """A file as it was at one moment. ``path`` is where it really lies, ``time`` in nanoseconds."""

    path: str
    size: int
    time: int


def stamp(path: Path) -> Stamp:
    """Look at a file; links are followed, so that a blob has one name. Raises ``OSError``."""
    real = path.resolve(strict=True)
    status = real.stat()
    return Stamp(str(real), status.st_size, status.st_mtime_ns)


def is_as_stamped(path: Path, then: Stamp) -> bool:
    """Say whether what lies there is what was; a file that is gone counts as the same."""
    try:
        return stamp(path) == then
    except OSError:
        return True


class Hashes:
    """The hashes of files, kept in ``file`` where one is given. Every method is for any thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._read_at = 0
        self._known: OrderedDict[Stamp, str] = OrderedDict()
        self._doing: dict[Stamp, threading.Event] = {}
        self._threads: dict[tuple[Stamp, ...], threading.Thread] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def begin(self, files: Sequence[Stamp]) -> None:
        """Hash files in a thread of its own, if need be; a wait for one of them waits for this."""
        if any(self._remembered(file) is None for file in files):
            self._under_way(tuple(files))

    def of(self, files: Iterable[Stamp]) -> str | None:
        """Return one hash for some files: of a single file its own, else of all of theirs.

        Waits until it is computed; none where a file is no longer as it was.
        """
        each = [self._digest(file) for file in files]
        if None in each or not each:
            return None
        return each[0] if len(each) == 1 else _of_all(each)

    def within(self, files: Sequence[Stamp], seconds: float) -> str | None:
        """Return what ``of`` does if it is known within some seconds; else it is found later."""
        if any(self._remembered(file) is None for file in files):
            thread = self._under_way(tuple(files))
            thread.join(seconds)
            if thread.is_alive():
                return None
        return self.of(files)

    def _under_way(self, files: tuple[Stamp, ...]) -> threading.Thread:
        """Return the thread that hashes these files, so that many who ask do not make many."""
        with self._lock:
            alive = {key: each for key, each in self._threads.items() if each.is_alive()}
            self._threads = alive
            if files not in alive:
                alive[files] = threading.Thread(
                    target=self.of, args=(files,), name="hashes", daemon=True
                )
                alive[files].start()
            return alive[files]

    def _remembered(self, file: Stamp) -> str | None:
        with self._lock:
            if file not in self._known:
                self._read()
            return self._known.get(file)

    def _digest(self, file: Stamp) -> str | None:
        if found := self._remembered(file):
            return found
        with self._lock:
            done = self._doing.get(file)
            mine = done is None
            done = self._doing.setdefault(file, threading.Event())
        if not mine:
            done.wait()
            return self._remembered(file)
        try:
            return self._find_out(file)
        finally:
            with self._lock:
                del self._doing[file]
            done.set()

    def _find_out(self, file: Stamp) -> str | None:
        try:
            with Path(file.path).open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            if stamp(Path(file.path)) != file:
                return None
        except OSError:
            return None
        with self._lock:
            self._remember(file, digest)
        if file.size >= WORTH_KEEPING:
            self._write()
        return digest

    def _remember(self, file: Stamp, digest: str) -> None:
        self._known[file] = digest
        self._known.move_to_end(file)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    # The file -------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Take in what the file has, if it has changed; one that makes no sense has nothing."""
        if self._file is None:
            return
        try:
            changed = self._file.stat().st_mtime_ns
            if changed == self._read_at:
                return
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return
        self._read_at = changed
        for file, digest in _entries(kept):
            if file not in self._known:
                self._remember(file, digest)

    def _write(self) -> None:
        """Write down what is known; where that cannot be done, it is found anew the next time."""
        if self._file is None:
            return
        with self._writing, contextlib.suppress(OSError):
            with self._lock:
                self._read()
                kept = {
                    file.path: [file.size, file.time, digest]
                    for file, digest in self._known.items()
                    if file.size >= WORTH_KEEPING
                }
            _replace(self._file, json.dumps({"schema": SCHEMA, "files": kept}, indent=0))


def _of_all(digests: Iterable[str | None]) -> str:
    return hashlib.sha256("".join(map(str, digests)).encode()).hexdigest()


def _entries(kept: Any) -> Iterable[tuple[Stamp, str]]:
    """Yield what a file of ours holds, and nothing of any other."""
    files = kept.get("files") if isinstance(kept, dict) and kept.get("schema") == SCHEMA else None
    for path, entry in files.items() if isinstance(files, dict) else ():
        if not isinstance(entry, list) or len(entry) != 3:
            continue
        size, time, digest = entry
        if type(size) is type(time) is int and _DIGEST.fullmatch(str(digest)):
            yield Stamp(path, size, time), digest


def _replace(path: Path, text: str) -> None:
    """Write a file so that whoever reads it finds all of the old one or all of the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise

"""One file from the hub into its cache, resumed where an earlier try broke off."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from filelock import FileLock

from generation.errors import ModelMissing
from generation.hub.listing import RemoteFile, address, login, told, transport_errors
from generation.models import Model

TRIES: Final = 8
"""Tries in a row that bring no byte before a download is given up, after a minute and a half."""
_PAUSE: Final = 0.5
_PAUSE_MAX: Final = 30.0
"""Seconds; the pause doubles from one try to the next."""
_SILENCE_SECONDS: Final = 30.0


class Transfer:
    """Brings one file. ``done`` counts its bytes here, from any thread."""

    def __init__(self, file: RemoteFile, repository: Path, model: Model) -> None:
        self.file = file
        self._repository = repository
        self._model = model
        self._blob = repository / "blobs" / file.blob
        self._part = self._blob.with_name(f"{file.blob}.part")
        self.done = _size(self._blob) if self._blob.is_file() else _size(self._part)

    @property
    def missing(self) -> int:
        """Bytes still to come."""
        return max(0, self.file.size - self.done)

    def carry_out(self, stop: threading.Event) -> None:
        """Bring the file, unless it is here; ``stop`` ends that between two chunks.

        Raises ``ModelMissing`` and ``OSError``. What has come stays for the next time.
        """
        self._blob.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not self._blob.is_file() and not self._bring(stop):
                return
        self.done = self.file.size
        self._link()

    def _locked(self) -> FileLock:
        """Lock the file against other processes, as the hub's library does."""
        folder = self._repository.parent / ".locks" / self._repository.name
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{self.file.blob}.lock")

    def _bring(self, stop: threading.Event) -> bool:
        tries = 0
        while not stop.is_set():
            before = _size(self._part)
            try:
                with told(self.file.repository, self._model), self._patiently(tries):
                    self._stream(stop)
                    if _size(self._part) >= self.file.size:
                        self._check()
                        self._part.replace(self._blob)
                        return True
            except _Again:
                pass
            tries = 0 if _size(self._part) > before else tries + 1
            if tries >= TRIES:
                raise ModelMissing(
                    self._model.name, self.file.repository, "cut short", self.file.name
                )
            stop.wait(min(_PAUSE_MAX, _PAUSE * 2**tries))
        return False

    @contextlib.contextmanager
    def _patiently(self, tries: int) -> Iterator[None]:
        """Let a broken connection, or a hub that is overloaded, have another try."""
        try:
            yield
        except Exception as error:
            if tries + 1 >= TRIES or not _passing(error):
                raise
            raise _Again from None

    def _stream(self, stop: threading.Event) -> None:
        from huggingface_hub import get_session, hf_raise_for_status

        self._part.touch()
        here = _size(self._part)
        if here == self.file.size:
            return
        headers = login() | {"Accept-Encoding": "identity"}
        if here:
            headers["Range"] = f"bytes={here}-"
        with (
            get_session().stream(
                "GET", address(self.file), headers=headers, timeout=_SILENCE_SECONDS
            ) as response,
            self._part.open("ab") as part,
        ):
            hf_raise_for_status(response)
            if response.status_code != 206:
                part.truncate(0)
                self.done = 0
            for chunk in response.iter_bytes():
                self._append(part, chunk)
                if stop.is_set():
                    return

    def _append(self, part: BinaryIO, chunk: bytes) -> None:
        part.write(chunk)
        self.done += len(chunk)

    def _check(self) -> None:
        """Compare with what the hub said; a file that differs is begun anew the next time."""
        here = _size(self._part)
        right = here == self.file.size
        if right and self.file.sha256:
            with self._part.open("rb") as file:
                right = hashlib.file_digest(file, "sha256").hexdigest() == self.file.sha256
        if not right:
            self._part.unlink()
            self.done = 0
            raise ModelMissing(self._model.name, self.file.repository, "checksum", self.file.name)

    def _link(self) -> None:
        """Let the snapshot show the file: by a link, or where there are none, by a copy."""
        path = self._repository / "snapshots" / self.file.commit / self.file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return
        path.unlink(missing_ok=True)
        try:
            path.symlink_to(os.path.relpath(self._blob, path.parent))
        except OSError:
            shutil.copyfile(self._blob, path)


def _passing(error: Exception) -> bool:
    """Say whether it may go better the next time; the hub's refusals carry an answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is None:
        return isinstance(error, transport_errors())
    return status in (408, 429) or status >= 500


class _Again(Exception):
    """The connection broke; what has come is kept."""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

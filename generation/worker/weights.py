"""The weights files of a model: all looked at before any is loaded, and their hashes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from generation.errors import BadWeights
from generation.loras import read_header

PICKLES: Final = frozenset({".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"})
"""Suffixes of files that run code when they are read."""

NETWORKS: Final = frozenset({"unet", "vae", "text_encoder", "text_encoder_2"})
"""Folders of a model in diffusers' layout whose weights are read."""


def check_files(source: Path) -> tuple[Path, ...]:
    """Return the safetensors files of a folder, or the file itself; all of them are whole.

    Raises ``BadWeights``: ``pickle`` where a network has nothing but pickles, ``missing`` where
    nothing lies, ``truncated`` and ``not safetensors`` as ``read_header`` does.
    """
    if not source.is_dir():
        read_header(source)
        return (source,)
    files = sorted(path for path in source.rglob("*.safetensors") if _is_read(path, source))
    served = {path.parent for path in files}
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() in PICKLES and path.parent not in served and _is_read(path, source):
            raise BadWeights(str(path), "pickle")
    if not files:
        raise BadWeights(str(source), "missing")
    for path in files:
        read_header(path)
    return tuple(files)


def _is_read(path: Path, source: Path) -> bool:
    """Say whether a file belongs to a network that is loaded, and not to a safety checker, say."""
    return path.is_file() and (path.parent == source or path.parent.name in NETWORKS)


class Hashes:
    """SHA-256 of weights files, computed beside the painting and kept while a file is unchanged."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], str] = {}
        self._lock = threading.Lock()

    def begin(self, files: Iterable[Path]) -> None:
        """Hash files in a thread of its own; a wait for one of them waits for this."""
        wanted = tuple(files)
        threading.Thread(target=self.of, args=(wanted,), name="hashes", daemon=True).start()

    def of(self, files: Iterable[Path]) -> str:
        """Return one hash for some files: of a single file its own, else of all of theirs."""
        each = [self._of_one(path) for path in sorted(files)]
        if len(each) == 1:
            return each[0]
        return hashlib.sha256("".join(each).encode()).hexdigest()

    def _of_one(self, path: Path) -> str:
        stat = path.stat()
        key = (str(path), stat.st_size, stat.st_mtime_ns)
        with self._lock:
            if key not in self._known:
                with path.open("rb") as file:
                    self._known[key] = hashlib.file_digest(file, "sha256").hexdigest()
            return self._known[key]

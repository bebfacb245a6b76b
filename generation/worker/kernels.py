"""Compiled kernels on disk, so that the next start finds them.

The compiler names them by everything that goes into them, so that a kernel found is a kernel that
fits. It never removes any. Which kernel carries attention out it does not see: that goes into the
names here.
"""

from __future__ import annotations

import logging
import os
import platform
import shutil
from pathlib import Path
from typing import Any, Final

import torch
import torch.compiler.config as compiler_config
from filelock import FileLock, Timeout

from generation.settings import Attention

KEPT_BYTES: Final = 4 * 2**30
"""From there on all are made anew: what is still needed is a fraction of them."""

_PREFIX: Final = "torch-"

_HELD: Final[dict[Path, FileLock]] = {}

log = logging.getLogger(__name__)


def keep_kernels(folder: Path | None, most: int = KEPT_BYTES) -> Path | None:
    """Keep what is compiled from here on in a folder, and return the place in it.

    None leaves it to torch. What another version of torch or Python made is removed, and all that
    is there from ``most`` bytes on, unless another process has begun with it. Raises ``OSError``
    where the folder cannot be written.
    """
    if folder is None:
        return None
    python = ".".join(platform.python_version_tuple()[:2])
    place = folder.absolute() / f"{_PREFIX}{torch.__version__}-python-{python}"
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.glob(f"{_PREFIX}*"):
        if other.is_dir() and other.name != place.name and (lock := _lock(other)) is not None:
            log.info("removing compiled kernels of another version: %s", other)
            shutil.rmtree(other, ignore_errors=True)
            lock.release()
    own = _lock(place)
    if own is not None:
        # For as long as this process lives.
        _HELD[place] = own
        if kept_bytes(place) > most:
            log.info("removing compiled kernels, since they have become too many: %s", place)
            shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    # torch looks there whenever it compiles, and puts Triton's kernels beside its own.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(place)
    os.environ.pop("TRITON_CACHE_DIR", None)
    return place


def _lock(place: Path) -> FileLock | None:
    """Return a lock that is held on a place, or none where another process holds it."""
    # One that this process holds already is the same one.
    lock = FileLock(place.with_name(f".{place.name}.lock"), timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except (Timeout, NotImplementedError):  # the latter of folders that know no locks
        return None
    return lock


def name_kernels(attention: Attention) -> None:
    """Tell what is compiled from here on apart by what carries attention out.

    A compiled graph holds the choice that was made when it was compiled. Without this, what has
    been compiled under another setting, or with another cuDNN, would be found and used.
    """
    cudnn: Any = torch.backends.cudnn
    compiler_config.cache_key_tag = f"attention {attention} cudnn {cudnn.version()}"


def kept_bytes(place: Path) -> int:
    """Return the bytes of all files under a folder, 0 where there is none."""
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - many files
            except OSError:  # gone meanwhile
                continue
    return total

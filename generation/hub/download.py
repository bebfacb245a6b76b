"""Bringing a model here: the disk checked first, several files at once, resumed where it broke.

The hub library (as of 2.4) begins a file anew after every interruption, which for 5 GB is no way
to go; so its cache is filled here, file by file, and its library asked for addresses and tokens.
"""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

from generation.engine import Preparing
from generation.errors import CannotWrite, DiskFull, DownloadTooLarge, ModelMissing
from generation.hub.cache import cache_folder, is_hub_id, place, repository_folder
from generation.hub.files import Part, parts
from generation.hub.listing import RemoteFile, list_files
from generation.hub.transfer import Transfer
from generation.models import Model

Report = Callable[[Preparing], None]

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

FILES_AT_ONCE: Final = 3
REPORT_SECONDS: Final = 0.3


def size_of(model: Model, cache: Path | None = None) -> int:
    """Return how many bytes are still to be fetched for a model; asks the hub.

    Raises ``ModelMissing``.
    """
    return sum(transfer.missing for transfer in _transfers(_missing(model, cache), model, cache))


def fetch(source: str, model: Model, report: Report, cache: Path | None = None) -> Path:
    """Return the folder of one hub source of a model, downloaded first if it is not here.

    Raises ``ModelMissing``, ``DownloadTooLarge``, ``DiskFull``, ``CannotWrite``.
    """
    part = next(part for part in parts(model) if part.source == source)
    found = place(part, model, cache)
    if found is None:
        _bring([part], model, report, cache)
        found = place(part, model, cache)
    if found is None:
        raise ModelMissing(model.name, source, "not diffusers")
    return found


def download(model: Model, report: Report, cache: Path | None = None) -> None:
    """Bring all that a model needs, and is not here yet; blocks until it is done.

    ``report`` is told the bytes so far, a few times a second. Raises what ``fetch`` raises.
    """
    missing = _missing(model, cache)
    if missing:
        _bring(missing, model, report, cache)


def _missing(model: Model, cache: Path | None) -> list[Part]:
    missing = [part for part in parts(model) if place(part, model, cache) is None]
    for part in missing:
        if not is_hub_id(part.source):
            raise ModelMissing(model.name, part.source, "no folder")
    return missing


def _transfers(missing: list[Part], model: Model, cache: Path | None) -> list[Transfer]:
    files: dict[tuple[str, str], RemoteFile] = {}
    for part in missing:
        files |= {(file.repository, file.name): file for file in list_files(part, model)}
    return [
        Transfer(file, repository_folder(file.repository, cache), model) for file in files.values()
    ]


def _bring(missing: list[Part], model: Model, report: Report, cache: Path | None) -> None:
    report(Preparing("downloading", model.name))
    transfers = _transfers(missing, model, cache)
    folder = cache_folder(cache)
    _check_disk(transfers, model, folder)
    try:
        _transfer_all(transfers, model, report)
        for repository, commit in {(each.file.repository, each.file.commit) for each in transfers}:
            _remember(repository_folder(repository, cache), commit)
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(str(folder)) from None
        raise CannotWrite(str(error.filename or folder), error.strerror or str(error)) from None


def _check_disk(transfers: list[Transfer], model: Model, folder: Path) -> None:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    needed = sum(transfer.missing for transfer in transfers)
    free = shutil.disk_usage(there).free
    if needed > free:
        raise DownloadTooLarge(model.name, needed, free, str(folder))


def _transfer_all(transfers: list[Transfer], model: Model, report: Report) -> None:
    """Transfer small files first; the first failure stops the others."""
    stop = threading.Event()
    total = sum(transfer.file.size for transfer in transfers)
    ordered = sorted(transfers, key=lambda transfer: transfer.file.size)
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        running: set[Future[None]] = {pool.submit(transfer.carry_out, stop) for transfer in ordered}
        try:
            while running:
                finished, running = wait(running, REPORT_SECONDS, FIRST_EXCEPTION)
                for each in finished:
                    each.result()
                report(Preparing("downloading", model.name, _done(transfers), total))
        finally:
            stop.set()
            for each in running:
                each.cancel()


def _done(transfers: list[Transfer]) -> int:
    return sum(transfer.done for transfer in transfers)


def _remember(repository: Path, commit: str) -> None:
    """Note what ``main`` is, once all of it is here."""
    ref = repository / "refs" / "main"
    ref.parent.mkdir(parents=True, exist_ok=True)
    part = ref.with_name("main.part")
    part.write_text(commit)
    part.replace(ref)

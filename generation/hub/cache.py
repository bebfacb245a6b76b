"""What is here already, told from the hub library's cache folder without that library.

Its layout is documented at huggingface.co/docs/huggingface_hub/guides/manage-cache:
``models--owner--name`` with ``blobs``, ``refs`` and ``snapshots/<commit>/<file>``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from generation.hub.files import INDEX, SINGLE, Part, components, is_complete, parts
from generation.models import Model

_HUB_ID: Final = re.compile(r"[\w.-]+/[\w.-]+")


def is_hub_id(source: str) -> bool:
    """Say whether a source is to be had from the hub: ``owner/name``, and nothing here is so."""
    return (
        bool(_HUB_ID.fullmatch(source))
        and not source.startswith(".")
        and not source.endswith(".safetensors")
        and not Path(source).exists()
    )


def cache_folder(cache: Path | None = None) -> Path:
    """Return the cache folder: the one given, or where the hub library keeps it."""
    if cache:
        return cache.expanduser()
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if value := os.environ.get(name):
            return Path(value).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "huggingface" / "hub"


def repository_folder(source: str, cache: Path | None = None) -> Path:
    """Return where the cache keeps a repository."""
    return cache_folder(cache) / f"models--{source.replace('/', '--')}"


def is_cached(model: Model, cache: Path | None = None) -> bool:
    """Say whether all that a model needs is on this machine."""
    return all(place(part, model, cache) is not None for part in parts(model))


def cached_folder(model: Model, cache: Path | None = None) -> Path | None:
    """Return where a model of one part lies, if all of it is on this machine."""
    (part,) = parts(model)
    return place(part, model, cache)


def place(part: Part, model: Model, cache: Path | None = None) -> Path | None:
    """Return the folder or file of a part, if all of it is here."""
    path = Path(part.source).expanduser()
    if path.exists():
        return path
    if not is_hub_id(part.source):
        return None
    return next(
        (
            snapshot
            for snapshot in _snapshots(repository_folder(part.source, cache))
            if _is_whole(snapshot, part, model)
        ),
        None,
    )


def _snapshots(repository: Path) -> Iterator[Path]:
    """Yield the snapshots, that of ``main`` first, then the newest."""
    folder = repository / "snapshots"
    try:
        main = folder / (repository / "refs" / "main").read_text().strip()
    except OSError:
        main = None
    if main and main.is_dir():
        yield main
    if folder.is_dir():
        yield from sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)


def _is_whole(snapshot: Path, part: Part, model: Model) -> bool:
    if part.role in SINGLE:
        return is_complete(part.role, _names(snapshot), model.variant)
    try:
        index = json.loads((snapshot / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(index, dict):
        return False
    folders = components(index, part.role, model)
    return bool(folders) and all(
        is_complete(name, _names(snapshot / name), model.variant) for name in folders
    )


def _names(folder: Path) -> list[str]:
    """Return the names of files that are really there: a link to a lost blob is not."""
    return [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []

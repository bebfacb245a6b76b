"""The upscalers that lie in the owner's folder, by the names of their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from generation.errors import UnknownName
from generation.loras import read_header
from generation.nearest import nearest

LIBRARY: Final = "spandrel"
"""What knows how upscalers are built; it comes with the extra of the name below."""
EXTRA: Final = "upscalers"


@dataclass(frozen=True, slots=True)
class UpscalerInfo:
    """One upscaler."""

    name: str
    path: Path


class Upscalers:
    """The upscalers of one folder; every question looks at the disk, so ask it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def infos(self) -> tuple[UpscalerInfo, ...]:
        """Return all of them, sorted by name."""
        return tuple(UpscalerInfo(path.stem, path) for path in sorted(_files(self._folder)))

    def find(self, name: str) -> UpscalerInfo:
        """Return an upscaler by name, in any case where none is called just so.

        The names are those of files in the folder: none leads out of it. Raises ``UnknownName``
        with the nearest.
        """
        infos = self.infos()
        for same in (str, str.casefold):
            for info in infos:
                if same(info.name) == same(name):
                    return info
        raise UnknownName("upscaler", name[:60], nearest(name, [info.name for info in infos]))

    def examine(self, name: str) -> UpscalerInfo:
        """Look into an upscaler's file. Raises ``UnknownName`` and ``BadWeights``."""
        info = self.find(name)
        read_header(info.path)
        return info


def library_version() -> str | None:
    """Return the version of the library that upscalers need, none where it is not installed."""
    try:
        return version(LIBRARY)
    except PackageNotFoundError:
        return None


def upscaler_part(name: str) -> str:
    """Return the name of an upscaler among the weights that decided a picture."""
    return f"upscaler {name}"


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in folder.iterdir() if path.suffix == ".safetensors")
    except OSError:
        return

"""The styles that are there for everybody: those of the owner's file, and those built in."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot import texts
from bot.errors import BadStyle
from bot.style import Style
from bot.style_reading import StyleReader
from generation.errors import UnknownName
from generation.loras import LoraCatalogue, LoraInfo
from generation.nearest import nearest

log = logging.getLogger(__name__)

BUILT_IN: Final = Path(__file__).with_name("built_in_styles.toml")


class StyleBook:
    """Knows the styles from memory; ``refresh`` looks at the disk.

    What is wrong with the owner's file is its ``fault``: until that is mended, a style that cannot
    be read stays as it was before, if there was one, and all others count as the file has them.
    """

    def __init__(self, file: Path, reader: StyleReader, loras: LoraCatalogue) -> None:
        self.file = file
        self.reader = reader
        self.fault: BadStyle | None = None
        self._loras = loras
        self._styles: Mapping[str, Style] = {}
        self._stamp: tuple[int, int] | None = None
        self._infos: tuple[LoraInfo, ...] | None = None

    def refresh(self) -> bool:
        """Look at the file again where it or the LoRAs have changed; returns whether they had."""
        stamp, infos = _stamp(self.file), self._loras.infos()
        if stamp == self._stamp and infos is self._infos:
            return False
        self._styles, self.fault = self._read()
        if self.fault is not None:
            log.warning("%s", texts.sentence(self.fault))
        self._stamp, self._infos = stamp, infos
        return True

    def _read(self) -> tuple[Mapping[str, Style], BadStyle | None]:
        """Return the styles that count now, and the first fault of the owner's file."""
        built_in = self.reader.unbounded().read(BUILT_IN)
        try:
            styles, faults = self.reader.read_all(self.file)
        except BadStyle as error:
            return self._styles or built_in, error
        before = {each.entry: self._styles.get(each.entry) for each in faults}
        kept = {name: style for name, style in before.items() if style is not None}
        return {**built_in, **kept, **styles}, faults[0] if faults else None

    def all(self) -> tuple[Style, ...]:
        """Return every style: those built in first, then those of the file, in its order."""
        return tuple(self._styles.values())

    def find(self, name: str) -> Style:
        """Return a style by name, whatever its case. Raises ``UnknownName`` with the nearest."""
        style = self._styles.get(name.strip().casefold())
        if style is None:
            raise UnknownName("style", name[:60], nearest(name, self._styles))
        return style


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns

"""Pictures of an answer in a folder of somebody's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.reply import Reply
from storage.faults import file_faults


def copied(reply: Reply, folder: Path) -> Reply:
    """Copy all pictures that a reply tells of into a folder; the reply then has their new paths.

    What is gone is not copied. Raises ``CannotWrite`` and ``DiskFull``.
    """
    copies = _Copies(folder)
    with file_faults(folder):
        pictures = tuple(
            replace(picture, path=copies.of(picture.path))
            for picture in reply.pictures
            if picture.path.exists() or not picture.title
        )
        data = tuple(copies.named_in(entry) for entry in reply.data)
    return replace(reply, pictures=pictures, data=data)


class _Copies:
    """The copies in a folder, each made once."""

    def __init__(self, folder: Path) -> None:
        # The shell does not know every place where a path may stand.
        named = os.path.expanduser(folder)  # noqa: PTH111 - an unknown name stays as it is
        self._folder = Path(named).absolute()
        self._made: dict[Path, Path] = {}

    def of(self, path: Path) -> Path:
        """Return the copy of a file; the file itself where it is gone, or lies there already."""
        if path not in self._made:
            self._folder.mkdir(parents=True, exist_ok=True)
            target = self._folder / path.name
            if path.exists() and not (target.exists() and target.samefile(path)):
                shutil.copyfile(path, target)
            self._made[path] = target if target.exists() else path
        return self._made[path]

    def named_in(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is said of a job or a picture, with the copies' paths in it."""
        changed = dict(entry)
        if "pictures" in entry:
            changed["pictures"] = [self.named_in(picture) for picture in entry["pictures"]]
        for name in ("path", "sheet"):
            # A picture whose time is over has no path.
            if entry.get(name):
                changed[name] = str(self.of(Path(entry[name])))
        return changed

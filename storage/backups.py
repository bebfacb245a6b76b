"""Backups: the database, the pictures and the inputs that it names, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = "backups"
"""Where backups lie in the data folder, unless they were made elsewhere."""
SUFFIX: Final = ".tar"


def archives(data: Path) -> list[Path]:
    """Return the backups in a data folder, the newest first by their names."""
    return sorted((data / FOLDER).glob(f"*{SUFFIX}"), reverse=True)

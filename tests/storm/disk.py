"""What lies in a data folder: rows, files, and whether they agree."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing
from pathlib import Path
from typing import Final

from storage.sheets import SHEETS
from tests.storm.pixels import sha256_of

SHOWS: Final = ".shows"
"""What the names of the lists beside sheets end with."""


def faults_on_disk(database: Path, pictures: Path) -> list[str]:
    """Return what is wrong with a data folder that nobody uses at the moment, in words."""
    with closing(sqlite3.connect(database)) as raw:
        raw.row_factory = sqlite3.Row
        found = [
            f"{check}: {tuple(row)}"
            for check in ("integrity_check", "foreign_key_check")
            for row in raw.execute(f"PRAGMA {check}")
            if tuple(row) != ("ok",)
        ]
        raw.execute("INSERT INTO job_search (job_search) VALUES ('integrity-check')")
        raw.rollback()
        query = "SELECT id, path, bytes, pixels_sha256 FROM pictures WHERE absent = ''"
        rows = {row["path"]: row for row in raw.execute(query)}
        inputs = {row[0] for row in raw.execute("SELECT path FROM inputs")}
    files = {
        path.relative_to(pictures).as_posix(): path
        for path in pictures.rglob("*")
        if path.is_file()
    }
    sheets = {name: path for name, path in files.items() if name.startswith(f"{SHEETS}/")}
    found += list(_of_sheets(sheets.values(), {row["id"] for row in rows.values()}))
    stray = set(files) - set(rows) - set(sheets) - inputs
    found += [f"{name}: no row names it" for name in sorted(stray)]
    found += [f"{name}: the file is not there" for name in sorted(set(rows) - set(files))]
    for name in set(rows) & set(files):
        data = files[name].read_bytes()
        if len(data) != rows[name]["bytes"]:
            found.append(f"{name}: {len(data)} bytes")
        elif sha256_of(data) != rows[name]["pixels_sha256"]:
            found.append(f"{name}: other pixels")
    return found


def _of_sheets(files: Iterable[Path], pictures: AbstractSet[str]) -> Iterator[str]:
    """Yield what is wrong with sheets: they go with any picture that is on them."""
    for path in files:
        if path.name.endswith(SHOWS):
            gone = set(path.read_text().split()) - pictures
            if gone:
                yield f"{path.name}: shows {sorted(gone)}, which are gone"
        elif path.suffix == ".jpg" and not path.with_name(f"{path.name}{SHOWS}").exists():
            yield f"{path.name}: nobody knows what it shows"

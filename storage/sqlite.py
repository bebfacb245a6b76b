"""SQLite: the file, its connections and its backups."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from generation.errors import BadValue
from storage.faults import database_faults, file_faults
from storage.files import sync_file, sync_folder

Item = TypeVar("Item")
Role = Literal["write", "read", "search", "migrate"]

BUSY_MS: Final = 5_000
_CACHE_KIB: Final[dict[Role, int]] = {
    "write": 8_192,
    "read": 4_096,
    "search": 16_384,
    "migrate": 8_192,
}
_NAMED: Final = 500
THOROUGH: Final = (
    # NORMAL would lose the last commits in a power cut, and an acknowledged job must not be lost.
    # One sync a commit costs milliseconds, which jobs that come together share.
    "synchronous = FULL",
    # What is deleted is overwritten; some builds of SQLite do so anyway, others only when told.
    "secure_delete = ON",
)
"""How everybody writes to the database."""
OWN: Final = 0o600
"""The mode of a new database: only the user whose bot it is can read it."""
BACKUPS: Final = 3
"""How many backups made before migrations are kept."""


def database_path(url: str, folder: Path = Path()) -> Path:
    """Return the file that a URL such as ``sqlite:///data/reroll.db`` names.

    A relative one lies in ``folder``. Raises ``BadValue`` for any other URL.
    """
    allowed = "sqlite:///PATH"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadValue("storage.database", url[:100], allowed) from None
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        shown = parsed.render_as_string(hide_password=True)
        raise BadValue("storage.database", shown[:100], allowed)
    return folder / str(parsed.database)


def create(path: Path, role: Role) -> Engine:
    """Return an engine whose every connection is set for its role; nothing is opened yet."""
    url = URL.create("sqlite", database=str(path))
    # Parameters are people's words, private ones too: no message of a fault is to have them.
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )

    def prepare(connection: Any, _record: object) -> None:
        # Transactions are begun by the event below: the sqlite3 module would begin one only at
        # the first write, and never before a change of the schema.
        connection.isolation_level = None
        for pragma in _pragmas(role):
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if role in ("read", "search") else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _pragmas(role: Role) -> tuple[str, ...]:
    common = (f"busy_timeout = {BUSY_MS}", f"cache_size = -{_CACHE_KIB[role]}")
    if role in ("read", "search"):
        return (*common, "query_only = ON")
    return (
        *common,
        "journal_mode = WAL",
        *THOROUGH,
        "journal_size_limit = 67108864",
        # A migration may have to copy a table to change it, which foreign keys would not bear.
        f"foreign_keys = {'OFF' if role == 'migrate' else 'ON'}",
    )


def parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield parts of many items that are small enough for one statement to name them."""
    return (items[at : at + _NAMED] for at in range(0, len(items), _NAMED))


def back_up(path: Path, version: str, now: datetime) -> Path:
    """Copy the database, consistent even while it is written to, and keep the latest copies.

    The copy lies beside the database under a name with its schema version and the time. Raises
    ``DiskFull``, ``CannotWrite`` and ``DatabaseBroken``.
    """
    copy = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%S%f}.v{version}.backup")
    partial = copy.with_name(copy.name + ".partial")
    with database_faults(path), file_faults(path.parent):
        try:
            partial.touch(OWN)
            with (
                closing(sqlite3.connect(path)) as source,
                closing(sqlite3.connect(partial)) as into,
            ):
                source.backup(into)
            sync_file(partial)
            partial.replace(copy)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)
        for old in backups(path)[BACKUPS:]:
            old.unlink(missing_ok=True)
    return copy


def backups(path: Path) -> list[Path]:
    """Return the backups of a database, the newest first."""
    return sorted(path.parent.glob(f"{path.name}.*.backup"), reverse=True)

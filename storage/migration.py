"""Bringing the database up to the schema of this version."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from generation.errors import DatabaseBroken, DatabaseBusy, DatabaseNewer
from storage import sqlite
from storage.faults import database_faults, file_faults

FOLDER: Final = Path(__file__).with_name("migrations")
_log = logging.getLogger(__name__)


def versions(scripts: Path = FOLDER) -> tuple[str, ...]:
    """Return the schema versions that this Reroll knows, the oldest first."""
    return tuple(sorted(path.stem[1:5] for path in (scripts / "versions").glob("r[0-9]*.py")))


def migrate(path: Path, now: datetime, scripts: Path = FOLDER) -> Path | None:
    """Make the database, or bring it up to date after a backup; returns the backup's path.

    All of it is one transaction: a kill leaves the schema of before. Raises ``DatabaseNewer``,
    ``DatabaseBroken``, ``DatabaseBusy``, ``DiskFull`` and ``CannotWrite``.
    """
    with file_faults(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        # What people ask for in private is in it, and leave to answer them. Its journal follows.
        path.touch(sqlite.OWN, exist_ok=True)
    with database_faults(path), sqlite.create(path, "migrate").connect() as connection:
        found, newest = _checked_version(path, connection, scripts), versions(scripts)[-1]
        if found == newest:
            return None
        backup = sqlite.back_up(path, found, now) if found else None
        if backup:
            _log.info("The database is brought from version %s to %s.", found, newest)
        upgrade(connection, newest, scripts)
        return backup


def upgrade(connection: Connection, version: str, scripts: Path = FOLDER) -> None:
    """Run the migrations that are missing up to a version, in one transaction."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with connection.begin():
        command.upgrade(config, version)
        if connection.execute(text("PRAGMA foreign_key_check")).first():
            raise RuntimeError("a migration left rows that point nowhere")


def version_of(path: Path) -> str:
    """Return the version of a database's schema.

    Raises ``DatabaseBroken`` where it is none of ours, and ``DatabaseNewer``.
    """
    with database_faults(path), sqlite.create(path, "read").connect() as connection:
        found = _checked_version(path, connection, FOLDER)
    if not found:
        raise DatabaseBroken(str(path), "it is empty")
    return found


def bring_up_to_date(path: Path) -> None:
    """Bring a copy of a database up to date, of which nobody needs another copy.

    Raises ``DatabaseBroken`` and ``DatabaseNewer``.
    """
    if version_of(path) != versions()[-1]:
        with database_faults(path), sqlite.create(path, "migrate").connect() as connection:
            upgrade(connection, versions()[-1], FOLDER)


def check(path: Path) -> None:
    """Check that a database can be read as it is, beside the process that owns it.

    Raises ``DatabaseBroken`` where there is none, ``DatabaseNewer``, and ``DatabaseBusy`` where
    it is of an older version, which only its owner may change.
    """
    if not path.is_file():
        raise DatabaseBroken(str(path), "no such file")
    with database_faults(path), sqlite.create(path, "read").connect() as connection:
        if _checked_version(path, connection, FOLDER) != versions()[-1]:
            raise DatabaseBusy(str(path))


def _checked_version(path: Path, connection: Connection, scripts: Path) -> str:
    """Return the version of the schema, empty for a new database."""
    with connection.begin():
        tables = inspect(connection).get_table_names()
        if not tables:
            return ""
        if "alembic_version" not in tables or "ids" not in tables:
            raise DatabaseBroken(str(path), "tables of another program")
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    if found not in versions(scripts):
        raise DatabaseNewer(str(path), found, versions(scripts)[-1])
    return found

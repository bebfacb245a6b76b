"""Faults of disk and database, turned into errors for people; and errors, stored and restored."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from generation.errors import (
    CannotWrite,
    DatabaseBroken,
    DatabaseBusy,
    DiskFull,
    InternalFault,
    UserError,
)

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
)
_NO_ROOM: Final = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""What SQLite says of a quota, of a limit on file sizes, and of a full disk where it first makes
the index of its journal; only a write that ends in ENOSPC has a code of its own."""
_PRIMARY_CODE: Final = 0xFF
"""SQLite's extended result codes carry the primary one in the lowest byte."""


def _of_sqlite(fault: sqlite3.Error, path: Path) -> UserError | None:
    code = getattr(fault, "sqlite_errorcode", 0)
    if code in _NO_ROOM or code & _PRIMARY_CODE == sqlite3.SQLITE_FULL:
        return DiskFull(str(path.parent))
    match code & _PRIMARY_CODE:
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return CannotWrite(str(path), str(fault))
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_IOERR:
            return DatabaseBroken(str(path), str(fault))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DatabaseBusy(str(path))
    return None


@contextmanager
def database_faults(path: Path) -> Iterator[None]:
    """Raise ``DiskFull``, ``CannotWrite``, ``DatabaseBroken`` or ``DatabaseBusy`` as they fit.

    Other faults of the database are ours and pass as they are.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        fault = error.orig if isinstance(error, DBAPIError) else error
        worded = _of_sqlite(fault, path) if isinstance(fault, sqlite3.Error) else None
        if worded is None:
            raise
        raise worded from error


@contextmanager
def file_faults(path: Path) -> Iterator[None]:
    """Raise ``DiskFull`` or ``CannotWrite`` where the system says so; other faults pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(str(path)) from error
        if error.errno in _FORBIDDEN:
            raise CannotWrite(str(error.filename or path), error.strerror or "") from error
        raise


def error_to_json(error: UserError) -> dict[str, Any]:
    """Return an error as its class name and its fields, to be worded whenever it is shown."""
    return {"kind": type(error).__name__, "fields": error.values()}


def error_from_json(data: Mapping[str, Any] | None, reference: str) -> UserError | None:
    """Return the error that was stored.

    One that this version no longer knows comes back as an ``InternalFault`` with ``reference``.
    """
    if data is None:
        return None
    kind = _kinds(UserError).get(str(data.get("kind")))
    try:
        return kind(**_tuples(data["fields"])) if kind else InternalFault(reference)
    except (TypeError, KeyError):
        return InternalFault(reference)


def _kinds(base: type[UserError]) -> dict[str, type[UserError]]:
    found: dict[str, type[UserError]] = {}
    for kind in base.__subclasses__():
        found |= {kind.__name__: kind} | _kinds(kind)
    return found


def _tuples(value: Any) -> Any:
    """JSON has no tuples, and the fields of errors no lists."""
    if isinstance(value, list):
        return tuple(map(_tuples, value))
    if isinstance(value, dict):
        return {name: _tuples(item) for name, item in value.items()}
    return value

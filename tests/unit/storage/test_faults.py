from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from generation.errors import (
    BadPrompt,
    CannotWrite,
    DatabaseBroken,
    DatabaseBusy,
    DiskFull,
    InternalFault,
    OutOfMemory,
    UnknownName,
    UserError,
)
from storage.faults import database_faults, error_from_json, error_to_json, file_faults


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EACCES, CannotWrite),
        (errno.EROFS, CannotWrite),
        (errno.EPERM, CannotWrite),
    ],
)
def test_faults_of_the_disk_become_errors_for_people(code: int, kind: type[UserError]) -> None:
    with pytest.raises(kind), file_faults(Path("pictures")):
        raise OSError(code, "no", "pictures/a.png")


def test_other_faults_of_files_stay_what_they_are() -> None:
    with pytest.raises(OSError, match="gone") as caught, file_faults(Path("pictures")):
        raise OSError(errno.ENOENT, "gone")
    assert not isinstance(caught.value, UserError)


def test_a_full_database_is_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("PRAGMA max_page_count = 4")
        with pytest.raises(DiskFull) as caught, database_faults(path):
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert caught.value.folder == str(tmp_path)


def test_a_held_database_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with (
        closing(sqlite3.connect(path)) as holder,
        closing(sqlite3.connect(path, timeout=0)) as other,
    ):
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseBusy), database_faults(path):
            other.execute("BEGIN IMMEDIATE")


def test_a_database_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(CannotWrite), database_faults(path):
            connection.execute("CREATE TABLE t (a)")


def test_a_file_that_is_no_database_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database, by any means" * 100)
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(DatabaseBroken) as caught,
        database_faults(path),
    ):
        connection.execute("SELECT * FROM sqlite_master")
    assert caught.value.path == str(path)


def test_faults_of_our_own_sql_stay_what_they_are(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(sqlite3.OperationalError),
        database_faults(tmp_path / "a.db"),
    ):
        connection.execute("SELECT nonsense FROM nowhere")


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemory("cuda", 1024, 768),
        UnknownName("lora", "inkstile", ("inkstyle", "wrong")),
        BadPrompt("unbalanced", "(a", 0),
    ],
)
def test_a_stored_error_comes_back_with_its_fields(error: UserError) -> None:
    restored = error_from_json(error_to_json(error), "k7f3q2")
    assert type(restored) is type(error)
    assert restored.values() == error.values()


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "NoSuchError", "fields": {}},
        {"kind": "OutOfMemory", "fields": {"device": "cuda"}},
        {"kind": "OutOfMemory"},
        {},
    ],
)
def test_an_error_that_this_version_does_not_know_is_a_fault_of_ours(
    data: dict[str, object],
) -> None:
    restored = error_from_json(data, "k7f3q2")
    assert isinstance(restored, InternalFault)
    assert restored.reference == "k7f3q2"


def test_no_error_stays_none() -> None:
    assert error_from_json(None, "k7f3q2") is None

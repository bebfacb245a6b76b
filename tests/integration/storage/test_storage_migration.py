from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from generation.errors import BadValue, DatabaseBroken, DatabaseBusy, DatabaseNewer
from generation.recipe import Variation
from storage import migration, sqlite
from storage.records import NewJob, Promise, Sheet, Ticket, Viewer
from storage.schema import metadata
from storage.store import Store

NOW = datetime(2026, 7, 21, 10, 0, tzinfo=UTC)
OLD = Path(__file__).with_name("old")


def version_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def columns(path: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def next_version(folder: Path, body: str) -> Path:
    """Return a copy of the migrations with one more, as a later Reroll would have."""
    scripts = folder / "migrations"
    shutil.copytree(migration.FOLDER, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    newest = migration.versions()[-1]
    following = f"{int(newest) + 1:04}"
    (scripts / "versions" / f"r{following}_later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = {following!r}\ndown_revision = {newest!r}\n"
        f"def upgrade():\n    op.add_column('jobs', sa.Column('mood', sa.Text))\n    {body}\n"
    )
    return scripts


def test_a_blank_file_gets_the_schema_that_the_tables_describe(tmp_path: Path) -> None:
    path = tmp_path / "reroll.db"
    path.touch()
    assert migration.migrate(path, NOW) is None
    assert version_of(path) == migration.versions()[-1]
    engine = sqlite.create(path, "migrate")
    with engine.connect() as connection:
        search = [name for name in metadata.tables if name.startswith("job_search")]
        assert not search
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _parents: (
                    kind != "table" or not str(name).startswith("job_search")
                )
            },
        )
        assert compare_metadata(context, metadata) == []


async def test_nobody_else_on_the_machine_can_read_the_database_or_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "reroll.db"
    async with Store(f"sqlite:///{path}") as store:
        await store.settings.set("console:ada", "steps", 30)
        files = [path, path.with_name("reroll.db-wal"), path.with_name("reroll.db-shm")]
        assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
        copy = sqlite.back_up(path, "0001", NOW)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_migrating_again_changes_and_copies_nothing(tmp_path: Path) -> None:
    path = tmp_path / "reroll.db"
    migration.migrate(path, NOW)
    content = path.read_bytes()
    assert migration.migrate(path, NOW) is None
    assert path.read_bytes() == content
    assert sqlite.backups(path) == []


@pytest.mark.parametrize("version", migration.versions())
async def test_a_database_of_every_older_version_is_brought_up_to_date(
    tmp_path: Path, version: str
) -> None:
    path = tmp_path / "reroll.db"
    with sqlite.create(path, "migrate").connect() as connection:
        migration.upgrade(connection, version)
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript((OLD / f"{version}.sql").read_text())
    async with Store(f"sqlite:///{path}", clock=lambda: NOW) as store:
        job = await store.jobs.get("k7f3q2")
        assert job is not None
        assert (job.recipe.prompt, job.status, job.attempts) == ("a red circle++", "delivered", 1)
        assert job.created == datetime(2026, 7, 21, 9, 0, tzinfo=UTC)
        (picture,) = await store.pictures.of_job("k7f3q2")
        assert (picture.path, picture.recipe.seed) == ("k7/k7f3q2.1.png", 7)
        page = await store.history.search("red", Viewer("console:ada", "console:tty"))
        assert page.items == (job,)
        assert await store.settings.get("console:ada") == {"steps": 30}
        assert (await store.favorites.page("console:ada")).items == (picture,)
        ticket = Ticket("5", "t", datetime(2026, 7, 21, 9, 15, tzinfo=UTC), 10)
        assert job.reply_to.ticket == (ticket if version >= "0002" else None)
        asked = {"kind": "command"} if version >= "0004" else None
        promised = (Promise("discord", "1", ticket, asked),) if version >= "0002" else ()
        assert await store.promises.broken("discord") == promised
        assert (job.reply_to.age_restricted, job.admin) == ((version >= "0005",) * 2)
        assert (picture.flagged, picture.absent) == (0.25 if version >= "0005" else None, "")
        plan = (job.recipe.changed(variations=(Variation(8, 0.5),)),)
        assert job.plan == (plan if version >= "0006" else ())
        assert job.sheet == (Sheet(("varied",)) if version >= "0006" else None)
        owed = ("untold",) if version >= "0003" else ()
        assert tuple(job.id for job in await store.jobs.unfinished()) == owed
    assert version_of(path) == migration.versions()[-1]
    assert bool(sqlite.backups(path)) == (version != migration.versions()[-1])


@pytest.mark.parametrize("status", ["failed", "cancelled", "delivered"])
async def test_what_ended_before_it_was_noted_who_was_told_is_not_told_again(
    tmp_path: Path, status: str
) -> None:
    path = tmp_path / "reroll.db"
    with sqlite.create(path, "migrate").connect() as connection:
        migration.upgrade(connection, "0002")
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript((OLD / "0002.sql").read_text())
        raw.execute("UPDATE jobs SET status = ?, finished = NULL", (status,))
        raw.commit()
    async with Store(f"sqlite:///{path}") as store:
        assert await store.jobs.unfinished() == ()


async def test_a_backup_with_all_data_is_made_before_a_migration(
    tmp_path: Path, store: Store, new_job: Callable[..., NewJob]
) -> None:
    job = await store.jobs.add(new_job())
    # Still open: what is committed but not yet in the main file must be in the backup too.
    backup = migration.migrate(store.path, NOW, next_version(tmp_path, "pass"))
    assert backup is not None
    assert "mood" in columns(store.path, "jobs")
    assert "mood" not in columns(backup, "jobs")
    async with Store(f"sqlite:///{backup}") as restored:
        assert await restored.jobs.get(job.id) == job
    assert await store.jobs.get(job.id) == job


def test_the_three_latest_backups_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "reroll.db"
    migration.migrate(path, NOW)
    made = [sqlite.back_up(path, "0001", NOW + timedelta(hours=hour)) for hour in range(5)]
    assert sqlite.backups(path) == made[:1:-1]
    assert not list(tmp_path.glob("*.partial"))


async def test_a_migration_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, store: Store, new_job: Callable[..., NewJob]
) -> None:
    job = await store.jobs.add(new_job())
    before = version_of(store.path)
    with pytest.raises(ZeroDivisionError):
        migration.migrate(store.path, NOW, next_version(tmp_path, "1 / 0"))
    assert version_of(store.path) == before
    assert "mood" not in columns(store.path, "jobs")
    assert await store.jobs.get(job.id) == job


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reroll.db"
    migration.migrate(path, NOW, next_version(tmp_path, "pass"))
    content = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(DatabaseNewer) as caught:
            await Store(f"sqlite:///{path}", read_only=read_only).open()
        assert caught.value.found == f"{int(migration.versions()[-1]) + 1:04}"
        assert caught.value.known == migration.versions()[-1]
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"SQLite format 3\x00" + b"x" * 5000, b"hello, world" * 99])
async def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "reroll.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseBroken):
        await Store(f"sqlite:///{path}").open()
    assert path.read_bytes() == content


async def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    with pytest.raises(DatabaseBroken) as caught:
        await Store(f"sqlite:///{path}").open()
    assert caught.value.detail == "tables of another program"


async def test_who_only_reads_makes_and_migrates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "reroll.db"
    with pytest.raises(DatabaseBroken):
        await Store(f"sqlite:///{path}", read_only=True).open()
    assert not path.exists()
    path.touch()
    with pytest.raises(DatabaseBusy):
        await Store(f"sqlite:///{path}", read_only=True).open()
    assert path.read_bytes() == b""


def test_a_database_that_is_no_sqlite_file_is_refused() -> None:
    with pytest.raises(BadValue):
        Store("postgresql://host/db")

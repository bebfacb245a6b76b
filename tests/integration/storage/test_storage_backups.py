"""Backups are made beside a bot that writes, and restored whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import multiprocessing
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import pytest

from generation.errors import (
    BackupThere,
    BadBackup,
    CannotWrite,
    DatabaseBroken,
    DatabaseNewer,
    DiskFull,
    UserError,
)
from storage import migration, sqlite
from storage.backups import MANIFEST, Backup, archives, make_backup, target_for
from storage.files import PictureFiles
from storage.records import StoredInput, Viewer
from storage.restoring import Restored, Restoring
from storage.store import Store
from tests.integration.storage.conftest import make_job, make_picture

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
OLD = Path(__file__).with_name("old")


@dataclass
class Place:
    """Where a bot has its data."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "reroll.db"

    @property
    def pictures(self) -> Path:
        return self.folder / "pictures"

    @property
    def files(self) -> PictureFiles:
        return PictureFiles(self.pictures)

    def store(self) -> Store:
        return Store(f"sqlite:///{self.database}")

    async def draw(self, store: Store, prompt: str) -> str:
        """Make a picture as the bot does, and return its job."""
        job = await store.jobs.add(make_job(prompt))
        drawn = self.files.incoming / f"{job.id}.png"
        drawn.write_bytes(prompt.encode() * 1000)
        path = self.files.adopt(drawn, f"{job.id}.1")
        assert await store.jobs.start(job.id)
        size = len(prompt) * 1000
        assert await store.jobs.picture_done(make_picture(job, path=path, bytes=size))
        assert await store.jobs.finish(job.id, 1.0)
        return job.id

    async def fill(self, *prompts: str) -> list[str]:
        self.files.prepare()
        async with self.store() as store:
            return [await self.draw(store, prompt) for prompt in prompts]

    def back_up(self, target: Path) -> Backup:
        return make_backup(self.database, self.pictures, target, NOW)

    def restore(self, archive: Path, now: datetime = NOW) -> Restored:
        return Restoring(self.database, self.pictures).restore(archive, now)

    def mend(self) -> bool:
        return Restoring(self.database, self.pictures).mend()

    def content(self) -> dict[str, bytes]:
        """Return all files by their paths, without the journal's."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.endswith(("-wal", "-shm"))
        }

    async def holds(self) -> list[str]:
        """Return the prompts of the jobs, whose files are all there and right."""
        async with self.store() as store:
            page = await store.history.search("", Viewer("console:ada", is_admin=True), limit=10**6)
            for job in page.items:
                for picture in await store.pictures.of_job(job.id):
                    drawn = self.files.path(picture.path).read_bytes()
                    assert drawn == job.recipe.prompt.encode() * 1000
        with closing(sqlite3.connect(self.database)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return sorted(job.recipe.prompt for job in page.items)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "data")


@pytest.fixture
def other(tmp_path: Path) -> Place:
    return Place(tmp_path / "elsewhere")


@pytest.fixture
async def archive(place: Place, tmp_path: Path) -> Path:
    """A backup of two pictures."""
    await place.fill("a star", "a moon")
    target = tmp_path / "kept" / "some.tar"
    await asyncio.to_thread(target.parent.mkdir)
    place.back_up(target)
    return target


async def test_a_backup_holds_all_that_the_database_names(
    place: Place, other: Place, tmp_path: Path
) -> None:
    await place.fill("a star", "a moon")
    digest, path = place.files.keep_input(b"a photograph", "image/png")
    async with place.store() as store:
        await store.inputs.add(StoredInput(digest, path, 8, 8, 12, "image/png"))
        (place.pictures / "k7").mkdir()
        (place.pictures / "k7" / "k7f3q2.1.png").write_bytes(b"nobody's")
        made = await asyncio.to_thread(place.back_up, tmp_path / "some.tar")
    assert (made.pictures, made.inputs, made.left_out) == (2, 1, 0)
    assert made.schema == migration.versions()[-1]
    assert made.bytes == made.path.stat().st_size
    assert made.path.stat().st_mode & 0o077 == 0
    restored = other.restore(made.path)
    assert (restored.pictures, restored.inputs, restored.before) == (2, 1, ())
    assert await other.holds() == ["a moon", "a star"]
    there = place.content().keys() - {"pictures/k7/k7f3q2.1.png"}
    assert other.content().keys() == there


async def test_jobs_go_on_while_a_backup_is_made(place: Place, other: Place) -> None:
    await place.fill("first")
    async with place.store() as store:
        making = asyncio.create_task(asyncio.to_thread(place.back_up, place.folder / "some.tar"))
        prompts = ["first"]
        while not making.done():
            prompts.append(f"{len(prompts):03}")
            await place.draw(store, prompts[-1])
        await making
    other.restore(place.folder / "some.tar")
    found = await other.holds()
    assert found == sorted(prompts[: len(found)])


async def test_what_is_deleted_after_the_snapshot_is_left_out(
    place: Place, other: Place, tmp_path: Path
) -> None:
    gone, _ = await place.fill("a star", "a moon")
    place.files.delete([f"{gone[:2]}/{gone}.1.png"])
    made = place.back_up(tmp_path / "some.tar")
    assert (made.pictures, made.left_out) == (1, 1)
    assert other.restore(made.path).pictures == 1


def test_backups_have_names_by_which_they_can_be_sorted(tmp_path: Path) -> None:
    first = target_for(None, tmp_path, NOW)
    assert first == tmp_path / "backups" / "reroll-20261121T180000.tar"
    assert target_for(tmp_path, tmp_path, NOW).parent == tmp_path
    assert target_for(tmp_path / "x.tar", tmp_path, NOW) == tmp_path / "x.tar"
    first.parent.mkdir()
    second = target_for(None, tmp_path, NOW.replace(hour=19))
    for path in (first, second):
        path.touch()
    (first.parent / ".some.tar.1.partial").touch()
    assert archives(tmp_path) == [second, first]


def test_a_file_that_is_there_is_not_written_over(place: Place, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(BackupThere):
        place.back_up(archive)
    assert archive.read_bytes() == before
    assert names_in(archive.parent) == ["some.tar"]


async def test_a_folder_that_is_not_there_is_not_made_up(place: Place, tmp_path: Path) -> None:
    await place.fill("a star")
    with pytest.raises(CannotWrite) as caught:
        place.back_up(tmp_path / "disk" / "some.tar")
    assert (caught.value.path, caught.value.detail) == (str(tmp_path / "disk"), "no such folder")
    with pytest.raises(CannotWrite):
        place.back_up(target_for(f"{tmp_path}/disk/", place.folder, NOW))
    assert names_in(tmp_path) == ["data"]
    assert place.back_up(target_for(None, place.folder, NOW)).pictures == 1


def test_without_a_database_there_is_nothing_to_back_up(place: Place, tmp_path: Path) -> None:
    with pytest.raises(DatabaseBroken):
        place.back_up(tmp_path / "some.tar")
    assert not place.folder.exists()


def test_what_a_killed_backup_left_goes_with_the_next(place: Place, archive: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = archive.parent / f".old.tar.{ended.pid}.partial"
    copy = archive.parent / f".old.tar.{ended.pid}.partial.db"
    busy = archive.parent / f".new.tar.{process.pid}.partial"
    for path in (left, copy, busy):
        path.touch()
    try:
        place.back_up(archive.parent / "next.tar")
    finally:
        process.communicate(b"\n")
    assert names_in(archive.parent) == [busy.name, "next.tar", "some.tar"]


def _fills_the_disk(pipe: Pipe, folder: str, act: str, archive: str) -> None:
    place = Place(Path(folder))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        if act == "back up":
            place.back_up(Path(archive).with_name("new.tar"))
        else:
            place.restore(Path(archive))
        pipe.send(None)
    except UserError as error:
        pipe.send(error)


@pytest.mark.parametrize("act", ["back up", "restore"])
async def test_a_full_disk_is_said_and_leaves_nothing_behind(
    place: Place, archive: Path, act: str
) -> None:
    before, kept = place.content(), sorted(archive.parent.iterdir())
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    given = (theirs, str(place.folder), act, str(archive))
    process = context.Process(target=_fills_the_disk, args=given)
    process.start()
    theirs.close()
    said = await asyncio.to_thread(ours.recv)
    process.join()
    assert isinstance(said, DiskFull)
    assert place.content() == before
    assert sorted(archive.parent.iterdir()) == kept


async def test_what_was_there_is_kept_and_can_be_brought_back(place: Place, archive: Path) -> None:
    async with place.store() as store:
        await place.draw(store, "a later sun")
    before = place.content()
    restored = place.restore(archive)
    assert await place.holds() == ["a moon", "a star"]
    assert stat.S_IMODE(place.database.stat().st_mode) == 0o600
    database, pictures = restored.before
    assert database == place.folder / "reroll.db.before-20261121T180000"
    assert pictures == place.pictures / "before-20261121T180000"
    kept = {str(path.relative_to(pictures)) for path in pictures.rglob("*.png")}
    assert {f"pictures/{name}" for name in kept} == before.keys() - {"reroll.db"}
    async with Store(f"sqlite:///{database}") as store:
        page = await store.history.search("", Viewer("console:ada", is_admin=True))
        assert len(page.items) == 3


async def test_a_backup_can_be_restored_twice(place: Place, archive: Path) -> None:
    place.restore(archive)
    place.restore(archive, NOW.replace(hour=19))
    assert await place.holds() == ["a moon", "a star"]


async def test_a_backup_of_an_older_version_is_brought_up_to_date(
    place: Place, other: Place, tmp_path: Path
) -> None:
    place.files.prepare()
    with sqlite.create(place.database, "migrate").connect() as connection:
        migration.upgrade(connection, "0003")
    with closing(sqlite3.connect(place.database)) as raw:
        raw.executescript((OLD / "0003.sql").read_text())
    made = place.back_up(tmp_path / "old.tar")
    assert (made.schema, made.left_out) == ("0003", 2)
    other.restore(made.path)
    assert migration.version_of(other.database) == migration.versions()[-1]
    assert sqlite.backups(other.database) == []
    async with other.store() as store:
        assert await store.jobs.get("k7f3q2")


async def test_a_backup_of_a_newer_version_is_refused(
    place: Place, other: Place, tmp_path: Path
) -> None:
    await place.fill("a star")
    made = place.back_up(tmp_path / "new.tar")

    def later(content: bytes) -> bytes:
        path = tmp_path / "later.db"
        path.write_bytes(content)
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")
        return path.read_bytes()

    newer = changed(made.path, {"reroll.db": later})
    with pytest.raises(DatabaseNewer) as caught:
        other.restore(newer)
    assert caught.value.path == str(newer)
    assert other.content() == {}


Change = Callable[[bytes], bytes]


def members(archive: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            yield member, file.read()


def changed(archive: Path, changes: dict[str, Change], *, sums: bool = True) -> Path:
    """Return a copy of a backup with some files changed, and right sums for them."""
    target = archive.with_name("changed.tar")
    packed = {info.name: content for info, content in members(archive)}
    for name, change in changes.items():
        packed[name] = change(packed[name])
    manifest = json.loads(packed[MANIFEST])
    for name in changes:
        if sums and name != MANIFEST:
            digest = hashlib.sha256(packed[name]).hexdigest()
            manifest["files"][name] = {"bytes": len(packed[name]), "sha256": digest}
    if sums and MANIFEST not in changes:
        packed[MANIFEST] = json.dumps(manifest).encode()
    with tarfile.open(target, "w") as tar:
        for name, content in packed.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return target


def with_member(archive: Path, name: str, **values: Any) -> Path:
    """Return a copy of a backup with another entry before all others."""
    target = archive.with_name("with.tar")
    with tarfile.open(target, "w") as tar:
        extra = tarfile.TarInfo(name)
        for key, value in values.items():
            setattr(extra, key, value)
        tar.addfile(extra, io.BytesIO(b"x" * extra.size))
        for info, content in members(archive):
            tar.addfile(info, io.BytesIO(content))
    return target


def refused(place: Place, archive: Path) -> BadBackup:
    """Return why a backup is refused, which changes nothing."""
    before = place.content()
    with pytest.raises(BadBackup) as caught:
        place.restore(archive)
    assert place.content() == before
    assert not (place.pictures / ".restoring").exists()
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png", "/outside.png", "pictures/../../outside.png", "pictures//x.png",
        "pictures/.incoming/x.png", "pictures/k7/../../../x", "pictures/a/b/c/d.png",
        "pictures/before-1/x.png", "reroll.db-wal", "pictures/k7\\x.png", "pictures/", "other",
    ],
)  # fmt: skip
def test_no_name_in_a_backup_leads_out_of_the_data(place: Place, archive: Path, name: str) -> None:
    assert refused(place, with_member(archive, name, size=3)).reason == "foreign"
    outside = [path.name for path in place.folder.parent.rglob("*") if "outside" in path.name]
    assert outside == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
def test_only_plain_files_are_restored(place: Place, archive: Path, kind: bytes) -> None:
    packed = with_member(archive, "pictures/k7/x.png", type=kind, linkname="/etc/passwd")
    assert refused(place, packed).reason == "foreign"


def test_a_file_that_is_there_twice_is_refused(place: Place, archive: Path) -> None:
    name = next(info.name for info, _ in members(archive) if info.name.endswith(".png"))
    assert refused(place, with_member(archive, name, size=3)).reason == "foreign"


def test_a_changed_file_is_named(place: Place, archive: Path) -> None:
    name = next(info.name for info, _ in members(archive) if info.name.endswith(".png"))
    packed = changed(archive, {name: lambda content: b"A" + content[1:]}, sums=False)
    error = refused(place, packed)
    assert (error.reason, error.detail) == ("changed", name)


def test_a_file_that_is_missing_or_too_many_is_named(place: Place, archive: Path) -> None:
    def without_one(content: bytes) -> bytes:
        manifest = json.loads(content)
        manifest["files"].popitem()
        return json.dumps(manifest).encode()

    def with_one(content: bytes) -> bytes:
        manifest = json.loads(content)
        manifest["files"]["pictures/zz/zzzzzz.1.png"] = {"bytes": 1, "sha256": "0" * 64}
        return json.dumps(manifest).encode()

    for change in (without_one, with_one):
        assert refused(place, changed(archive, {MANIFEST: change})).reason == "changed"


def test_a_form_that_comes_later_is_refused(place: Place, archive: Path) -> None:
    def later(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | {"form": 2}).encode()

    assert refused(place, changed(archive, {MANIFEST: later})).reason == "newer form"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_half_a_backup_is_refused(place: Place, archive: Path, share: float) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    assert refused(place, archive).reason in ("not whole", "changed")


def test_what_is_no_backup_is_refused(place: Place, archive: Path) -> None:
    archive.write_bytes(os.urandom(100_000))
    assert refused(place, archive).reason == "not whole"
    assert refused(place, archive.parent).reason == "unreadable"
    assert refused(place, archive.with_name("missing.tar")).reason == "unreadable"


def test_another_programs_database_is_refused(place: Place, archive: Path) -> None:
    def foreign(_content: bytes) -> bytes:
        path = archive.with_name("foreign.db")
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute("CREATE TABLE notes (words TEXT)")
        return path.read_bytes()

    assert refused(place, changed(archive, {"reroll.db": foreign})).reason == "database"


def _killed_at(turn: int, folder: Path, archive: Path) -> None:
    """Restore, and be killed just before so many renames are done."""
    seen = 0

    def heard(event: str, _arguments: object) -> None:
        nonlocal seen
        if event == "os.rename":
            seen += 1
            if seen > turn:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)
    Place(folder).restore(archive)


@pytest.mark.parametrize("turn", range(9))
async def test_a_kill_leaves_the_old_data_or_the_new(
    place: Place, archive: Path, turn: int
) -> None:
    async with place.store() as store:
        await place.draw(store, "a later sun")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_killed_at, args=(turn, place.folder, archive))
    process.start()
    await asyncio.to_thread(process.join)
    killed = process.exitcode == -signal.SIGKILL
    # There is one rename less for two pictures whose ids begin alike.
    assert killed or turn > 6
    assert place.mend() == (killed and turn > 0)
    new = ["a moon", "a star"]
    assert await place.holds() == (new if turn else ["a later sun", *new])
    assert not (place.pictures / ".restoring").exists()
    names = {path.name for path in place.folder.iterdir() if "restor" in path.name}
    assert names == set()
    assert not place.mend()


def _interrupted(folder: Path, archive: Path) -> None:
    """Restore, and be interrupted just after the plan is in its place."""
    plan, interrupted = folder / "reroll.db.restore.json", False

    def heard(event: str, _arguments: object) -> None:
        nonlocal interrupted
        if event == "open" and not interrupted and plan.exists():
            interrupted = True
            raise KeyboardInterrupt

    sys.addaudithook(heard)
    Place(folder).restore(archive)


async def test_who_interrupts_a_restore_before_it_has_begun_keeps_the_old_data(
    place: Place, archive: Path
) -> None:
    async with place.store() as store:
        await place.draw(store, "a later sun")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_interrupted, args=(place.folder, archive))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode == 1
    assert not place.mend()
    assert await place.holds() == ["a later sun", "a moon", "a star"]

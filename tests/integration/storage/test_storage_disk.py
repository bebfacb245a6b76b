"""Full and read-only disks, with the system's own limits."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Connection

from generation.errors import CannotWrite, DiskFull, UserError
from storage.files import PictureFiles
from storage.ownership import Ownership
from storage.records import NewJob
from storage.store import Store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits and users of POSIX")

NOBODY = 65534
Act = Callable[[], object]


async def test_a_full_disk_is_said_and_the_next_job_works(
    store: Store, new_job: Callable[..., NewJob]
) -> None:
    def limit(connection: Connection, pages: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    kept = await store.jobs.add(new_job())
    await store._database.write(lambda connection: limit(connection, 1))
    added = []

    async def fill() -> None:
        while True:
            added.append(await store.jobs.add(new_job("many words " * 90)))

    with pytest.raises(DiskFull) as caught:
        await fill()
    assert caught.value.folder == str(store.path.parent)
    assert await store.jobs.waiting() == (kept, *added)
    await store._database.write(lambda connection: limit(connection, 10**6))
    after = await store.jobs.add(new_job())
    assert await store.jobs.waiting() == (kept, *added, after)
    found = await store._database.read(
        lambda connection: connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    )
    assert found == "ok"


async def _rehearse() -> None:
    """Import all that a store imports while its files can still be read."""
    with TemporaryDirectory() as folder:
        async with Store("sqlite:///reroll.db", folder=Path(folder)):
            pass


def _child(pipe: Pipe, folder: str, limits: bool, act: str) -> None:
    asyncio.run(_rehearse())
    os.chdir(folder)
    if limits:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    elif os.geteuid() == 0:
        os.setuid(NOBODY)
    try:
        ACTS[act]()
        pipe.send("no error")
    except UserError as error:
        pipe.send(type(error).__name__)


def _adopt() -> None:
    source = Path("x.png")
    PictureFiles(Path("pictures")).adopt(source, "k7f3q2.1")


def _keep_input() -> None:
    PictureFiles(Path("pictures")).keep_input(b"x" * 100_000, "image/png")


def _open() -> None:
    asyncio.run(Store("sqlite:///reroll.db").open())


ACTS: dict[str, Act] = {
    "adopt": _adopt,
    "keep input": _keep_input,
    "open": _open,
    "prepare": lambda: PictureFiles(Path("new")).prepare(),
    "acquire": lambda: Ownership.acquire(Path()),
}


def said_by_child(folder: Path, act: str, *, limits: bool) -> str:
    """Return the error that another process gets, whose files may hold 4 KiB or who owns none."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, str(folder), limits, act))
    process.start()
    theirs.close()
    try:
        return str(ours.recv())
    finally:
        process.join()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    PictureFiles(folder / "pictures").prepare()
    (folder / "x.png").write_bytes(b"x")
    return folder


def set_writable(folder: Path, writable: bool) -> None:
    for path in [folder, *folder.rglob("*")]:
        mode = 0o755 if path.is_dir() else 0o644
        path.chmod(mode if writable else mode & 0o555)


@pytest.mark.parametrize("act", ["keep input", "open"])
def test_what_does_not_fit_is_a_full_disk_and_leaves_no_half_file(data: Path, act: str) -> None:
    assert said_by_child(data, act, limits=True) == DiskFull.__name__
    assert not [path for path in (data / "pictures").rglob("*") if path.is_file()]


@pytest.mark.parametrize("act", ["adopt", "keep input", "open", "prepare", "acquire"])
def test_a_folder_that_may_not_be_written_is_said_so(data: Path, act: str) -> None:
    set_writable(data, False)
    try:
        assert said_by_child(data, act, limits=False) == CannotWrite.__name__
    finally:
        set_writable(data, True)


async def test_a_database_that_may_not_be_written_is_said_so(data: Path) -> None:
    async with Store("sqlite:///reroll.db", folder=data):
        pass
    set_writable(data, False)
    try:
        said = await asyncio.to_thread(said_by_child, data, "open", limits=False)
    finally:
        set_writable(data, True)
    assert said == CannotWrite.__name__

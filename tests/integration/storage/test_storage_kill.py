"""A process that stores is killed at any moment."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sqlite3
from contextlib import closing
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import pytest

from generation.recipe import Recipe
from storage.files import PictureFiles
from storage.records import NewJob, NewPicture, ReplyTo
from storage.store import Store

CONTENT = b"pixels" * 50_000


async def _draw(store: Store, files: PictureFiles, pipe: Pipe, turn: int) -> None:
    recipe = Recipe(
        prompt=f"circle {turn}", seed=turn, width=128, height=128, steps=4, guidance=5, model="mini"
    )
    new = NewJob(recipe=recipe, actor="console:ada", reply_to=ReplyTo("console", "tty"))
    job = await store.jobs.add(new)
    pipe.send(("added", job.id))
    await store.jobs.start(job.id)
    drawn = files.incoming / f"{job.id}.png"
    drawn.write_bytes(CONTENT)
    path = files.adopt(drawn, f"{job.id}.1")
    await store.jobs.picture_done(
        NewPicture(
            job=job.id,
            index=1,
            recipe=recipe,
            path=path,
            width=128,
            height=128,
            bytes=len(CONTENT),
            pixels_sha256="ab" * 32,
            seconds=1,
            environment="{}",
        )
    )
    await store.jobs.finish(job.id, 1)
    pipe.send(("rendered", job.id))
    if turn % 5 == 4:
        files.delete(await store.jobs.delete(job.id))
        pipe.send(("deleted", job.id))


async def _draw_for_ever(folder: Path, pipe: Pipe) -> None:
    files = PictureFiles(folder / "pictures")
    files.prepare()
    async with Store("sqlite:///reroll.db", folder=folder) as store:
        for turn in range(10**6):
            await asyncio.gather(*(_draw(store, files, pipe, 4 * turn + at) for at in range(4)))


def _child(folder: Path, pipe: Pipe) -> None:
    asyncio.run(_draw_for_ever(folder, pipe))


def _killed(folder: Path, after: int) -> list[tuple[str, str]]:
    """Run a process until it has said so much, kill it, and return all that it said."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(folder, theirs))
    process.start()
    theirs.close()
    said: list[tuple[str, str]] = []
    try:
        while True:
            said.append(ours.recv())
            if len(said) == after:
                process.kill()
    except EOFError:
        process.join()
    return said


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    said: list[tuple[str, str]] = []
    for _ in range(2):
        said += await asyncio.to_thread(_killed, tmp_path, chance.randint(1, 120))
    with closing(sqlite3.connect(tmp_path / "reroll.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.execute("INSERT INTO job_search (job_search) VALUES ('integrity-check')")
    files = PictureFiles(tmp_path / "pictures")
    async with Store("sqlite:///reroll.db", folder=tmp_path) as store:
        for kind, job_id in said:
            job = await store.jobs.get(job_id)
            assert job is not None
            if kind == "rendered":
                assert job.status == "rendered"
            if kind == "deleted":
                assert job.deleted
        await _mended(store, files)
        for path in files.folder.glob("*/*.png"):
            assert path.read_bytes() == CONTENT
            (picture,) = await store.pictures.of_job(path.name.split(".")[0])
            assert files.path(picture.path) == path


async def _mended(store: Store, files: PictureFiles) -> None:
    """Do what a start does: end deletions, sweep, and take back what was being drawn."""
    doomed = await store.pictures.doomed()
    files.delete(doomed)
    await store.pictures.unlinked(doomed)
    files.sweep()
    for job in await store.jobs.unfinished():
        kept = {picture.path for picture in await store.pictures.of_job(job.id)}
        assert all(files.path(path).exists() for path in kept)
        files.prune(job.id, kept)
        if job.status == "running":
            assert await store.jobs.requeue(job.id, failed_attempt=False)

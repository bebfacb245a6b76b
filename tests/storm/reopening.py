"""A fresh process on the data that a power cut has left: what it finds there, as JSON.

It carries the jobs on with a quick painter and without any chat, and leaves.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bot.config import load_config
from bot.wiring import running_app
from generation.local import LocalEngine
from tests.chat_scene import soon
from tests.storm.disk import faults_on_disk
from tests.storm.pixels import sha256_of

PAINTER: Final = "tests.painters:Sketcher"
RUNNING: Final = ("queued", "running")
OPEN: Final = "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running') AND deleted IS NULL"


def found_before(database: Path, pictures: Path) -> tuple[int, int, list[str]]:
    """Return how many jobs there are and how many are open, and which pictures are lost."""
    with closing(sqlite3.connect(database)) as raw:
        jobs = raw.execute("SELECT count(*) FROM jobs").fetchone()[0]
        left = raw.execute(OPEN).fetchone()[0]
        rows = raw.execute("SELECT path, pixels_sha256 FROM pictures WHERE absent = ''").fetchall()
    lost = []
    for path, pixels in rows:
        file = pictures / path
        if not file.is_file() or sha256_of(file.read_bytes()) != pixels:
            lost.append(f"{path}: the row is there, the file is not whole")
    return jobs, left, lost


async def carry_on() -> None:
    """Own the folder until no job is open any more."""
    config = load_config(Path("config.toml"))
    engine = LocalEngine(config.generation(), PAINTER)
    async with running_app(config, engine, resume=True, work=True) as app:

        async def is_done() -> bool:
            owed = await app.store.jobs.unfinished()
            return not any(job.status in RUNNING for job in owed)

        await soon(is_done)


def main() -> None:
    """Print what was found."""
    data = Path("data")
    database, pictures = data / "reroll.db", data / "pictures"
    jobs, left, faults = found_before(database, pictures)
    asyncio.run(carry_on())
    faults += faults_on_disk(database, pictures)
    with closing(sqlite3.connect(database)) as raw:
        still = raw.execute(OPEN).fetchone()[0]
    if still:
        faults.append(f"{still} jobs do not go on")
    found: dict[str, Any] = {"jobs": jobs, "open": left, "faults": faults}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()

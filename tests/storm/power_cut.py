"""Power cuts: what the disk holds at random moments under load has to open clean.

What a cut leaves is made in two steps. First, all of the bot's processes are frozen, and the data
folder is copied: that is the disk at one moment, if all that was written had reached it. Every
acknowledged job is there. A copy of files that change meanwhile would be none: SQLite moves pages
from its journal into the database between the two reads, while no cut leaves an old file of one
beside a new one of the other, as SQLite waits for the disk before it begins the journal anew.

Second, some of what may not have been synced is taken away from every other copy: the journal is
cut at a random byte of its last transactions (a tail that the disk has not written, torn in the
middle of a page), its index is gone, and files on their way into the folder are cut, too. The last
jobs may be missing there; but nothing is broken, and no picture is known whose file is not whole.
(The load deletes nothing: a file is deleted after its row is, and synced rows do not come back.)

Each copy is opened by a process of its own, which carries its jobs on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.storm.discord_chat import DiscordChat
from tests.storm.house import House, environment, wait_until
from tests.storm.people import People
from tests.storm.slack_chat import SlackChat
from tests.storm.storm import QUICK, SMALL, stand_ins, variables

KINDS: Final = {"imagine": 60, "reroll": 10, "verify": 5, "Reroll": 10, "Cancel": 8, "Favorite": 8}
SURE: Final = ("imagine", "reroll")
"""What becomes a job whenever it is acknowledged."""
TAIL: Final = 200_000
"""Bytes at the end of the journal in which it is cut: some dozens of transactions."""
PATIENCE: Final = 240.0


@dataclass
class Copy:
    """What the disk held at one moment."""

    folder: Path
    acknowledged: frozenset[str]
    """The tickets of jobs that had been acknowledged by then."""
    torn: bool = False


@dataclass
class Outcome:
    faults: list[str] = field(default_factory=list)
    opened: list[dict[str, Any]] = field(default_factory=list)


async def cut(folder: Path, copies: int, seed: int) -> Outcome:
    """Copy a bot's data so many times under load, and open each copy."""
    outcome, dice = Outcome(), random.Random(f"{seed} cuts")
    home = folder / "home"
    home.mkdir()
    (home / "config.toml").touch()
    async with stand_ins() as (discord, slack):
        chats = DiscordChat(discord, 4), SlackChat(slack, 4)
        people = People(chats, 10**6, f"{seed}", KINDS)
        house = House(home, QUICK, variables(discord, slack))
        house.open()
        living = asyncio.create_task(people.live())
        try:
            await wait_until(lambda: all(chat.connected for chat in chats), PATIENCE, "it runs")
            taken = [await _copy(number, people, house, dice) for number in range(copies)]
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await house.abandon()
    for copy in taken:
        await _open(copy, outcome)
    return outcome


async def _copy(number: int, people: People, house: House, dice: random.Random) -> Copy:
    """Freeze the bot at a random moment while people ask for more, and take a copy."""
    people.allowed = people.made + dice.randrange(5, 15)
    await wait_until(lambda: people.made >= people.allowed - 4, PATIENCE, "jobs come")
    people.allowed += 5
    await asyncio.sleep(dice.uniform(0.0, 2.0))
    folder = house.folder.parent / f"copy{number}"
    chats = {chat.name: chat for chat in people.chats}
    with house.frozen():
        acknowledged = frozenset(
            deed.ticket
            for deed in people.deeds
            if deed.kind in SURE and chats[deed.actor.partition(":")[0]].acknowledged(deed)
        )
        await asyncio.to_thread(shutil.copytree, house.folder, folder)
    copy = Copy(folder, acknowledged, torn=number % 2 == 1)
    if copy.torn:
        tear(folder / "data", dice)
    return copy


def tear(data: Path, dice: random.Random) -> None:
    """Take away what may not have reached the disk."""
    journal = data / "reroll.db-wal"
    size = journal.stat().st_size
    with journal.open("r+b") as file:
        file.truncate(dice.randrange(max(0, size - TAIL), size + 1))
    (data / "reroll.db-shm").unlink(missing_ok=True)
    for path in (data / "pictures" / ".incoming").iterdir():
        with path.open("r+b") as file:
            file.truncate(dice.randrange(path.stat().st_size + 1))


async def _open(copy: Copy, outcome: Outcome) -> None:
    """Let a fresh process carry on with a copy, and look at what it found."""
    # A cut that is looked at by another program first would be mended by that one.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storm.reopening",
        cwd=copy.folder, env=environment(SMALL),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    name = f"{copy.folder.name}{' (torn)' * copy.torn}"
    if process.returncode:
        outcome.faults.append(f"{name}: {said.decode()[-2000:]}")
        return
    found = json.loads(out)
    outcome.faults += [f"{name}: {fault}" for fault in found.pop("faults")]
    outcome.opened.append({"copy": name, **found})
    if not copy.torn:
        lost = copy.acknowledged - _tickets(copy.folder / "data" / "reroll.db")
        outcome.faults += [f"{name}: {ticket} was acknowledged, and is lost" for ticket in lost]


def _tickets(database: Path) -> set[str]:
    """Return the tickets of all that is stored as a job, or promised."""
    with closing(sqlite3.connect(database)) as raw:
        found = raw.execute("SELECT json_extract(ticket, '$.id') FROM jobs").fetchall()
        found += raw.execute("SELECT id FROM promises").fetchall()
    return {str(ticket) for (ticket,) in found}


def main() -> None:
    """Print what was opened; the exit code is 1 where something was broken or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--copies", type=int, default=20)
    given = parser.parse_args()
    sys.stderr.write(f"power cuts with --seed {given.seed}\n")
    began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="reroll-cut-"))
    outcome = asyncio.run(cut(folder, given.copies, given.seed))
    seconds = round(time.monotonic() - began, 1)
    numbers = {"opened": outcome.opened, "seed": given.seed, "seconds": seconds}
    sys.stdout.write(json.dumps(numbers) + "\n")
    if outcome.faults:
        sys.stdout.write("\n".join(outcome.faults) + "\n")
        sys.exit(f"{len(outcome.faults)} faults with --seed {given.seed}; all is left in {folder}")
    with suppress(OSError):
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

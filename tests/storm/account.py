"""Whether nothing was lost and nothing came twice: from outside, by chats, database and files."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.storm.deeds import GALLERY, Chat, Deed, Showing

OWED: Final = """
SELECT (SELECT count(*) FROM jobs WHERE told IS NULL AND deleted IS NULL)
     + (SELECT count(*) FROM promises)
     + (SELECT count(*) FROM doomed_files)
     + (SELECT count(*) FROM posts JOIN jobs ON jobs.id = posts.job
        WHERE jobs.deleted IS NOT NULL AND jobs.command != 'verify' AND NOT jobs.private
          AND posts.kind IN ('job', 'shown'))
"""
"""What is still to be told, and what is still to be taken down."""


@dataclass(frozen=True)
class Job:
    id: str
    command: str
    actor: str
    status: str
    deleted: bool
    ticket: str
    channel: str
    private: bool
    prompt: str
    count: int
    has_sheet: bool


def owed(database: Path) -> int:
    """Return how much is left to be done by the bot."""
    with closing(_open(database)) as raw:
        return int(raw.execute(OWED).fetchone()[0])


def ended(database: Path) -> int | None:
    """Return how many jobs have come to an end; none where there is no other."""
    query = "SELECT count(finished), count(*) FROM jobs"
    with closing(_open(database)) as raw:
        over, made = raw.execute(query).fetchone()
    return None if over == made else int(over)


def _open(database: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    raw.row_factory = sqlite3.Row
    return raw


class Account:
    """Compares what people did with what the chats show, by what the database says."""

    def __init__(self, database: Path, chats: Sequence[Chat], deeds: Sequence[Deed]) -> None:
        self._chats = {chat.name: chat for chat in chats}
        self._deeds = deeds
        with closing(_open(database)) as raw:
            self._jobs = {row["id"]: _job(row) for row in raw.execute("SELECT * FROM jobs")}
            self._pixels: dict[str, str] = dict(
                map(tuple, raw.execute("SELECT id, pixels_sha256 FROM pictures"))
            )
            self._favorites = {
                (row["actor"], row["job"])
                for row in raw.execute(
                    "SELECT f.actor, p.job FROM favorites f JOIN pictures p ON p.id = f.picture"
                )
            }
        self._by_ticket: defaultdict[str, list[Job]] = defaultdict(list)
        for job in self._jobs.values():
            self._by_ticket[job.ticket].append(job)
        self._shown: dict[str, list[Showing]] = {}

    def faults(self) -> list[str]:
        """Return what is wrong, in words."""
        found: list[str] = []
        for name, chat in self._chats.items():
            self._shown = _by_job(chat.showings())
            found += self._of_deeds(chat, [d for d in self._deeds if _platform(d.actor) == name])
            found += [fault for showings in self._shown.values() for showing in showings
                      for fault in self._of_showing(showing)]  # fmt: skip
            found += chat.unfinished()
            found += chat.complaints()
        asked = {deed.ticket for deed in self._deeds}
        found += [f"job {job.id}: nobody asked for it" for job in self._jobs.values()
                  if job.ticket not in asked]  # fmt: skip
        return found

    def _of_deeds(self, chat: Chat, deeds: Sequence[Deed]) -> Iterator[str]:
        to_explain: list[Deed] = []
        for deed in deeds:
            jobs = self._by_ticket[deed.ticket]
            if len(jobs) > 1:
                yield f"{_named(deed)}: became {len(jobs)} jobs"
            for job in jobs:
                yield from self._of_job(chat, deed, job)
            if not jobs and chat.acknowledged(deed) and not self._took_effect(deed):
                to_explain.append(deed)
        for deed in chat.unexplained(to_explain):
            yield f"{_named(deed)}: was acknowledged, and nothing came of it"

    def _took_effect(self, deed: Deed) -> bool:
        """Whether it can be seen without a word that something came of it."""
        job = self._jobs.get(deed.target)
        if job is None:
            return False
        if deed.kind == "favorite":
            return job.deleted or (deed.actor, job.id) in self._favorites
        if deed.kind == "show":
            # What showed it has been taken down.
            return job.deleted
        is_own = job.actor == deed.actor
        return is_own and (
            (deed.kind == "cancel" and job.status == "cancelled")
            or (deed.kind == "delete" and job.deleted)
        )

    def _of_job(self, chat: Chat, deed: Deed, job: Job) -> Iterator[str]:
        if job.actor != deed.actor or (deed.prompt and job.prompt != deed.prompt):
            yield f"{_named(deed)}: its job {job.id} is somebody else's"
        if job.command == "verify":
            if not chat.told(deed, job.id):
                yield f"verify {job.id}: nothing was said"
        elif job.deleted:
            if [each for each in self._shown.get(job.id, ()) if not each.alone]:
                yield f"job {job.id}: was deleted, and is still shown"
        elif job.status == "delivered":
            yield from self._of_delivered(job)
        elif job.status not in ("failed", "cancelled"):
            yield f"job {job.id}: is {job.status}"
        elif job.status == "failed" and not chat.told(deed, job.id):
            yield f"job {job.id}: failed, and nothing was said"

    def _of_delivered(self, job: Job) -> Iterator[str]:
        showings = [each for each in self._shown.get(job.id, ()) if each.place != GALLERY]
        if len(showings) != 1:
            yield f"job {job.id}: is shown by {len(showings)} messages"
            return
        if job.has_sheet:
            if job.id not in showings[0].sheets:
                yield f"job {job.id}: its sheet is not shown"
            return
        wanted = [f"{job.id}.{number}" for number in range(1, job.count + 1)]
        if sorted(showings[0].pictures) != wanted:
            yield f"job {job.id}: {wanted} are {showings[0].pictures}"

    def _of_showing(self, showing: Showing) -> Iterator[str]:
        for name in showing.jobs:
            job = self._jobs.get(name)
            if job is None:
                yield f"message {showing.message}: shows {name}, which there is not"
            elif showing.place != GALLERY:
                is_here = showing.place == job.channel or (job.private and showing.owner)
                if not is_here or showing.owner not in ("", job.actor):
                    yield f"message {showing.message}: shows {name}, which is not its own"
            elif job.private and not showing.alone and not showing.owner:
                yield f"message {showing.message}: shows {name}, which is private, to all"
        for picture, pixels in showing.pixels.items():
            if pixels != self._pixels.get(picture, pixels):
                yield f"message {showing.message}: {picture} has other pixels"
        twice = [picture for picture, n in Counter(showing.pictures).items() if n > 1]
        if twice:
            yield f"message {showing.message}: shows {twice} twice"


def _job(row: sqlite3.Row) -> Job:
    ticket: dict[str, Any] = json.loads(row["ticket"] or "{}")
    return Job(
        id=row["id"],
        command=row["command"],
        actor=row["actor"],
        status=row["status"],
        deleted=row["deleted"] is not None,
        ticket=str(ticket.get("id")),
        channel=row["channel"],
        private=bool(row["private"]),
        prompt=json.loads(row["recipe"])["prompt"],
        count=row["count"],
        has_sheet=row["sheet"] is not None,
    )


def _by_job(showings: Sequence[Showing]) -> dict[str, list[Showing]]:
    found: defaultdict[str, list[Showing]] = defaultdict(list)
    for showing in showings:
        for job in showing.jobs:
            found[job].append(showing)
    return found


def _platform(actor: str) -> str:
    return actor.partition(":")[0]


def _named(deed: Deed) -> str:
    return f"{deed.kind} {deed.prompt or deed.target} of {deed.actor} ({deed.ticket})"

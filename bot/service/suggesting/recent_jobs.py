"""The newest jobs of everybody in memory, so that ids can be completed without the database."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import islice
from typing import Final

from bot.service.suggesting.matching import Entry
from storage.records import JobSummary, Viewer

EACH_MOST: Final = 100
"""Jobs of one person that are remembered, and jobs of one place that are looked at."""
IN_ALL_MOST: Final = 20_000


class RecentJob:
    """One job that can be chosen."""

    def __init__(self, summary: JobSummary) -> None:
        self.summary = summary

    @cached_property
    def entry(self) -> Entry:
        """What it is found by; made when somebody looks for it, since most are never looked for."""
        prompt = " ".join(self.summary.prompt.split())
        return Entry(self.summary.id, prompt, prompt)


class RecentJobs:
    """Remembers so many jobs of each person, and no more than so many in all."""

    def __init__(self, each: int = EACH_MOST, in_all: int = IN_ALL_MOST) -> None:
        self._each = each
        self._in_all = in_all
        self._jobs: dict[str, RecentJob] = {}
        self._shelves: dict[tuple[str, str], dict[str, RecentJob]] = defaultdict(dict)
        """The jobs of each person, and the jobs of each place that are not private."""

    def __len__(self) -> int:
        return len(self._jobs)

    def remember(self, summary: JobSummary) -> None:
        """Take in a job that is newer than all others."""
        self.forget(summary.id)
        job = self._jobs[summary.id] = RecentJob(summary)
        for key in _keys(summary):
            self._shelves[key][summary.id] = job
        own = self._shelves["actor", summary.actor]
        if len(own) > self._each:
            self.forget(next(iter(own)))
        if len(self._jobs) > self._in_all:
            self.forget(next(iter(self._jobs)))

    def forget(self, job_id: str) -> None:
        """Let a job go, if it is here."""
        job = self._jobs.pop(job_id, None)
        if job is None:
            return
        for key in _keys(job.summary):
            shelf = self._shelves[key]
            del shelf[job_id]
            if not shelf:
                del self._shelves[key]

    def forget_actor(self, actor: str) -> None:
        """Let all jobs of a person go."""
        for job_id in list(self._shelves.get(("actor", actor), {})):
            self.forget(job_id)

    def get(self, job_id: str, viewer: Viewer) -> JobSummary | None:
        """Return a job that somebody may be shown, by its id."""
        job = self._jobs.get(job_id)
        if job is None:
            return None
        summary = job.summary
        mine = summary.actor == viewer.actor
        return summary if mine or (not summary.private and summary.place == viewer.place) else None

    def seen(self, viewer: Viewer) -> list[Entry]:
        """Return what somebody may be shown: their own jobs, then the place's, newest first."""
        found: dict[str, RecentJob] = {}
        for key in ("actor", viewer.actor), ("place", viewer.place):
            newest = reversed(self._shelves.get(key, {}).items())
            more = ((name, job) for name, job in newest if name not in found)
            found |= dict(islice(more, self._each))
        return [job.entry for job in found.values()]


def _keys(summary: JobSummary) -> list[tuple[str, str]]:
    keys = [("actor", summary.actor)]
    if not summary.private:
        keys.append(("place", summary.place))
    return keys

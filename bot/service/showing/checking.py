"""Compares pictures that were made again with what is stored: the work of ``verify``."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot import texts
from bot.reply import Line, PictureView, Reply
from bot.service.showing.changes import (
    Change,
    at_a_time,
    changes_between,
    in_words,
    read_environment,
)
from bot.service.showing.pixel_difference import PixelDifference, compare_files
from bot.service.showing.safety import Safety
from generation.engine import PictureReady
from storage.faults import file_faults
from storage.files import PictureFiles
from storage.records import CHECKS, JobRecord, PictureRecord
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """One picture made again: the same, different by so much, or not to be compared.

    ``shown`` is the picture of where it differs, if there is one to be seen.
    """

    picture: PictureRecord
    same: bool
    made_sha256: str
    difference: PixelDifference | None = None
    shown: PictureView | None = None
    changes: tuple[Change, ...] = ()
    at_a_time: int = 1
    """How many pictures were painted in one pass with it, now or before."""


class Checks:
    """Keeps what ``verify`` has found until its reply is made.

    The pictures of differences lie among the files on their way, where a start sweeps them up: a
    check whose answer did not arrive is done again. Once it has, ``Deliveries`` deletes them;
    those of somebody at the machine, who is told their paths, stay for a day.
    """

    def __init__(self, store: Store, files: PictureFiles, safety: Safety) -> None:
        self._store = store
        self._files = files
        self._safety = safety
        self._findings: dict[str, list[Finding]] = {}

    async def compare(self, job: JobRecord, ready: PictureReady) -> None:
        """Compare a picture that was made again with the one it should be, and delete the new."""
        try:
            original = await self._original(job, ready)
            if original is not None:
                finding = await self._compared(job, ready, original)
                self._findings.setdefault(job.id, []).append(finding)
        finally:
            await asyncio.to_thread(ready.path.unlink, missing_ok=True)

    def reply(self, job: JobRecord) -> Reply:
        """Say what was found."""
        findings = self._findings.pop(job.id, [])
        same = bool(findings) and all(finding.same for finding in findings)
        lines = tuple(_lines(findings)) or (texts.verify_gone(job.parent or ""),)
        return Reply(
            lines=lines,
            pictures=tuple(finding.shown for finding in findings if finding.shown),
            private=job.private,
            job=job.id,
            exit_code=0 if same else 1,
            data=tuple(_data(finding) for finding in findings),
        )

    async def forget(self, job: JobRecord) -> None:
        """Drop what a check has found that was not brought to its end; of other jobs, nothing."""
        if job.command in CHECKS:
            self._findings.pop(job.id, None)
            await asyncio.to_thread(self._files.drop_differences, job.id)

    async def _compared(
        self, job: JobRecord, ready: PictureReady, original: PictureRecord
    ) -> Finding:
        stored = await self._store.pictures.environment(original.environment)
        before, now = read_environment(stored), read_environment(ready.environment)
        changes = changes_between(before, now)
        if original.pixels_sha256 == ready.pixels_sha256:
            return Finding(original, True, ready.pixels_sha256, changes=changes)
        difference, shown = await self._difference(job, ready, original)
        most = max(at_a_time(before), at_a_time(now))
        return Finding(original, False, ready.pixels_sha256, difference, shown, changes, most)

    async def _difference(
        self, job: JobRecord, ready: PictureReady, original: PictureRecord
    ) -> tuple[PixelDifference | None, PictureView | None]:
        """Return by how much a picture differs, and where: as far as it is there, and may be seen.

        It is shown as the stricter of the two may be.
        """
        verdicts = {
            self._safety.of(original, job.reply_to),
            self._safety.verdict(ready.flagged, job.reply_to),
        }
        if not original.is_there or "withheld" in verdicts:
            return None, None
        stored = self._files.path(original.path)
        stays = job.reply_to.platform in self._safety.own
        path = self._files.difference(job.id, ready.index, stays=stays)
        with file_faults(path):
            difference = await asyncio.to_thread(compare_files, stored, ready.path, path)
        if difference is None:
            return None, None
        shown = PictureView(
            id=f"{job.id}.{ready.index}",
            path=path,
            width=original.width,
            height=original.height,
            seed=original.recipe.seed,
            alt=texts.difference_alt(original.id, difference.factor),
            sensitive="sensitive" in verdicts,
        )
        return difference, shown

    async def _original(self, job: JobRecord, ready: PictureReady) -> PictureRecord | None:
        there = await self._store.pictures.of_job(job.parent or "")
        same = [picture for picture in there if picture.recipe == ready.recipe]
        # Values of a comparison may come to one recipe: each picture is then one of two.
        return next((each for each in same if each.index == ready.index), next(iter(same), None))


def _lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """Say what became of each picture, then what is to be seen, and what has changed since."""
    yield from map(_line, findings)
    if any(finding.shown for finding in findings):
        yield texts.verify_shown()
    most = max((finding.at_a_time for finding in findings), default=1)
    if most > 1:
        yield texts.painted_together(most)
    changes = dict.fromkeys(change for finding in findings for change in finding.changes)
    if changes:
        yield texts.changed(in_words(changes))


def _line(finding: Finding) -> Line:
    picture, apart = finding.picture.id, finding.difference
    if finding.same:
        return texts.verified(picture)
    if apart is None:
        return texts.verify_no_file(picture)
    return texts.verify_differs(picture, apart.greatest, apart.mean, apart.psnr, apart.factor)


def _data(finding: Finding) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": finding.picture.id,
        "identical": finding.same,
        "pixels_sha256": finding.picture.pixels_sha256,
        "made_sha256": finding.made_sha256,
        "changes": list(in_words(finding.changes)),
    }
    if finding.difference is not None:
        apart = finding.difference
        psnr = None if math.isinf(apart.psnr) else round(apart.psnr, 3)
        data |= {"max": apart.greatest, "mean": round(apart.mean, 6), "psnr": psnr}
    if finding.difference is not None and finding.shown is not None:
        data |= {"difference": str(finding.shown.path), "factor": finding.difference.factor}
    return data

"""Compares pictures that were made again with what is stored: the work of ``verify``."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bot import texts
from bot.reply import Line, Reply
from generation.engine import PictureReady
from storage.files import PictureFiles
from storage.records import JobRecord, PictureRecord
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Difference:
    """How two pictures of the same size differ, in steps of 255.

    ``psnr`` is 10·log10(255² / mean squared difference) in decibels, infinite for the same pixels.
    """

    greatest: int
    mean: float
    psnr: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One picture made again: the same, different by so much, or not to be compared."""

    picture: PictureRecord
    same: bool
    made_sha256: str
    difference: Difference | None = None
    changes: tuple[str, ...] = ()
    """What is not as it was when the picture was first made, such as ``torch 2.11 → 2.13``."""


def compare_files(first: Path, second: Path) -> Difference | None:
    """Compare two picture files; none where one is gone or the sizes differ."""
    try:
        with Image.open(first) as one, Image.open(second) as other:
            a = np.asarray(one.convert("RGB"), dtype=np.int16)
            b = np.asarray(other.convert("RGB"), dtype=np.int16)
    except OSError:
        return None
    if a.shape != b.shape:
        return None
    apart = np.abs(a - b)
    squared = float(np.mean(apart.astype(np.float64) ** 2))
    psnr = 10 * math.log10(255**2 / squared) if squared else math.inf
    return Difference(int(apart.max()), float(apart.mean()), psnr)


def environment_changes(before: str, now: str) -> tuple[str, ...]:
    """Compare two environments, canonical JSON as pictures carry it, and name what differs."""
    old, new = (dict(_flat("", json.loads(text))) for text in (before, now))
    return tuple(
        f"{name} {old.get(name, '–')} → {new.get(name, '–')}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix} {key}".strip(), inner)
    else:
        text = str(value)
        # A hash is as telling by its beginning.
        yield prefix, text[:12] if len(text) == 64 else text


class Checks:
    """Keeps what ``verify`` has found until its reply is made."""

    def __init__(self, store: Store, files: PictureFiles) -> None:
        self._store = store
        self._files = files
        self._findings: dict[str, list[Finding]] = {}

    async def compare(self, job: JobRecord, ready: PictureReady) -> None:
        """Compare a picture that was made again with the one it should be, and delete the new."""
        original = await self._original(job, ready)
        try:
            if original is None:
                return
            same = original.pixels_sha256 == ready.pixels_sha256
            difference = None
            if not same:
                stored = self._files.path(original.path)
                difference = await asyncio.to_thread(compare_files, stored, ready.path)
            before = await self._store.pictures.environment(original.environment)
            changes = environment_changes(before or "{}", ready.environment)
            finding = Finding(original, same, ready.pixels_sha256, difference, changes)
            self._findings.setdefault(job.id, []).append(finding)
        finally:
            ready.path.unlink(missing_ok=True)

    def reply(self, job: JobRecord) -> Reply:
        """Say what was found."""
        findings = self._findings.pop(job.id, [])
        same = bool(findings) and all(finding.same for finding in findings)
        return Reply(
            lines=tuple(line for finding in findings for line in _lines(finding)),
            private=job.private,
            job=job.id,
            exit_code=0 if same else 1,
            data=tuple(_data(finding) for finding in findings),
        )

    async def _original(self, job: JobRecord, ready: PictureReady) -> PictureRecord | None:
        for picture in await self._store.pictures.of_job(job.parent or ""):
            if picture.recipe == ready.recipe:
                return picture
        return None


def _lines(finding: Finding) -> Iterator[Line]:
    apart = finding.difference
    if finding.same:
        yield texts.verified(finding.picture.id)
    elif apart is None:
        yield texts.verify_no_file(finding.picture.id)
    else:
        yield texts.verify_differs(finding.picture.id, apart.greatest, apart.mean, apart.psnr)
    if finding.changes:
        yield texts.warning(f"changed\t{', '.join(finding.changes)}")


def _data(finding: Finding) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": finding.picture.id,
        "identical": finding.same,
        "pixels_sha256": finding.picture.pixels_sha256,
        "made_sha256": finding.made_sha256,
        "changes": list(finding.changes),
    }
    if finding.difference is not None:
        apart = finding.difference
        psnr = None if math.isinf(apart.psnr) else round(apart.psnr, 3)
        data |= {"max": apart.greatest, "mean": round(apart.mean, 6), "psnr": psnr}
    return data

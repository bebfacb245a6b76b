"""How far a job is, as its message shows it."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

from PIL import Image

from bot import texts
from bot.reply import ProgressView
from generation.engine import Event, Preparing, Preview, Progress
from storage.records import JobRecord

PREVIEW_SIDE: Final = 256
"""Pixels of a preview's longer side; the latents it is made of are eight times smaller."""


def progress_of(job: JobRecord, event: Event | None) -> ProgressView | None:
    """Return how far a job is, as far as an event of the engine says."""
    if isinstance(event, Preparing):
        label = texts.phase_label(event.phase, event.what, event.done, event.total)
        fraction = event.done / event.total if event.total else None
        return ProgressView(label, fraction)
    if not isinstance(event, Progress):
        return None
    return ProgressView(
        label=texts.step_label(event.index, job.count, event.stage, event.together),
        fraction=_fraction(job, event),
        step=event.step,
        total=event.total,
        seconds_left=event.seconds_left,
        preview=preview_png(event.preview) if event.preview else None,
    )


def _fraction(job: JobRecord, event: Progress) -> float:
    at_hand = event.together * event.step / max(event.total, 1)
    return min(1.0, (event.index - 1 + at_hand) / job.count)


@lru_cache(maxsize=8)
def preview_png(preview: Preview) -> bytes:
    """Enlarge a preview of latents to a PNG that people can see."""
    small = Image.frombytes("RGB", (preview.width, preview.height), preview.rgb)
    factor = PREVIEW_SIDE / max(small.size)
    size = (max(1, round(small.width * factor)), max(1, round(small.height * factor)))
    out = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(out, "PNG", compress_level=1)
    return out.getvalue()

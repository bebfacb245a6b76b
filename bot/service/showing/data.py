"""Jobs and pictures as ``--json`` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot import texts
from storage.files import PictureFiles
from storage.records import JobRecord, PictureRecord, Status

_STATUS: dict[Status, str] = {"rendered": "done", "delivered": "done"}


def status_word(job: JobRecord) -> str:
    """Return the state as people and ``--json`` have it: rendered and delivered are both done."""
    return _STATUS.get(job.status, job.status)


class ReplyData:
    """Writes what programs read of a reply."""

    def __init__(self, files: PictureFiles) -> None:
        self._files = files

    def job(self, job: JobRecord, pictures: Sequence[PictureRecord]) -> dict[str, Any]:
        """Return a job as ``--json`` prints it."""
        data: dict[str, Any] = {
            "job": job.id,
            "status": status_word(job),
            "pictures": [self._picture_of(job, picture) for picture in pictures],
            "recipe": job.recipe.to_dict(),
            "parent": job.parent,
            "seconds": None if job.seconds is None else round(job.seconds, 3),
        }
        if job.error is not None:
            data["error"] = "".join(span.text for span in texts.words_of(job.error))
        return data

    def _picture_of(self, job: JobRecord, picture: PictureRecord) -> dict[str, Any]:
        """Return a picture of a job: with its own recipe, and the heads of its place on a sheet."""
        data = self.picture(picture)
        if job.plan:
            data["recipe"] = picture.recipe.to_dict()
        if job.sheet is not None:
            data["heads"] = list(job.sheet.heads(picture.index))
        return data

    def picture(self, picture: PictureRecord) -> dict[str, Any]:
        """Return a picture as ``--json`` prints it."""
        data: dict[str, Any] = {
            "id": picture.id,
            "path": str(self._files.path(picture.path)) if picture.is_there else "",
            "seed": picture.recipe.seed,
            "width": picture.width,
            "height": picture.height,
            "pixels_sha256": picture.pixels_sha256,
        }
        if picture.recipe.variations:
            data["variations"] = picture.recipe.to_dict()["variations"]
        if picture.absent:
            data["absent"] = picture.absent
        if picture.flagged is not None:
            data["flagged"] = round(picture.flagged, 4)
        return data

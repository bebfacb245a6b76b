"""Sheets of many pictures as files: drawn once, as the place may see them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Final

from PIL import Image

from bot import texts
from bot.drawing.saving import SUFFIX, encoded
from bot.drawing.sheet import Cell, draw_sheet
from bot.drawing.thumbnails import shape_of
from bot.reply import PictureView
from bot.service.showing.safety import Safety, Verdict
from generation.errors import UserError
from storage.files import PictureFiles
from storage.records import PictureRecord, ReplyTo

log = logging.getLogger(__name__)

_LOOKS: Final = 1
"""Counts up when drawings come out otherwise, so that no old one is found for a new."""
_DIGEST: Final = 24


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture as one place sees it, in a drawing of many."""

    cell: Cell
    content: tuple[object, ...]
    """What tells it from any other that looks different."""
    picture: PictureRecord | None = None
    sensitive: bool = False


class Sheets:
    """Draws sheets, one at a time, and keeps each for a day after it was last asked for.

    A sheet is found again by what is to be seen on it: who may see less gets another.
    """

    def __init__(self, files: PictureFiles, safety: Safety) -> None:
        self._files = files
        self._safety = safety
        self._pen = asyncio.Semaphore(1)

    async def of(
        self,
        name: str,
        pictures: Sequence[PictureRecord | None],
        at: ReplyTo,
        *,
        labels: Sequence[str] = (),
        words: Sequence[str] = (),
        columns: Sequence[str] = (),
        rows: Sequence[str] = (),
        title: str,
    ) -> PictureView | None:
        """Return a sheet of pictures as a place may see them; none where there is none to be seen.

        Withheld and missing ones are empty places; ``words`` stand in those of none. With any
        sensitive one the sheet is sensitive. The view's id begins with ``name``, which is one word.
        None also where the sheet cannot be written: an answer can do without.
        """
        sights = [
            self.sight(picture, at, label or "", word or "")
            for picture, label, word in zip_longest(pictures, labels, words)
        ]

        def draw() -> Image.Image:
            cells = [sight.cell for sight in sights]
            # Pictures by themselves need no words above them.
            above = title if columns or rows else ""
            return draw_sheet(cells, columns=columns, rows=rows, title=above)

        return await self.drawn(name, sights, (columns, rows), title, draw)

    def sight(
        self, picture: PictureRecord | None, at: ReplyTo, label: str, word: str = ""
    ) -> Sight:
        """Return a picture as a place sees it, or the empty place of none."""
        if picture is None:
            return Sight(Cell(None, label, word), ("", label, word))
        verdict = self._safety.of(picture, at)
        path, word = self._place(picture, verdict)
        return Sight(
            cell=Cell(path, label, word),
            content=(picture.id, picture.pixels_sha256, path is not None, label, word),
            picture=picture if path else None,
            sensitive=path is not None and verdict == "sensitive",
        )

    def _place(self, picture: PictureRecord, verdict: Verdict) -> tuple[Path | None, str]:
        if verdict == "withheld":
            return None, texts.WITHHELD_PLACE
        if not picture.is_there:
            return None, texts.EXPIRED_PLACE
        return self._files.path(picture.path), texts.UNREADABLE_PLACE

    async def drawn(
        self,
        name: str,
        sights: Sequence[Sight],
        heads: object,
        title: str,
        draw: Callable[[], Image.Image],
    ) -> PictureView | None:
        """Return a drawing of these pictures, as ``of`` does; ``heads`` is what else is on it."""
        seen = [sight.picture for sight in sights if sight.picture]
        if not seen:
            return None
        content = [_LOOKS, [sight.content for sight in sights], heads, title]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:_DIGEST]
        view = PictureView(
            id=f"{name}.{digest}",
            path=Path(f"{name}.{digest}{SUFFIX}"),
            width=0,
            height=0,
            seed=0,
            alt=texts.sheet_alt(len(seen), seen[0].recipe.prompt),
            sensitive=any(sight.sensitive for sight in sights),
            title=title,
            jobs=tuple(dict.fromkeys(picture.job for picture in seen)),
        )
        async with self._pen:
            return await asyncio.to_thread(self._kept, view, seen, draw)

    def _kept(
        self, view: PictureView, seen: Sequence[PictureRecord], draw: Callable[[], Image.Image]
    ) -> PictureView | None:
        """Return the view with its file, which is drawn if it is not there. Blocks."""
        sheets = self._files.sheets
        try:
            path = sheets.find(view.path.name)
            if path is None:
                there = self._there(seen)
                path = sheets.keep(view.path.name, encoded(draw()), [each.id for each in seen])
                # What was deleted meanwhile took its sheets along before this one lay there.
                if gone := there - self._there(seen):
                    sheets.drop(gone)
        except (UserError, OSError) as error:
            log.warning("the sheet %s cannot be kept: %s", view.id, error)
            return None
        shape = shape_of(path)
        if path is None or shape is None:
            return None
        return replace(view, path=path, width=shape[0], height=shape[1])

    def _there(self, pictures: Sequence[PictureRecord]) -> frozenset[str]:
        return frozenset(each.id for each in pictures if self._files.path(each.path).exists())

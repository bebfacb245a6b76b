"""Pictures as files of a message: as they are where they fit, else encoded smaller."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image

from bot import texts
from bot.characters import cleaned, clipped, units
from bot.drawing.sheet import Cell, draw_sheet
from bot.drawing.thumbnails import UNREADABLE
from bot.reply import Line, PictureView

FILES_MOST: Final = 10
ALT_MOST: Final = 1024
WITHOUT_SHEET_MOST: Final = 4
"""More pictures than this come with a sheet that shows all of them."""
SHEET_MOST: Final = 100

_Failure = Literal["gone", "too large"]
_Format = Literal["WEBP", "JPEG"]
_SUFFIXES: Final[dict[_Format, str]] = {"WEBP": "webp", "JPEG": "jpg"}
_WHOLE: Final[tuple[tuple[_Format, int], ...]] = (
    ("WEBP", 95),
    ("WEBP", 90),
    ("WEBP", 80),
    ("WEBP", 65),
    ("JPEG", 75),
    ("JPEG", 60),
)
"""Formats and qualities that are tried with all pixels, the best first."""
_SCALES: Final = (0.75, 0.5, 0.35, 0.25, 0.125, 0.0625)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message; ``alt`` is what it shows, ``spoiler`` hides it until it is clicked."""

    name: str
    data: bytes
    alt: str = ""
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes each file may have, and all of them together."""

    each: int
    total: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The files that show pictures, and what has to be said of them."""

    files: tuple[File, ...]
    notes: tuple[Line, ...]


def shown(pictures: Sequence[PictureView], room: Room, most: int) -> Shown:
    """Make at most so many files of pictures. Never fails: what cannot be shown is said."""
    present = [picture for picture in pictures if _is_there(picture.path)]
    files: list[File] = []
    if _wants_sheet(present) and (sheet := _sheet_file(present, room.each)):
        files.append(sheet)
    chosen = present[: most - len(files)]
    more = len(present) - len(chosen)
    left = room.total - sum(len(file.data) for file in files)
    made = list(_made(chosen, Room(room.each, left)))
    files += [file for _, file in made if isinstance(file, File)]
    gone = [picture for picture in pictures if picture not in present]
    notes = [*_copies(made), *_failures([*((picture, "gone") for picture in gone), *made])]
    if more:
        notes.append(texts.pictures_without_room(more))
    return Shown(tuple(files), tuple(notes))


def _wants_sheet(pictures: Sequence[PictureView]) -> bool:
    """Whether pictures are so many that they come with a sheet, and yet without one."""
    return len(pictures) > WITHOUT_SHEET_MOST and not any(each.title for each in pictures)


def _made(
    pictures: Sequence[PictureView], room: Room
) -> Iterator[tuple[PictureView, File | _Failure]]:
    """Yield each picture with its file; what one does not need is left to those after it."""
    left = room.total
    for place, picture in enumerate(pictures):
        sizes = [_size(each.path) for each in pictures[place:]]
        file = _file(picture, _ceiling(sizes, Room(room.each, left)))
        left -= len(file.data) if isinstance(file, File) else 0
        yield picture, file


def _copies(made: Sequence[tuple[PictureView, File | _Failure]]) -> Iterator[Line]:
    """Say which pictures are shown as smaller copies."""
    copies = [
        picture
        for picture, file in made
        if isinstance(file, File) and not (picture.title or file.name.endswith(".png"))
    ]
    if copies:
        names = tuple(picture.id for picture in copies)
        yield texts.pictures_reduced(names, sum(_size(picture.path) for picture in copies))


def _failures(made: Sequence[tuple[PictureView, File | _Failure]]) -> Iterator[Line]:
    """Say which pictures are not shown; a sheet shows nothing that is not to be had without it."""
    for picture, file in made:
        if picture.title:
            continue
        if file == "gone":
            yield texts.picture_gone(picture.id, picture.seed)
        elif file == "too large":
            yield texts.picture_too_large(picture.id)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _ceiling(sizes: Sequence[int], room: Room) -> int:
    """Return what one file may have so that all fit; the small ones leave theirs to the large."""
    left = room.total
    wanted = sorted(min(size, room.each) for size in sizes)
    for index, size in enumerate(wanted):
        share = left // (len(wanted) - index)
        if size > share:
            return share
        left -= size
    return room.each


def _file(picture: PictureView, most: int) -> File | _Failure:
    """Return a picture as a file of at most so many bytes."""
    alt = _alt(f"{picture.title}: {picture.alt}" if picture.title else picture.alt)
    try:
        if _size(picture.path) <= most:
            return File(
                f"{picture.id}{picture.path.suffix}",
                picture.path.read_bytes(),
                alt,
                picture.sensitive,
            )
        with Image.open(picture.path) as image:
            encoded = _encoded(image.convert("RGB"), most)
    except UNREADABLE:
        return "gone"
    if encoded is None:
        return "too large"
    data, suffix = encoded
    return File(f"{picture.id}.{suffix}", data, alt, picture.sensitive)


def _alt(text: str) -> str:
    """Return a description that Discord takes: plain, on one line, not too long."""
    alt, most = cleaned(text).strip(), ALT_MOST
    while (excess := units(clipped(alt, most)) - ALT_MOST) > 0:
        most -= max(1, excess // 2)
    return clipped(alt, most)


def _encoded(image: Image.Image, most: int) -> tuple[bytes, str] | None:
    """Encode a picture into at most so many bytes, as well as that goes, with its suffix."""
    for kind, quality in _WHOLE:
        data = _bytes(image, kind, quality)
        if 0 < len(data) <= most:
            return data, _SUFFIXES[kind]
    for scale in _SCALES:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        data = _bytes(image.resize(size, Image.Resampling.LANCZOS), "WEBP", 80)
        if 0 < len(data) <= most:
            return data, _SUFFIXES["WEBP"]
    return None


def _bytes(image: Image.Image, kind: _Format, quality: int) -> bytes:
    """Encode a picture; nothing where the format has no room for so many pixels."""
    out = io.BytesIO()
    try:
        image.save(out, kind, quality=quality)
    except (OSError, ValueError):
        return b""
    return out.getvalue()


def _sheet_file(pictures: Sequence[PictureView], most: int) -> File | None:
    jobs = {picture.id.partition(".")[0] for picture in pictures}
    cells = [
        Cell(each.path, each.id.partition(".")[2] if len(jobs) == 1 else each.id)
        for each in pictures[:SHEET_MOST]
    ]
    encoded = _encoded(draw_sheet(cells), most)
    if encoded is None:
        return None
    data, suffix = encoded
    name = f"{jobs.pop()}.all.{suffix}" if len(jobs) == 1 else f"all.{suffix}"
    alt = _alt(texts.sheet_alt(len(pictures), pictures[0].alt))
    return File(name, data, alt, any(picture.sensitive for picture in pictures))

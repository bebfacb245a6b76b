"""Writing pictures beside the painting: the next picture starts while this one is packed.

One thread takes pictures from a short queue and packs, hashes, syncs and renames them. What goes
wrong there fails the order that the picture belongs to, and no other.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.engine import Cancelled, Event, Failed, Finished, PictureReady
from generation.errors import CannotWrite, DiskFull, UserError
from generation.metadata import png_info
from generation.recipe import Recipe
from generation.worker.painter import PaintedPicture

COMPRESSION: Final = 4
"""zlib level of the PNG files. Of a smooth 1024² picture with a little noise, level 6 (Pillow's
default) takes 1.3 times as long as 4 for the same bytes; level 1 half as long for a sixth more.
"""
WAITING: Final = 2
"""Pictures that may wait to be written before the painting has to wait too."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR})


@dataclass(frozen=True, slots=True)
class Task:
    """One painted picture on its way to a file."""

    run: int
    job: str
    index: int
    recipe: Recipe
    picture: PaintedPicture
    seconds: float


@dataclass(frozen=True, slots=True)
class _End:
    run: int
    event: Event


class Writer:
    """The thread that writes. ``tell`` gets every event, from that thread.

    ``cancelled`` says whether a run's pictures are still wanted, ``fault`` turns an exception that
    nobody foresaw into an error for the order, having logged it. ``score`` looks at each picture
    before it is written; one that cannot be looked at fails its order. ``waiting`` is how many
    pictures may wait, or ends of runs.
    """

    def __init__(
        self,
        folder: Path,
        launch: str,
        tell: Callable[[int, Event], None],
        cancelled: Callable[[int], bool],
        fault: Callable[[str, Exception], UserError],
        score: Callable[[npt.NDArray[np.uint8]], float] | None = None,
        waiting: int = WAITING,
    ) -> None:
        self._folder = folder
        self._launch = launch
        self._tell = tell
        self._cancelled = cancelled
        self._fault = fault
        self._score = score
        self._tasks: queue.Queue[Task | _End] = queue.Queue(waiting)
        self._failures: dict[int, UserError] = {}
        threading.Thread(target=self._work, name="output", daemon=True).start()

    def put(self, task: Task) -> None:
        """Hand in a picture; waits while too many others do. Raises what failed its run before."""
        if failure := self._failures.get(task.run):
            raise failure
        self._tasks.put(task)

    def end(self, run: int, event: Event) -> None:
        """Tell the run's last event once all its pictures are written."""
        self._tasks.put(_End(run, event))

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            if isinstance(task, _End):
                self._finish(task)
            elif task.run not in self._failures and not self._cancelled(task.run):
                self._write(task)

    def _finish(self, end: _End) -> None:
        failure = self._failures.pop(end.run, None)
        event = end.event
        if isinstance(event, Finished) and self._cancelled(end.run):
            event = Cancelled()
        if failure is not None and not isinstance(event, Cancelled):
            event = Failed(failure)
        self._tell(end.run, event)

    def _write(self, task: Task) -> None:
        try:
            flagged = self._score(task.picture.pixels) if self._score else None
            ready = write_picture(self._folder, self._launch, task)
            self._tell(task.run, replace(ready, flagged=flagged))
        except UserError as error:
            self._failures[task.run] = error
        except OSError as error:
            self._failures[task.run] = _told(error, self._folder) or self._fault(task.job, error)
        except Exception as error:  # noqa: BLE001 - it fails its order alone
            self._failures[task.run] = self._fault(task.job, error)


def write_picture(folder: Path, launch: str, task: Task) -> PictureReady:
    """Write a picture as PNG under a temporary name, sync it, and give it its name.

    Raises ``OSError``; nothing is left behind then.
    """
    pixels = task.picture.pixels
    height, width, _ = pixels.shape
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{launch}-{task.job}-{task.index}.png"
    part = path.with_name(path.name + ".part")
    try:
        _save(Image.fromarray(pixels), part, task)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return PictureReady(
        index=task.index,
        path=path,
        recipe=task.recipe,
        width=width,
        height=height,
        pixels_sha256=hashlib.sha256(pixels.tobytes()).hexdigest(),
        seconds=task.seconds,
        environment=json.dumps(
            dict(task.picture.environment),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        ),
        warnings=tuple(task.picture.warnings),
    )


def _save(image: Image.Image, part: Path, task: Task) -> None:
    info = png_info(task.recipe, f"{task.job}.{task.index}")
    with part.open("wb") as file:
        image.save(file, format="PNG", pnginfo=info, compress_level=COMPRESSION)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system can sync a folder."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _told(error: OSError, folder: Path) -> UserError | None:
    if error.errno in _FULL:
        return DiskFull(str(folder))
    if error.errno in _FORBIDDEN:
        return CannotWrite(str(error.filename or folder), error.strerror or "")
    return None

"""What the worker's process needs of whatever paints pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from generation.engine import Preparing, Preview, Stage
from generation.recipe import Recipe

Report = Callable[[Preparing], None]


class Stopped(BaseException):
    """Raised by a watcher to leave the pipeline in mid-step: the order was cancelled.

    No ``Exception``, so that nothing on the way takes it for a fault and carries on.
    """


class Watcher(Protocol):
    """Is told how far a picture is, and may raise ``Stopped``."""

    def step(
        self, stage: Stage, step: int, total: int, latents_preview: Callable[[], Preview]
    ) -> None:
        """Take note of a finished step; the preview is made only when it is wanted."""
        ...

    def preparing(self, event: Preparing) -> None:
        """Take note of something that has to be done before the first step."""
        ...


class PaintedPicture(Protocol):
    """A picture: ``pixels`` is uint8 of height × width × 3, RGB."""

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The raw bytes, whose SHA-256 identifies the picture."""
        ...

    @property
    def environment(self) -> Mapping[str, Any]:
        """What else decided the pixels, as plain data."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """Keys of the texts module, each with a detail after a tab."""
        ...


class Painter(Protocol):
    """Paints pictures: one at a time, or several in one pass."""

    @property
    def device(self) -> str:
        """The device as torch names it."""
        ...

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are in memory."""
        ...

    @property
    def sizes(self) -> Mapping[str, int]:
        """The bytes of each model in memory."""
        ...

    @property
    def machine(self) -> Mapping[str, Any]:
        """What decides the pixels of every model here, as plain data."""
        ...

    @property
    def plans(self) -> Mapping[str, Mapping[str, Any]]:
        """What decides those of each model in memory, beside its files."""
        ...

    def load(self, name: str, report: Report) -> None:
        """Bring a model into memory, and make it ready."""
        ...

    def prepare(self, report: Report) -> bool:
        """Do some of what pictures may need later; false where nothing is left to do."""
        ...

    def paint(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> PaintedPicture:
        """Paint one picture. Raises ``UserError`` for what a person can mend."""
        ...

    def fitting(self, recipes: Sequence[Recipe], report: Report) -> Sequence[int]:
        """Return the places of the recipes that can be painted in one pass with the first, and 0.

        All are of one kind, see ``generation.batching``. Raises as ``paint``.
        """
        ...

    def paint_together(
        self, recipes: Sequence[Recipe], watches: Sequence[Watcher]
    ) -> Sequence[PaintedPicture | None]:
        """Paint pictures that are ``fitting`` in one pass, each with its own watcher.

        There is none for a recipe whose watcher has stopped it; ``Stopped`` comes from here only
        when all have. Other errors are of the pass, whichever picture is to blame.
        """
        ...

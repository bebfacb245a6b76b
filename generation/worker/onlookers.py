"""Who watches pictures that are painted together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from generation.engine import Preparing, Preview, Stage
from generation.worker.painter import Stopped, Watcher


class Onlookers:
    """The watchers of pictures that go through one pass, one for each.

    Who has had enough is told nothing more, and the others go on: a pass cannot become smaller on
    its way. ``Stopped`` is raised when nobody is left.
    """

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._left = dict(enumerate(watchers))

    def wants(self, at: int) -> bool:
        """Whether the picture at that place is still wanted."""
        return at in self._left

    def preparing(self, event: Preparing) -> None:
        """Tell everybody of something that has to be done before the first step."""
        self._tell(lambda at, watcher: watcher.preparing(event))

    def step(self, stage: Stage, step: int, total: int, preview: Callable[[int], Preview]) -> None:
        """Tell everybody of a finished step; ``preview`` makes that of the picture at a place."""
        self._tell(lambda at, watcher: watcher.step(stage, step, total, partial(preview, at)))

    def _tell(self, tell: Callable[[int, Watcher], None]) -> None:
        for at, watcher in list(self._left.items()):
            try:
                tell(at, watcher)
            except Stopped:
                del self._left[at]
        if not self._left:
            raise Stopped

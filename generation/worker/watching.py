"""The worker's eye on a picture in the making: it reports steps, and ends what was cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from generation.engine import Preparing, Preview, Stage
from generation.worker.messages import Happened, Report, Stepped
from generation.worker.painter import Stopped

PREVIEW_SECONDS: Final = 0.5
"""A preview at most this often: a chat message cannot be edited faster anyway."""


@dataclass(slots=True)
class Pulse:
    """What the process is doing, for its beat, and whether the last preview was taken."""

    phase: str = "starting"
    preview_seen: bool = True
    preview_at: float = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The ``Watcher`` of one picture."""

    run: int
    index: int
    launch: str
    send: Callable[[Report], None]
    cancelled: Callable[[int], bool]
    pulse: Pulse
    previews: bool

    def check(self) -> None:
        """Raise ``Stopped`` when the run is cancelled."""
        if self.cancelled(self.run):
            raise Stopped

    def step(
        self, stage: Stage, step: int, total: int, latents_preview: Callable[[], Preview]
    ) -> None:
        """Report a finished step, with a preview if one is due and the last one was taken."""
        self.check()
        self.pulse.phase = stage
        now = time.monotonic()
        preview = latents_preview() if self._preview_due(now) else None
        self.send(Stepped(self.launch, self.run, self.index, stage, step, total, now, preview))

    def preparing(self, event: Preparing) -> None:
        """Report what is done before the first step."""
        self.check()
        self.pulse.phase = event.phase
        self.send(Happened(self.launch, self.run, event))

    def _preview_due(self, now: float) -> bool:
        pulse = self.pulse
        if not (self.previews and pulse.preview_seen and now - pulse.preview_at >= PREVIEW_SECONDS):
            return False
        pulse.preview_seen, pulse.preview_at = False, now
        return True

"""The worker's eye on a picture in the making: it reports steps, and ends what was cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from generation.engine import Preparing, Preview, Stage
from generation.worker.messages import Happened, Report, Stepped
from generation.worker.painter import Stopped

PREVIEW_SECONDS: Final = 0.5
"""A preview of a run at most this often: a chat message cannot be edited faster anyway."""


@dataclass(slots=True)
class Gate:
    """Lets previews of one run through: one at a time, and not too many."""

    seen: bool = True
    at: float = float("-inf")

    def is_open(self, now: float) -> bool:
        """Say whether the last preview was taken, and is old enough."""
        return self.seen and now - self.at >= PREVIEW_SECONDS

    def pass_through(self, now: float) -> None:
        """Note that one went through."""
        self.seen, self.at = False, now


@dataclass(slots=True)
class Pulse:
    """What the process is doing, for its beat, and the gates of the runs at hand.

    The thread that hears of seen previews looks into ``gates`` while runs come and go.
    """

    phase: str = "starting"
    gates: dict[int, Gate] = field(default_factory=dict)

    def preview_seen(self, run: int) -> None:
        """Open a run's gate; one that has ended is left alone."""
        if gate := self.gates.get(run):
            gate.seen = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The ``Watcher`` of a picture, or of ``together`` of one run that take each step at once.

    Of these the one of the first picture speaks for all; the others only look whether to stop.
    ``batch`` counts the pictures of other runs, too.
    """

    run: int
    index: int
    launch: str
    send: Callable[[Report], None]
    cancelled: Callable[[int], bool]
    pulse: Pulse
    previews: bool
    together: int = 1
    batch: int = 1
    speaks: bool = True

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
        if not self.speaks:
            return
        now = time.monotonic()
        report = Stepped(
            self.launch,
            self.run,
            self.index,
            stage,
            step,
            total,
            now,
            self._preview(now, latents_preview),
            self.together,
            self.batch,
        )
        self.send(report)

    def preparing(self, event: Preparing) -> None:
        """Report what is done before the first step."""
        self.check()
        self.pulse.phase = event.phase
        if self.speaks:
            self.send(Happened(self.launch, self.run, event))

    def _preview(self, now: float, latents_preview: Callable[[], Preview]) -> Preview | None:
        gate = self.pulse.gates.get(self.run)
        if not self.previews or gate is None or not gate.is_open(now):
            return None
        gate.pass_through(now)
        return latents_preview()

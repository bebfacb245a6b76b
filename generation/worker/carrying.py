"""Carrying out orders: their pictures painted one at a time, or several of a kind in one pass."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generation.batching import kind_of, most_together
from generation.engine import Cancelled, Event, Failed, Finished
from generation.errors import InternalFault, OutOfMemory, UserError
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.worker.logs import working_on
from generation.worker.messages import Happened, Loaded, Painted, Report, Run
from generation.worker.onlookers import Onlookers
from generation.worker.output import Task, Writer
from generation.worker.painter import PaintedPicture, Painter, Stopped
from generation.worker.watching import Gate, Pulse, Watch

if TYPE_CHECKING:
    from generation.worker.safety import Classifier

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Sitting:
    """A run at hand: which of its pictures are still to be painted, and how it ended if it did.

    ``alone``: no picture of it goes through a pass with others.
    """

    run: Run
    left: list[int]
    begun: float
    drawn_until: float
    alone: bool
    ending: Event | None = None

    @property
    def job(self) -> str:
        return self.run.order.job_id


@dataclass(frozen=True, slots=True)
class _Piece:
    """One picture that is still to be painted."""

    sitting: _Sitting
    index: int
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries out orders with one painter. ``classifier`` is what looks at the pictures, if any."""

    launch: str
    settings: GenerationSettings
    painter: Painter
    send: Callable[[Report], None]
    cancelled: Callable[[int], bool]
    writer: Writer
    pulse: Pulse
    classifier: Classifier | None = None

    def carry_out(self, runs: Sequence[Run]) -> None:
        """Paint all pictures of the runs, and tell how each run ended.

        Several runs are of pictures that fit together. What goes wrong in one ends no other.
        """
        begun = time.monotonic()
        sittings = [_Sitting(run, list(run.order.indices), begun, begun, run.alone) for run in runs]
        self.pulse.gates = {run.run: Gate() for run in runs}
        while sittings:
            if pieces := self._next_pass(sittings):
                self._paint(pieces)
            for sitting in [each for each in sittings if each.ending or not each.left]:
                sittings.remove(sitting)
                self._end(sitting)
        self.pulse.gates = {}

    def tell_models(self) -> None:
        """Tell which models are in memory."""
        painter = self.painter
        models, plans = tuple(painter.models), dict(painter.plans)
        self.send(Loaded(self.launch, models, plans, dict(painter.sizes)))

    def _end(self, sitting: _Sitting) -> None:
        run = sitting.run.run
        ending = sitting.ending or Finished(time.monotonic() - sitting.begun)
        self.send(Painted(self.launch, run, sitting.begun, sitting.drawn_until))
        self.writer.end(run, ending)
        self.tell_models()

    # What is painted at a time --------------------------------------------------------------------

    def _next_pass(self, sittings: Sequence[_Sitting]) -> list[_Piece]:
        """Return the next picture, and those that can be painted in one pass with it."""
        pieces = [
            _Piece(sitting, index, sitting.run.order.recipe_of(index))
            for sitting in sittings
            for index in sitting.left
        ]
        most = most_together(self.settings.levers)
        kind = kind_of(pieces[0].recipe) if pieces else None
        if kind is None or most < 2 or pieces[0].sitting.alone:
            return pieces[:1]
        alike = [
            piece for piece in pieces if not piece.sitting.alone and kind_of(piece.recipe) == kind
        ][:most]
        return alike if len(alike) < 2 else self._fitting(alike)

    def _fitting(self, pieces: list[_Piece]) -> list[_Piece]:
        onlookers = Onlookers([self._watch(piece) for piece in pieces])
        try:
            with working_on(pieces[0].sitting.job):
                recipes = [piece.recipe for piece in pieces]
                return [pieces[at] for at in self.painter.fitting(recipes, onlookers.preparing)]
        except (Stopped, Exception):  # noqa: BLE001 - painted alone, the first comes to the same
            return pieces[:1]

    def _watch(
        self, piece: _Piece, together: int = 1, batch: int = 1, *, speaks: bool = True
    ) -> Watch:
        return Watch(
            run=piece.sitting.run.run,
            index=piece.index,
            launch=self.launch,
            send=self.send,
            cancelled=self.cancelled,
            pulse=self.pulse,
            previews=self.settings.previews,
            together=together,
            batch=batch,
            speaks=speaks,
        )

    # Painting -------------------------------------------------------------------------------------

    def _paint(self, pieces: Sequence[_Piece]) -> None:
        with working_on(pieces[0].sitting.job):
            if self.classifier:
                with self._failing(pieces[0].sitting):
                    # Before anything is painted that nobody could look at.
                    self.classifier.load()
            if pieces[0].sitting.ending is not None:
                return
            if len(pieces) == 1:
                self._paint_alone(pieces[0])
            else:
                self._paint_together(pieces)

    def _paint_alone(self, piece: _Piece) -> None:
        sitting = piece.sitting
        with self._failing(sitting):
            watch = self._watch(piece)
            watch.check()
            begun = time.monotonic()
            try:
                picture = self.painter.paint(piece.recipe, sitting.run.order.inputs, watch)
            finally:
                sitting.drawn_until = time.monotonic()
            self._hand_in(piece, picture, sitting.drawn_until - begun)

    def _paint_together(self, pieces: Sequence[_Piece]) -> None:
        """Paint pictures in one pass, or mark their runs to be painted alone where that fails."""
        begun = time.monotonic()
        pictures: Sequence[PaintedPicture | None]
        try:
            recipes = [piece.recipe for piece in pieces]
            pictures = self.painter.paint_together(recipes, self._watches(pieces))
        except Stopped:
            pictures = [None for _ in pieces]
        except Exception as error:  # noqa: BLE001 - nobody knows yet whose fault it is
            log.warning("%s pictures cannot be painted together: %s", len(pieces), error)
            for piece in pieces:
                piece.sitting.alone = True
            return
        now = time.monotonic()
        for piece, picture in zip(pieces, pictures, strict=True):
            piece.sitting.drawn_until = now
            with self._failing(piece.sitting), working_on(piece.sitting.job):
                if picture is None:
                    raise Stopped
                self._hand_in(piece, picture, (now - begun) / len(pieces))

    def _watches(self, pieces: Sequence[_Piece]) -> list[Watch]:
        """Return a watcher for each picture; of those of one run only the first one speaks."""
        runs = [piece.sitting.run.run for piece in pieces]
        return [
            self._watch(piece, runs.count(run), len(pieces), speaks=run not in runs[:at])
            for at, (piece, run) in enumerate(zip(pieces, runs, strict=True))
        ]

    def _hand_in(self, piece: _Piece, picture: PaintedPicture, seconds: float) -> None:
        sitting = piece.sitting
        sitting.left.remove(piece.index)
        # This waits while others are written, which is no drawing any more.
        self.writer.put(
            Task(sitting.run.run, sitting.job, piece.index, piece.recipe, picture, seconds)
        )

    @contextmanager
    def _failing(self, sitting: _Sitting) -> Iterator[None]:
        """Let what goes wrong end this run."""
        try:
            yield
        except Stopped:
            sitting.ending = Cancelled()
        except UserError as error:
            sitting.ending = Failed(error)
        except MemoryError:
            recipe = sitting.run.order.recipe
            error_for_people = OutOfMemory(self.painter.device, recipe.width, recipe.height)
            sitting.ending = Failed(error_for_people)
        except Exception as error:  # noqa: BLE001 - it fails its order alone
            sitting.ending = Failed(fault(sitting.job, error))


def fault(job: str, error: Exception) -> UserError:
    """Log an exception that nobody foresaw, and return the error that points to the log."""
    reference = secrets.token_hex(4)
    with working_on(job):
        log.error("fault %s in job %s", reference, job, exc_info=error)
    return InternalFault(reference)


def tell_run(launch: str, send: Callable[[Report], None]) -> Callable[[int, Event], None]:
    """Return what sends an event of a run."""
    return lambda run, event: send(Happened(launch, run, event))

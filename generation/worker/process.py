"""The worker process: one painter, orders one after the other, until the engine is gone.

Threads: the main one paints; one reads commands and ends the process the moment the engine's end
of the pipe closes, in mid-step too; one sends reports, so that painting never waits for a slow
reader; one writes files; one beats.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import logging
import os
import queue
import signal
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, NoReturn, cast

from generation.batching import most_together
from generation.engine import Preparing
from generation.errors import UserError
from generation.hub import is_cached
from generation.settings import GenerationSettings
from generation.worker.carrying import Carrier, fault, tell_run
from generation.worker.channel import Channel
from generation.worker.logs import forward_logs
from generation.worker.messages import (
    Beat,
    Cancel,
    Command,
    Hello,
    PreviewSeen,
    Report,
    Run,
    RunTogether,
    Started,
    StartFailed,
)
from generation.worker.output import WAITING, Writer
from generation.worker.painter import Painter
from generation.worker.spent import seconds_spent
from generation.worker.streams import take_over_streams
from generation.worker.watching import Pulse

if TYPE_CHECKING:
    from generation.worker.safety import Classifier

BEAT_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 60.0
"""Without orders for so long, the painter gets ready for what pictures may need later."""
NICENESS: Final = 4
"""Under half of a processor that somebody else wants as much: with 10, a tenth, a card would stand
idle while it waits for this process beside whatever else the machine does.
"""
CANCELLED_MOST: Final = 16
"""So many cancelled runs are remembered, of which no more than a few can be at hand."""
log = logging.getLogger(__name__)


class Outbox:
    """Sends reports from a thread of its own, in order."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._reports: queue.SimpleQueue[Report | threading.Event] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="outbox", daemon=True).start()

    def send(self, report: Report) -> None:
        """Hand in a report; returns at once."""
        self._reports.put(report)

    def flush(self) -> None:
        """Wait until everything handed in so far is sent."""
        done = threading.Event()
        self._reports.put(done)
        done.wait()

    def _work(self) -> None:
        while True:
            report = self._reports.get()
            if isinstance(report, threading.Event):
                report.set()
                continue
            try:
                self._channel.send(report)
            except OSError:
                os._exit(0)  # the engine is gone, and with it all reason to be


class Inbox:
    """Reads commands in a thread of its own: orders wait, all else acts at once."""

    def __init__(self, channel: Channel, pulse: Pulse) -> None:
        self.orders: queue.SimpleQueue[tuple[Run, ...]] = queue.SimpleQueue()
        self._channel = channel
        self._pulse = pulse
        self._cancelled: tuple[int, ...] = ()
        threading.Thread(target=self._work, name="inbox", daemon=True).start()

    def is_cancelled(self, run: int) -> bool:
        """Say whether that run is to end."""
        return run in self._cancelled

    def _work(self) -> None:
        while True:
            try:
                command = cast("Command", self._channel.receive())
            except (EOFError, OSError):
                os._exit(0)  # also in mid-step: nobody is left to paint for
            if isinstance(command, Run):
                self.orders.put((command,))
            elif isinstance(command, RunTogether):
                self.orders.put(command.runs)
            elif isinstance(command, Cancel):
                # Replaced as a whole, since other threads look into it meanwhile.
                self._cancelled = (*self._cancelled, command.run)[-CANCELLED_MOST:]
            elif isinstance(command, PreviewSeen):
                self._pulse.preview_seen(command.run)


class Worker:
    """Carries out orders with one painter. Fields are shared with the threads around it."""

    def __init__(
        self,
        hello: Hello,
        painter: Painter,
        outbox: Outbox,
        inbox: Inbox,
        pulse: Pulse,
        classifier: Classifier | None = None,
    ) -> None:
        self._settings = hello.settings
        self._painter = painter
        self._inbox = inbox
        self._pulse = pulse
        writer = Writer(
            hello.settings.incoming,
            hello.launch,
            tell_run(hello.launch, outbox.send),
            inbox.is_cancelled,
            fault,
            classifier.score if classifier else None,
            waiting=WAITING + most_together(hello.settings.levers),
        )
        self._carrier = Carrier(
            hello.launch,
            hello.settings,
            painter,
            outbox.send,
            inbox.is_cancelled,
            writer,
            pulse,
            classifier,
        )

    def serve(self) -> NoReturn:
        """Load what is to be loaded first, then carry out orders for ever."""
        if self._settings.preload:
            self._preload()
        while True:
            self._carrier.carry_out(self._next_runs())

    def _next_runs(self) -> tuple[Run, ...]:
        """Wait for orders, and get ready for more of them while nobody has any."""
        quiet: float | None = QUIET_SECONDS
        while True:
            self._pulse.phase = "idle"
            try:
                return self._inbox.orders.get(timeout=quiet)
            except queue.Empty:
                quiet = QUIET_SECONDS if self._prepare() else None

    def _prepare(self) -> bool:
        try:
            return self._painter.prepare(self._note)
        except Exception:  # the first order that needs it will say it to a person
            log.exception("making ready has failed")
            return False

    def _note(self, event: Preparing) -> None:
        self._pulse.phase = event.phase

    def _preload(self) -> None:
        model = self._settings.model(self._settings.preload)
        if model is not None and not is_cached(model, self._settings.cache):
            # Orders for other models would have to wait for a download in here.
            log.info("%s is not here yet: its first order will load it", model.name)
            return
        self._pulse.phase = "loading"
        try:
            self._painter.load(self._settings.preload, self._note)
        except UserError as error:
            log.warning("preloading %s failed: %s", self._settings.preload, error)
        except Exception:  # the first order for the model will say it to a person
            log.exception("preloading %s failed", self._settings.preload)
        self._carrier.tell_models()


def build_painter(path: str, settings: GenerationSettings) -> Painter:
    """Call the factory ``module:function``; importing it is what loads torch."""
    module, _, name = path.partition(":")
    return cast("Painter", getattr(_imported(module), name)(settings))


def _imported(module: str) -> ModuleType:
    """Import what stays for good, without looking for garbage in it, now or later.

    Half a million objects come with torch and its kin; each search through them takes as long as a
    quick picture, and those while they are imported an eighth of a start.
    """
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def build_classifier(settings: GenerationSettings) -> Classifier | None:
    """Return what looks at the pictures, loaded if it is here; none where nothing is to."""
    if not settings.safety:
        return None
    # Not before it is needed: importing it is what loads torch.
    from generation.worker.safety import Classifier

    classifier = Classifier(settings)
    classifier.load_if_here()
    return classifier


def beat(outbox: Outbox, launch: str, pulse: Pulse) -> NoReturn:
    """Send a sign of life about once a second."""
    while True:
        time.sleep(BEAT_SECONDS)
        outbox.send(Beat(launch, pulse.phase, seconds_spent(pulse.phase)))


def start_painter(hello: Hello, outbox: Outbox) -> tuple[Painter, Classifier | None]:
    """Build the painter and what looks at its work, or tell why that fails and end the process."""
    try:
        return build_painter(hello.painter, hello.settings), build_classifier(hello.settings)
    except UserError as error:
        log.error("the worker cannot start: %s", error)  # noqa: TRY400 - it is no fault of ours
        outbox.send(StartFailed(hello.launch, str(error), error))
    except BaseException as error:
        logging.getLogger(__name__).exception("the worker cannot start")
        reason = f"{type(error).__name__}: {error}"
        outbox.send(StartFailed(hello.launch, reason.splitlines()[0][:500]))
    outbox.flush()
    os._exit(1)


def _step_back() -> None:
    """Let the bot go first where processors are short: people wait for it by the second."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # Where Linux shares out by sessions, and this process leads its own, that alone does nothing.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def main() -> NoReturn:
    """Run the worker on the pipe at its standard streams."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the bot's to decide about
    _step_back()
    channel = take_over_streams()
    faulthandler.enable()
    hello = cast("Hello", channel.receive())
    outbox, pulse = Outbox(channel), Pulse()
    inbox = Inbox(channel, pulse)
    forward_logs(hello.launch, outbox.send)
    threading.Thread(target=beat, args=(outbox, hello.launch, pulse), daemon=True).start()
    painter, classifier = start_painter(hello, outbox)
    outbox.send(Started(hello.launch, painter.device, dict(painter.machine)))
    worker = Worker(hello, painter, outbox, inbox, pulse, classifier)
    worker.serve()


if __name__ == "__main__":
    main()

"""The worker process: one painter, one order after the other, until the engine is gone.

Threads: the main one paints; one reads commands and ends the process the moment the engine's end
of the pipe closes, in mid-step too; one sends reports, so that painting never waits for a slow
reader; one writes files; one beats.
"""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import queue
import secrets
import signal
import threading
import time
from typing import TYPE_CHECKING, Final, NoReturn, cast

from generation.engine import Cancelled, Event, Failed, Finished
from generation.errors import InternalFault, OutOfMemory, UserError
from generation.hub import is_cached
from generation.settings import GenerationSettings
from generation.worker.channel import Channel
from generation.worker.logs import forward_logs, working_on
from generation.worker.messages import (
    Beat,
    Cancel,
    Command,
    Happened,
    Hello,
    Loaded,
    Painted,
    PreviewSeen,
    Report,
    Run,
    Started,
    StartFailed,
)
from generation.worker.output import Task, Writer
from generation.worker.painter import Painter, Stopped
from generation.worker.streams import take_over_streams
from generation.worker.watching import Pulse, Watch

if TYPE_CHECKING:
    from generation.worker.safety import Classifier

BEAT_SECONDS: Final = 1.0
NICENESS: Final = 10
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
        self.orders: queue.SimpleQueue[Run] = queue.SimpleQueue()
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
                self.orders.put(command)
            elif isinstance(command, Cancel):
                # Replaced as a whole, since other threads look into it meanwhile.
                self._cancelled = (*self._cancelled, command.run)[-CANCELLED_MOST:]
            elif isinstance(command, PreviewSeen):
                self._pulse.preview_seen = True


class Worker:
    """Carries out orders with one painter. Fields are shared with the threads around it."""

    def __init__(
        self,
        hello: Hello,
        painter: Painter,
        outbox: Outbox,
        inbox: Inbox,
        classifier: Classifier | None = None,
    ) -> None:
        self._launch = hello.launch
        self._settings = hello.settings
        self._painter = painter
        self._outbox = outbox
        self._inbox = inbox
        self._classifier = classifier
        self._drawn_until = 0.0
        self._writer = Writer(
            hello.settings.incoming,
            hello.launch,
            self._tell,
            inbox.is_cancelled,
            fault,
            classifier.score if classifier else None,
        )

    def serve(self, pulse: Pulse) -> NoReturn:
        """Load what is to be loaded first, then carry out orders for ever."""
        if self._settings.preload:
            self._preload(pulse)
        while True:
            pulse.phase = "idle"
            run = self._inbox.orders.get()
            with working_on(run.order.job_id):
                self._carry_out(run, pulse)

    def _preload(self, pulse: Pulse) -> None:
        model = self._settings.model(self._settings.preload)
        if model is not None and not is_cached(model, self._settings.cache):
            # Orders for other models would have to wait for a download in here.
            log.info("%s is not here yet: its first order will load it", model.name)
            return
        pulse.phase = "loading"
        try:
            self._painter.load(self._settings.preload, lambda event: None)
        except UserError as error:
            log.warning("preloading %s failed: %s", self._settings.preload, error)
        except Exception:  # the first order for the model will say it to a person
            log.exception("preloading %s failed", self._settings.preload)
        self._tell_models()

    def _carry_out(self, run: Run, pulse: Pulse) -> None:
        begun = self._drawn_until = time.monotonic()
        ending: Event
        try:
            self._paint(run, pulse)
        except Stopped:
            ending = Cancelled()
        except UserError as error:
            ending = Failed(error)
        except MemoryError:
            recipe = run.order.recipe
            ending = Failed(OutOfMemory(self._painter.device, recipe.width, recipe.height))
        except Exception as error:  # noqa: BLE001 - it fails its order alone
            ending = Failed(fault(run.order.job_id, error))
        else:
            ending = Finished(time.monotonic() - begun)
        self._outbox.send(Painted(self._launch, run.run, begun, self._drawn_until))
        self._writer.end(run.run, ending)
        self._tell_models()

    def _paint(self, run: Run, pulse: Pulse) -> None:
        order = run.order
        if self._classifier:
            # Before anything is painted that nobody could look at.
            self._classifier.load()
        for index in order.indices:
            recipe = order.recipe_of(index)
            watch = Watch(
                run=run.run,
                index=index,
                launch=self._launch,
                send=self._outbox.send,
                cancelled=self._inbox.is_cancelled,
                pulse=pulse,
                previews=self._settings.previews,
            )
            watch.check()
            begun = time.monotonic()
            try:
                picture = self._painter.paint(recipe, order.inputs, watch)
            finally:
                self._drawn_until = time.monotonic()
            seconds = self._drawn_until - begun
            # This waits while others are written, which is no drawing any more.
            self._writer.put(Task(run.run, order.job_id, index, recipe, picture, seconds))

    def _tell(self, run: int, event: Event) -> None:
        self._outbox.send(Happened(self._launch, run, event))

    def _tell_models(self) -> None:
        painter = self._painter
        self._outbox.send(Loaded(self._launch, tuple(painter.models), dict(painter.plans)))


def fault(job: str, error: Exception) -> UserError:
    """Log an exception that nobody foresaw, and return the error that points to the log."""
    reference = secrets.token_hex(4)
    with working_on(job):
        log.error("fault %s in job %s", reference, job, exc_info=error)
    return InternalFault(reference)


def build_painter(path: str, settings: GenerationSettings) -> Painter:
    """Call the factory ``module:function``; importing it is what loads torch."""
    module, _, name = path.partition(":")
    return cast("Painter", getattr(importlib.import_module(module), name)(settings))


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
        times = os.times()
        spent = times.user + times.system + times.children_user + times.children_system
        outbox.send(Beat(launch, pulse.phase, spent))


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
    worker = Worker(hello, painter, outbox, inbox, classifier)
    worker.serve(pulse)


if __name__ == "__main__":
    main()

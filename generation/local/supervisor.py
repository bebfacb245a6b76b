"""Keeps one worker alive and busy: hands out orders, and picks up after a death.

Everything here runs in the event loop; ``Launch`` brings the worker's words there. An order is
handed out as soon as the pixels of the one before are there, while its files are still written.
Where the owner wants throughput, waiting orders whose pictures fit together are handed out at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, Final, cast, get_args

from generation.batching import most_together
from generation.engine import (
    Cancelled,
    EngineStatus,
    Event,
    Failed,
    Phase,
    Preparing,
    Progress,
    Retry,
    WorkerState,
)
from generation.errors import UserError, WorkerWillNotStart
from generation.local.assignment import Assignment, next_together
from generation.local.blame import ATTEMPTS, KILLS, blamed_for, ending_after
from generation.local.deaths import Death
from generation.local.gaps import Gaps
from generation.local.launch import Launch
from generation.local.life import SignsOfLife
from generation.local.pace import Pace
from generation.settings import GenerationSettings
from generation.worker.messages import (
    Beat,
    Cancel,
    Happened,
    Loaded,
    Logged,
    Painted,
    PreviewSeen,
    Report,
    Run,
    RunTogether,
    Started,
    StartFailed,
    Stepped,
)

PAUSE_MAX: Final = 30.0
"""Seconds; between starts that fail the pause doubles from half a second up to this."""

log = logging.getLogger(__name__)


class Supervisor:
    """The one worker of a ``LocalEngine`` and the orders in line for it."""

    def __init__(self, settings: GenerationSettings, painter: str) -> None:
        self._settings = settings
        self._painter = painter
        self._most = most_together(settings.levers)
        self._waiting: deque[Assignment] = deque()
        self._handed: dict[int, Assignment] = {}
        self._launch: Launch | None = None
        self._ready = False
        self._device = ""
        self._models: tuple[str, ...] = ()
        self._sizes: Mapping[str, int] = {}
        # Kept over the worker's end: mostly the next one says the same, and it replaces them.
        self._machine: Mapping[str, Any] = {}
        self._plans: dict[str, Mapping[str, Any]] = {}
        self._start_error: UserError | None = None
        self._start_reason = ""
        self._failed_starts = 0
        self._idle_deaths = 0
        self._deaths: Counter[str] = Counter()
        self._closed = False
        self._life = SignsOfLife(settings.hang_seconds)
        self._pace = Pace()
        self._gaps = Gaps()
        self._tasks: set[asyncio.Task[None]] = set()

    # What the engine asks -------------------------------------------------------------------------

    def start(self) -> None:
        """See to it that there is a worker, and that it is watched."""
        self._spawn(self._watch())
        self._need_worker()

    def submit(self, assignment: Assignment) -> None:
        """Put an order in line."""
        if self._closed:
            assignment.leave()
            return
        self._waiting.append(assignment)
        if not self._ready:
            assignment.put(Preparing("starting"))
        self._pump()

    def cancel(self, assignment: Assignment) -> None:
        """End one order, wherever it is."""
        assignment.cancelled = True
        if assignment in self._waiting:
            self._waiting.remove(assignment)
            assignment.put(Cancelled())
        elif assignment.run in self._handed and self._launch:
            self._launch.send(Cancel(assignment.run))

    def preview_taken(self, assignment: Assignment) -> None:
        """Ask for the next preview of an order."""
        if self._launch:
            self._launch.send(PreviewSeen(assignment.run))

    def status(self) -> EngineStatus:
        """Return what is known of the worker."""
        state: WorkerState = "stopped"
        if self._launch:
            state = ("busy" if self._handed else "idle") if self._ready else "starting"
        return EngineStatus(
            state=state,
            pid=self._launch.pid if self._launch else None,
            models=self._models,
            sizes=self._sizes if self._models else {},
            device=self._device,
            steps_per_second=self._pace.speeds,
            machine=self._machine,
            plans=dict(self._plans),
            idle_seconds=self._gaps.median,
            deaths=dict(self._deaths),
        )

    async def close(self) -> None:
        """End the worker; orders are left without a last event."""
        self._closed = True
        for assignment in [*self._waiting, *self._handed.values()]:
            assignment.leave()
        self._waiting.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._launch:
            await self._launch.close()
            await asyncio.to_thread(self._sweep, self._launch.id)
        self._handed.clear()
        self._launch, self._ready = None, False

    # Starting -------------------------------------------------------------------------------------

    def _need_worker(self) -> None:
        if self._launch is None and not self._closed:
            self._ready, self._models, self._device = False, (), ""
            self._start_error, self._start_reason = None, ""
            self._launch = Launch(self._settings, self._painter, self._hear, self._ended)
            self._spawn(self._open(self._launch))

    async def _open(self, launch: Launch) -> None:
        if self._failed_starts:
            await asyncio.sleep(min(PAUSE_MAX, 0.5 * 2 ** (self._failed_starts - 1)))
        self._life.renew("starting")
        try:
            # Shielded, since a process half started would be nobody's.
            opening = asyncio.ensure_future(launch.open())
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(UserError, OSError):
                await opening
            raise
        except UserError as error:
            self._launch = None
            self._fail_waiting(error)
        except OSError as error:
            self._launch = None
            self._fail_waiting(self._will_not_start(str(error)))

    def _will_not_start(self, reason: str) -> UserError:
        return WorkerWillNotStart(reason, str(self._settings.log_file))

    def _fail_waiting(self, error: UserError) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        for assignment in waiting:
            assignment.put(Failed(error))

    # Handing out ----------------------------------------------------------------------------------

    def _pump(self) -> None:
        if self._closed or not self._waiting:
            return
        self._need_worker()
        if self._launch and self._ready and not self._painting():
            self._life.renew("painting")
            self._launch.send(self._handed_out(next_together(self._waiting, self._most)))

    def _handed_out(self, assignments: list[Assignment]) -> Run | RunTogether:
        runs = []
        for assignment in assignments:
            self._waiting.remove(assignment)
            assignment.painted = assignment.heard = False
            assignment.begin()
            self._handed[assignment.run] = assignment
            runs.append(Run(assignment.run, assignment.left_order, assignment.alone))
        return runs[0] if len(runs) == 1 else RunTogether(tuple(runs))

    def _painting(self) -> list[Assignment]:
        return [each for each in self._handed.values() if not each.painted]

    # Hearing --------------------------------------------------------------------------------------

    def _hear(self, launch: Launch, report: Report) -> None:
        if launch is not self._launch:
            return
        match report:
            case Beat():
                self._life.beat(report)
                self._tell_what_holds_up(report)
            case Logged():
                extra = {"job": report.job, "traceback": report.traceback}
                logging.getLogger(report.logger).log(report.level, "%s", report.text, extra=extra)
            case Loaded():
                self._models, self._sizes = report.models, report.sizes
                self._plans |= report.plans
            case Started():
                self._ready, self._device, self._failed_starts = True, report.device, 0
                self._machine = report.machine
                self._pump()
            case StartFailed():
                self._start_error, self._start_reason = report.error, report.reason
            case Stepped() | Happened() | Painted():
                self._life.renew("painting")
                self._hear_of_run(report)

    def _tell_what_holds_up(self, beat: Beat) -> None:
        """Tell an order that has to wait for what the worker began before it, a preload mostly."""
        if beat.phase in get_args(Phase):
            for assignment in self._painting():
                if not assignment.heard:
                    assignment.put(Preparing(cast("Phase", beat.phase)))

    def _hear_of_run(self, report: Stepped | Happened | Painted) -> None:
        assignment = self._handed.get(report.run)
        if assignment is None:
            return
        assignment.heard = True
        if isinstance(report, Stepped):
            assignment.put(self._progress(assignment, report))
        elif isinstance(report, Painted):
            assignment.painted, self._idle_deaths = True, 0
            if not self._painting():
                self._gaps.learn(report, next_waits=bool(self._waiting))
            self._pump()
        else:
            self._deliver(assignment, report.event)

    def _deliver(self, assignment: Assignment, event: Event) -> None:
        assignment.put(event)
        if assignment.ended:
            self._handed.pop(assignment.run, None)
            self._pump()

    def _progress(self, assignment: Assignment, stepped: Stepped) -> Progress:
        recipe = assignment.order.recipe_of(stepped.index)
        self._pace.learn(recipe, stepped)
        indices = assignment.order.indices
        after = 0
        if stepped.index in indices:
            after = len(indices) - indices.index(stepped.index) - stepped.together
        return Progress(
            index=stepped.index,
            stage=stepped.stage,
            step=stepped.step,
            total=stepped.total,
            seconds_left=self._pace.seconds_left(recipe, stepped, after),
            preview=stepped.preview,
            together=stepped.together,
        )

    # Deaths ---------------------------------------------------------------------------------------

    def _ended(self, launch: Launch, death: Death) -> None:
        if launch is not self._launch or self._closed:
            return
        was_ready, self._launch, self._ready = self._ready, None, False
        self._deaths[death.reason] += 1
        log.warning("worker %s ended: %s", launch.pid, death.reason)
        if was_ready:
            self._after_death(death)
        else:
            self._after_failed_start(launch, death)
        self._spawn(asyncio.to_thread(self._sweep, launch.id))
        self._pump()

    def _after_failed_start(self, launch: Launch, death: Death) -> None:
        if self._start_error is not None:
            self._fail_waiting(self._start_error)
            return
        self._failed_starts += not death.outside
        reason = self._start_reason or launch.log_line or death.reason
        for assignment in list(self._waiting):
            assignment.killed += death.outside
            assignment.start_attempts += not death.outside
            if assignment.start_attempts >= ATTEMPTS or assignment.killed >= KILLS:
                self._waiting.remove(assignment)
                assignment.put(Failed(self._will_not_start(reason)))

    def _after_death(self, death: Death) -> None:
        self._idle_deaths += not self._handed
        handed = sorted(self._handed.values(), key=lambda each: each.run)
        self._handed.clear()
        culprit = blamed_for(death, handed)
        for assignment in reversed(handed):
            ending = ending_after(death, assignment, self._settings.hang_seconds)
            if ending:
                assignment.put(ending)
            else:
                self._waiting.appendleft(assignment)
                if assignment is culprit:
                    assignment.put(Retry(assignment.attempts))
                assignment.put(Preparing("starting"))
        if self._idle_deaths < ATTEMPTS:
            self._need_worker()

    def _sweep(self, launch_id: str) -> None:
        """Remove what a dead worker has begun to write."""
        for path in Path(self._settings.incoming).glob(f"{launch_id}-*.part"):
            path.unlink(missing_ok=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._settings.hang_seconds / 4))
            launch = self._launch
            if launch and launch.pid and (self._handed or not self._ready) and self._life.is_over():
                log.error("no sign of life for %s s", self._settings.hang_seconds)
                launch.kill(hung=True)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

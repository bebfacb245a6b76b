"""The bot's numbers for Prometheus: counted as they happen, or read when somebody asks.

Labels are platforms, models, kinds of errors and the like: never a person, never a prompt.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, get_args

import psutil
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bot.chat_errors import CannotListen
from bot.config_sections import MetricsSection
from bot.service.running.chronicle import error_kind
from bot.vitals import Vitals
from generation.engine import WorkerState
from storage.records import JobRecord

log = logging.getLogger(__name__)

Look = Callable[[], Coroutine[Any, Any, Vitals]]

LOOK_SECONDS: Final = 5.0
"""So long the event loop may take to say how the bot is."""
ANSWERS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Seconds; what is not acknowledged in three is lost on both platforms."""
DRAWING: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
WAITING: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)


class Metrics:
    """A ``Meter`` whose numbers can be read over HTTP."""

    def __init__(self) -> None:
        # When a number was first counted is of no use, and as many lines again.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        self._accepted = Counter(
            "reroll_jobs_accepted",
            "Jobs that were stored.",
            ("platform", "command"),
            registry=registry,
        )
        self._ended = Counter(
            "reroll_jobs_ended",
            "Jobs that are over: delivered, failed with a kind of error, or cancelled.",
            ("end", "error"),
            registry=registry,
        )
        self._pictures = Counter(
            "reroll_pictures", "Pictures that were made.", ("model",), registry=registry
        )
        self._waits = Histogram(
            "reroll_job_wait_seconds",
            "From a job's acceptance to its first start.",
            buckets=WAITING,
            registry=registry,
        )
        self._drawings = Histogram(
            "reroll_job_drawing_seconds",
            "How long jobs were drawn.",
            ("model",),
            buckets=DRAWING,
            registry=registry,
        )
        self._deliveries = Histogram(
            "reroll_job_delivery_seconds",
            "From a job's acceptance until its asker had the result.",
            ("platform",),
            buckets=WAITING,
            registry=registry,
        )
        self._acknowledgements = Histogram(
            "reroll_acknowledgement_seconds",
            "From a command's, click's or form's arrival to its first answer.",
            ("platform",),
            buckets=ANSWERS,
            registry=registry,
        )

    def accepted(self, job: JobRecord) -> None:
        """Count a job."""
        self._accepted.labels(job.reply_to.platform, job.command).inc()

    def started(self, job: JobRecord, waited: float) -> None:
        """Measure a wait."""
        self._waits.observe(waited)

    def picture(self, job: JobRecord) -> None:
        """Count a picture."""
        self._pictures.labels(job.recipe.model).inc()

    def rendered(self, job: JobRecord, seconds: float) -> None:
        """Measure a drawing."""
        self._drawings.labels(job.recipe.model).observe(seconds)

    def stopped(self, job: JobRecord) -> None:
        """Count what failed, or was cancelled."""
        self._ended.labels(job.status, error_kind(job)).inc()

    def delivered(self, job: JobRecord, seconds: float) -> None:
        """Count and measure a delivery."""
        self._ended.labels("delivered", "").inc()
        self._deliveries.labels(job.reply_to.platform).observe(seconds)

    def acknowledged(self, platform: str, seconds: float) -> None:
        """Measure a first answer."""
        self._acknowledgements.labels(platform).observe(seconds)

    @asynccontextmanager
    async def served(
        self, section: MetricsSection, look: Look, folders: Mapping[str, Path]
    ) -> AsyncIterator[int]:
        """Let the numbers be read in the block, which gets the port. Raises ``CannotListen``.

        ``look`` is called in the event loop, however many threads ask; the rest is read in theirs.
        """
        collector = _Collector(asyncio.get_running_loop(), look, folders)
        self.registry.register(collector)
        try:
            # In a thread, since it looks its own name up.
            server, thread = await asyncio.to_thread(
                start_http_server, section.port, section.host, self.registry
            )
        except OSError as error:
            number = error.errno or 0
            detail = os.strerror(number) if number > 0 else error.strerror or ""
            address = f"{section.host}:{section.port}"
            raise CannotListen(address, "[metrics] host and port", detail) from None
        try:
            yield server.server_port
        finally:
            await asyncio.to_thread(server.shutdown)
            await asyncio.to_thread(thread.join)
            server.server_close()


class _Collector:
    """Asks how the bot is, each time that somebody reads the numbers."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, look: Look, folders: Mapping[str, Path]
    ) -> None:
        self._loop = loop
        self._look = look
        self._folders = folders

    def describe(self) -> tuple[Metric, ...]:
        """Name nothing beforehand: the library would have to ask a bot that is not there yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield what can be known now; called in a thread of the server."""
        yield self._room()
        vitals = self._vitals()
        if vitals is not None:
            yield from _families(vitals)
            yield _memory(vitals.engine.pid)

    def _vitals(self) -> Vitals | None:
        """Ask the event loop; where it does not answer, only the numbers it holds are missing."""
        asked = self._look()
        try:
            answer = asyncio.run_coroutine_threadsafe(asked, self._loop)
        except RuntimeError:  # the loop is closed
            asked.close()
            return None
        try:
            return answer.result(LOOK_SECONDS)
        except TimeoutError:
            answer.cancel()
            log.warning("some metrics cannot be read: the bot is too busy")
        except concurrent.futures.CancelledError:
            log.debug("the metrics were read while the bot left")
        except Exception:
            log.exception("some metrics cannot be read")
        return None

    def _room(self) -> Metric:
        room = GaugeMetricFamily(
            "reroll_disk_free_bytes", "Room on the disk of a folder.", labels=("folder",)
        )
        for name, folder in self._folders.items():
            try:
                room.add_metric((name,), shutil.disk_usage(folder).free)
            except OSError as error:
                log.warning("the room in %s cannot be told: %s", folder, error.strerror)
        return room


def _families(vitals: Vitals) -> Iterator[Metric]:
    yield _gauge("reroll_queued_jobs", "Jobs that wait for their turn.", vitals.queued)
    yield _gauge("reroll_running_jobs", "Jobs that are with the engine.", vitals.running)
    yield _gauge("reroll_undelivered_results", "Ended jobs whose asker waits.", vitals.owed)
    yield _gauge(
        "reroll_undelivered_oldest_seconds",
        "How long the first of the undelivered results has waited.",
        vitals.oldest_owed,
    )
    speed = GaugeMetricFamily(
        "reroll_model_megapixel_steps_per_second", "Measured speed.", labels=("model",)
    )
    for model, value in vitals.engine.steps_per_second.items():
        speed.add_metric((model,), value)
    yield speed
    deaths = CounterMetricFamily(
        "reroll_worker_restarts", "Workers that ended without being told to.", labels=("reason",)
    )
    for reason, count in vitals.engine.deaths.items():
        deaths.add_metric((reason,), count)
    yield deaths
    worker = GaugeMetricFamily(
        "reroll_worker_state", "1 for the state that the worker is in.", labels=("state",)
    )
    for state in get_args(WorkerState):
        worker.add_metric((state,), state == vitals.engine.state)
    yield worker
    adapters = GaugeMetricFamily(
        "reroll_adapter_connected", "Whether a chat service is connected.", labels=("platform",)
    )
    for platform, connected in vitals.connected.items():
        adapters.add_metric((platform,), connected)
    yield adapters


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value)


def _memory(worker: int | None) -> Metric:
    memory = GaugeMetricFamily(
        "reroll_resident_memory_bytes",
        "Memory of the bot and of its worker.",
        labels=("process",),
    )
    for name, pid in (("bot", os.getpid()), ("worker", worker)):
        try:
            if pid is not None:
                memory.add_metric((name,), psutil.Process(pid).memory_info().rss)
        except psutil.Error:
            log.debug("the %s is gone already", name)
    return memory

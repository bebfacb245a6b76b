"""Log records go to the bot's log, with the job they belong to."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from generation.worker.messages import Logged, Report

_job: ContextVar[str] = ContextVar("job", default="")


@contextlib.contextmanager
def working_on(job: str) -> Iterator[None]:
    """Mark the records of this thread as belonging to a job."""
    token = _job.set(job)
    try:
        yield
    finally:
        _job.reset(token)


def forward_logs(launch: str, send: Callable[[Report], None]) -> None:
    """Send our records from ``INFO``, and everybody else's from ``WARNING``, to the engine."""
    root = logging.getLogger()
    root.handlers[:] = [_Forwarder(launch, send)]
    root.setLevel(logging.WARNING)
    logging.getLogger("generation").setLevel(logging.INFO)


class _Forwarder(logging.Handler):
    def __init__(self, launch: str, send: Callable[[Report], None]) -> None:
        super().__init__()
        self._launch = launch
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text, traceback = record.getMessage(), _traceback(record)
        except Exception:  # noqa: BLE001 - a bad format string must not end an order
            self.handleError(record)
            return
        level, name = record.levelno, record.name
        self._send(Logged(self._launch, _job.get(), level, name, text, traceback))


def _traceback(record: logging.LogRecord) -> str:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info else ""

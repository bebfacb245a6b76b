"""The job that the work at hand is for, so that every line of the log can say it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class AtHand:
    """What is worked on: a job's id and the platform it came from; empty outside of jobs."""

    job: str = ""
    platform: str = ""


_at_hand: Final[ContextVar[AtHand]] = ContextVar("at_hand", default=AtHand())  # noqa: B039


def at_hand() -> AtHand:
    """Return what is worked on here."""
    return _at_hand.get()


@contextmanager
def working_on(job: str, platform: str) -> Iterator[None]:
    """Mark what is logged in the block as said of a job; threads and tasks begun in it, too."""
    token = _at_hand.set(AtHand(job, platform))
    try:
        yield
    finally:
        _at_hand.reset(token)

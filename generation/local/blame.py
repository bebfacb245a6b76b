"""Whose doing the death of a worker was, and what becomes of the orders that it had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from generation.engine import Cancelled, Event, Failed, Finished
from generation.errors import WorkerDied, WorkerHung
from generation.local.assignment import Assignment
from generation.local.deaths import Death

ATTEMPTS: Final = 2
"""How often an order may bring down its worker, and a worker may fail to start."""
KILLS: Final = 20
"""How often a worker may be killed from outside before a picture comes of the order."""


def blamed_for(death: Death, handed: Sequence[Assignment]) -> Assignment | None:
    """Note a death with the orders that the worker had, and return the one that brought it about.

    That is the one whose pixels were painted; none where the death came from outside, or where
    orders were painted together, of which none is the culprit at once. Whatever was painted then
    is painted alone from now on, picture by picture.
    """
    painting = [each for each in handed if not each.painted] or list(handed[:1])
    for assignment in handed:
        assignment.killed += death.outside
    if death.outside:
        return None
    for assignment in painting:
        assignment.alone = True
    if len(painting) != 1:
        return None
    painting[0].attempts += 1
    return painting[0]


def ending_after(death: Death, assignment: Assignment, hang_seconds: int) -> Event | None:
    """Return the last event of an order that is not to be run again after a death."""
    if assignment.cancelled:
        return Cancelled()
    if not assignment.remaining:
        return Finished(0)
    if assignment.killed >= KILLS:
        return Failed(WorkerDied(assignment.killed, death.reason))
    if assignment.attempts < ATTEMPTS:
        return None
    if death.reason == "hung":
        return Failed(WorkerHung(assignment.attempts, hang_seconds))
    return Failed(WorkerDied(assignment.attempts, death.reason))

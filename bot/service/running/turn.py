"""A job's right to the worker."""

from __future__ import annotations

from bot.service.running.seats import Seats
from generation.engine import Event, Order, PictureReady, Preparing, Progress
from storage.records import JobRecord


class Turn:
    """Held while a job is painted: given up while its model is on the way, and at its end.

    The end is the last picture's development: by the time that it is done the next job waits at
    the engine, and what is left of this one, its files and its result, holds nobody up.
    """

    def __init__(self, seats: Seats, job: JobRecord) -> None:
        self._seats = seats
        self._job = job
        self._aside = False
        seats.take(job)

    async def follow(self, order: Order, event: Event) -> None:
        """Step aside for a download and come back after it; give the turn up at the end."""
        if isinstance(event, Preparing) and event.phase == "downloading":
            self._aside = True
            self.give_up()
            return
        if self._aside:
            self._aside = False
            await self._seats.take_again(self._job)
        if isinstance(event, Progress):
            self._seats.begin()
        if _is_last(order, event):
            self.give_up()

    def give_up(self) -> None:
        """Let the next job go; nothing where that was done."""
        self._seats.give_up(self._job)


def _is_last(order: Order, event: Event) -> bool:
    """Whether nothing of an order is left to be painted after this."""
    if isinstance(event, PictureReady):
        return event.index == order.indices[-1]
    if isinstance(event, Progress) and event.stage == "decode" and event.step >= event.total:
        return event.index in order.indices[-event.together :]
    return False

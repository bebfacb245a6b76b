"""An order on its way through one or more workers, and the events that wait to be taken."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Collection
from dataclasses import replace
from functools import cached_property

from generation.batching import common_kind
from generation.engine import (
    Cancelled,
    Event,
    Failed,
    Finished,
    Order,
    PictureReady,
    Preparing,
    Progress,
)
from generation.recipe import Recipe


class Assignment:
    """What the engine knows of one order. Used in the event loop only."""

    def __init__(self, run: int, order: Order) -> None:
        self.run = run
        self.order = order
        self.remaining = order.indices
        self.cancelled = False
        self.ended = False
        self.painted = False
        self.attempts = order.attempts
        """How often a worker died by itself, or was hung, in this order."""
        self.start_attempts = 0
        self.killed = 0
        """How often a worker was killed from outside since the last picture came."""
        self.alone = False
        """Whether its pictures are to be painted one at a time, and with no other order's."""
        self.heard = False
        """Whether the worker has said anything about it yet."""
        self._begun: float | None = None
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()

    @cached_property
    def kind(self) -> Recipe | None:
        """What all its pictures have in common with others that they can be painted with."""
        return common_kind(self.order.recipe_of(index) for index in self.order.indices)

    @property
    def left_order(self) -> Order:
        """The order for the pictures that have not come yet."""
        return replace(self.order, indices=self.remaining, inputs=dict(self.order.inputs))

    def begin(self) -> None:
        """Start its clock, when it is first handed to a worker."""
        if self._begun is None:
            self._begun = time.monotonic()

    def put(self, event: Event) -> None:
        """Hand over an event; nothing comes after the last one.

        Steps that nobody has taken yet are merged, so that a slow receiver is not buried.
        """
        if self.ended:
            return
        if isinstance(event, PictureReady):
            self.remaining = tuple(index for index in self.remaining if index != event.index)
            self.killed = 0
        elif isinstance(event, Finished):
            event = Finished(time.monotonic() - (self._begun or time.monotonic()))
        self.ended = isinstance(event, Finished | Failed | Cancelled)
        last = self._events[-1] if self._events else None
        if isinstance(last, Progress | Preparing) and type(last) is type(event):
            event = _merged(self._events.pop(), event)
        self._events.append(event)
        self._wake.set()

    def leave(self) -> None:
        """End without a last event: the engine closes, and the order is lost."""
        self.ended = True
        self._wake.set()

    async def take(self) -> Event | None:
        """Wait for the next event; none when there will be no more."""
        while not self._events:
            if self.ended:
                return None
            self._wake.clear()
            await self._wake.wait()
        return self._events.popleft()


def next_together(waiting: Collection[Assignment], most: int) -> list[Assignment]:
    """Return the first of those who wait, with the later ones that can be painted with it.

    Together they have ``most`` pictures at most, unless the first one alone has more.
    """
    first, *others = waiting
    chosen, pictures = [first], len(first.remaining)
    if most < 2 or first.alone or first.kind is None:
        return chosen
    for each in others:
        if not each.alone and each.kind == first.kind and pictures + len(each.remaining) <= most:
            chosen.append(each)
            pictures += len(each.remaining)
    return chosen


def _merged(last: Event, event: Event) -> Event:
    if (
        isinstance(last, Progress)
        and isinstance(event, Progress)
        and last.index == event.index
        and event.preview is None
    ):
        return replace(event, preview=last.preview)
    return event

"""Who is on the engine: one job, or some whose pictures are painted together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from generation.batching import common_kind
from generation.recipe import Recipe
from storage.records import JobRecord


@dataclass(frozen=True, slots=True)
class _Party:
    """The pictures of a job, and what they have in common; nothing if they do not fit together."""

    pictures: int
    kind: Recipe | None


class Seats:
    """As many pictures as the engine paints at a time.

    A job takes seats for all its pictures, and there is always room for the first job, however many
    it has. Others join it only until its painting begins: they would have to wait for its end.
    ``freed`` is called whenever somebody else may find room.
    """

    def __init__(self, most: int, freed: Callable[[], None]) -> None:
        self._most = most
        self._freed = freed
        self._taken: dict[str, _Party] = {}
        self._begun = False
        self._returning: list[asyncio.Event] = []

    def has_room_for(self, job: JobRecord) -> bool:
        """Return whether a job may be taken now; whoever stepped aside goes first."""
        return not self._returning and self._fits(self._party(job))

    def take(self, job: JobRecord) -> None:
        """Let a job take its seats."""
        self._taken[job.id] = self._party(job)

    def give_up(self, job: JobRecord) -> None:
        """Let the seats of a job go; nothing where it has none."""
        if self._taken.pop(job.id, None) is None:
            return
        self._begun = self._begun and bool(self._taken)
        for waiting in self._returning:
            waiting.set()
        self._freed()

    async def take_again(self, job: JobRecord) -> None:
        """Wait for room for a job that stepped aside, and let it take its seats."""
        party, freed = self._party(job), asyncio.Event()
        self._returning.append(freed)
        try:
            while not self._fits(party):
                freed.clear()
                await freed.wait()
            self._taken[job.id] = party
        finally:
            self._returning.remove(freed)
            self._freed()

    def begin(self) -> None:
        """Note that what is seated is being painted."""
        self._begun = True

    def _party(self, job: JobRecord) -> _Party:
        # Without company nobody has to know who would fit together.
        return _Party(job.count, common_kind(job.recipes) if self._most > 1 else None)

    def _fits(self, party: _Party) -> bool:
        if not self._taken:
            return True
        if self._begun or party.kind is None:
            return False
        pictures = sum(other.pictures for other in self._taken.values()) + party.pictures
        alike = all(other.kind == party.kind for other in self._taken.values())
        return alike and pictures <= self._most

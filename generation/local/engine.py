"""``LocalEngine``: the engine protocol in front of the supervisor and the downloads."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final
from weakref import WeakSet

from generation.classifier import classifier
from generation.engine import (
    Cancelled,
    EngineStatus,
    Event,
    Failed,
    Order,
    Preparing,
    Progress,
)
from generation.errors import UnknownName, UserError
from generation.local.assignment import Assignment
from generation.local.downloads import Downloads
from generation.local.supervisor import Supervisor
from generation.models import Model
from generation.nearest import nearest
from generation.settings import GenerationSettings

STUDIO: Final = "generation.worker.studio:Studio"
"""The painter's factory; it is imported in the worker only."""


class LocalEngine:
    """One worker process on this machine. Use it in one event loop.

    A model that is not there yet is fetched before its order gets in line, so that orders for
    other models pass meanwhile. ``painter`` names the factory of what paints, ``module:function``.
    """

    def __init__(self, settings: GenerationSettings, painter: str = STUDIO) -> None:
        self._settings = settings
        self._supervisor = Supervisor(settings, painter)
        self._downloads = Downloads(settings.cache)
        self._runs = itertools.count(1)
        self._assignments: WeakSet[Assignment] = WeakSet()

    async def start(self) -> None:
        """Begin to start a worker; this returns long before it is ready."""
        self._supervisor.start()

    def run(self, order: Order) -> AsyncGenerator[Event, None]:
        """Carry out one order, see ``Engine.run``.

        When the engine is closed meanwhile, the events end without a last one.
        """
        assignment = Assignment(next(self._runs), order)
        self._assignments.add(assignment)
        return self._events(assignment)

    async def fetch(self, model: str) -> AsyncGenerator[Preparing, None]:
        """Bring a model here, see ``Engine.fetch``; orders for it wait for the same download."""
        async with aclosing(self._fetched(model)) as events:
            async for event in events:
                yield event

    async def _fetched(self, model: str) -> AsyncGenerator[Preparing, None]:
        """Bring here what an order needs: its model, if any, and what looks at its pictures."""
        needed = [self._model(model)] if model else []
        if self._settings.safety:
            # No picture is made before something can look at it.
            needed.append(classifier(self._settings.safety))
        for each in needed:
            # Closed here and now: a download nobody waits for has ended when Cancelled is told.
            async with aclosing(self._downloads.fetch(each)) as events:
                async for event in events:
                    yield event

    def _model(self, name: str) -> Model:
        model = self._settings.model(name)
        if model is None:
            known = nearest(name, (each.name for each in self._settings.models))
            raise UnknownName("model", name, known)
        return model

    async def cancel(self, job_id: str) -> None:
        """End the orders of that job, and no other."""
        for assignment in list(self._assignments):
            if assignment.order.job_id == job_id and not assignment.ended:
                self._supervisor.cancel(assignment)

    def status(self) -> EngineStatus:
        """Return what is known of the worker."""
        return self._supervisor.status()

    async def close(self) -> None:
        """End the worker and the downloads; orders end without a last event."""
        await self._supervisor.close()
        await self._downloads.close()

    async def _events(self, assignment: Assignment) -> AsyncGenerator[Event, None]:
        try:
            async with aclosing(self._fetching(assignment)) as events:
                async for event in events:
                    yield event
            if not assignment.ended:
                self._supervisor.submit(assignment)
            while (event_or_end := await assignment.take()) is not None:
                if isinstance(event_or_end, Progress) and event_or_end.preview:
                    self._supervisor.preview_taken(assignment)
                yield event_or_end
        finally:
            if not assignment.ended:
                self._supervisor.cancel(assignment)

    async def _fetching(self, assignment: Assignment) -> AsyncGenerator[Event, None]:
        order = assignment.order
        paints = any(order.recipe_of(index).needs_model for index in order.indices)
        wanted = order.recipe.model if paints else ""
        try:
            async with aclosing(self._fetched(wanted)) as events:
                async for event in events:
                    if assignment.cancelled:
                        break
                    yield event
        except UserError as error:
            assignment.put(Failed(error))
        if assignment.cancelled:
            assignment.put(Cancelled())

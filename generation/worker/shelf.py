"""The models in memory: loaded when they are wanted, and kept by use."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TypeVar

from generation.engine import Preparing
from generation.errors import OutOfMemory, UnknownName
from generation.hashes import Hashes
from generation.models import Model
from generation.nearest import nearest
from generation.settings import GenerationSettings
from generation.worker.compiled import Usual
from generation.worker.compiling import Compiler
from generation.worker.exhaustion import free_memory, out_of_memory_at
from generation.worker.keeping import Room, Waiting, find_places, machine_bytes, plan_room
from generation.worker.loading import Loader, Report
from generation.worker.machine import Machine
from generation.worker.precision import lower_precision
from generation.worker.setup import Easel, plan_for

T = TypeVar("T")

log = logging.getLogger(__name__)


class Shelf:
    """Holds the models of one machine: the one at hand, and those that wait for their next use.

    The one at hand always has its place. The others stay while there is room for them, those that
    were used last before the rest: on the device, or in the machine's memory beside it, from where
    a model comes back by a copy.
    """

    def __init__(
        self,
        settings: GenerationSettings,
        machine: Machine,
        hashes: Hashes,
        load: Loader,
        compiler: Compiler | None = None,
    ) -> None:
        """``hashes`` begin with a model's files when it is loaded; ``load`` is what loads it.

        Without a ``compiler`` nothing is compiled.
        """
        self._hashes = hashes
        self._settings = settings
        self._machine = machine
        self._load_model = load
        self._compiler = compiler
        self._total = machine_bytes()
        self._easels: OrderedDict[str, Easel] = OrderedDict()

    @property
    def easels(self) -> Mapping[str, Easel]:
        """The models in memory by name, the one used last at the end."""
        return self._easels

    def take(self, name: str, report: Report, extra: int = 0) -> Easel:
        """Return a model, where it runs, for what takes so many bytes above a plain picture.

        It is loaded if it is not in memory, or has changed on disk. Raises ``UnknownName``,
        ``ModelMissing``, ``BadWeights``, ``OutOfMemory``.
        """
        model = self._model(name)
        if self._compiler is not None:
            self._compiler.report_to(report)
        self._drop_if_changed(name)
        easel = self._easels.get(name)
        if easel is None:
            # What is on the device may stay there until it is known how large the new one is.
            self._make_room(self._room(self._machine.total_bytes or None))
            easel = self._brought(model, lambda: self._loaded(model, report, extra))
            self._easels[name] = easel
            # Compiled, it may take more of the device than by its plan.
            self._make_room(self._room(easel.spare_bytes, extra), name)
            return easel
        self._easels.move_to_end(name)
        self._make_room(self._room(easel.spare_bytes, extra), name)
        if easel.is_away:
            report(Preparing("loading", name))
            self._brought(model, easel.settle)
        return easel

    def drop_waiting(self) -> None:
        """Keep nothing but the model used last, as when memory was out."""
        for name in list(self._easels)[:-1]:
            self._drop(name)

    def _model(self, name: str) -> Model:
        model = self._settings.model(name)
        if model is None:
            known = [model.name for model in self._settings.models]
            raise UnknownName("model", name, nearest(name, known))
        return model

    def _drop_if_changed(self, name: str) -> None:
        """Drop a model whose files have another content than those that it was loaded from."""
        easel = self._easels.get(name)
        if easel and not all(part.are_the_same for part in easel.loaded.files.values()):
            log.info("the files of the model %s have changed", name)
            del easel
            self._drop(name)

    def _loaded(self, model: Model, report: Report, extra: int) -> Easel:
        loaded = self._load_model(model, self._machine, report, self._settings.cache)
        lower_precision(loaded.unets, self._machine.execution.precision)
        plan = plan_for(loaded, self._machine, self._settings.memory, self._settings.keep_bytes)
        self._make_room(self._room(plan.spare_bytes, extra))
        easel = Easel(loaded, self._machine, plan)
        if self._compiler is not None:
            easel.compile(self._compiler, self._usual(model), model.name)
        parts = loaded.files.values()
        self._hashes.begin([file for part in parts for file in (*part.weights, *part.configs)])
        return easel

    def _usual(self, model: Model) -> Usual:
        """Return which calls of a model get graphs of their own."""
        levers = self._settings.levers
        sizes = dict.fromkeys((model.size, *levers.compile_sizes))
        batches = (
            (1, levers.batch) if levers.batching == "throughput" and levers.batch > 1 else (1,)
        )
        return Usual(tuple(sizes), batches, guided=model.guidance > 1)

    def _brought(self, model: Model, bring: Callable[[], T]) -> T:
        """Bring a model to where it runs; where memory is out, again without those that wait."""
        others = [name for name in self._easels if name != model.name]
        while True:
            try:
                with out_of_memory_at(self._machine.device, *model.size):
                    return bring()
            except OutOfMemory:
                for name in others or [model.name]:
                    self._drop(name)
                if not others:
                    raise
                others = []

    def _room(self, spare: int | None, extra: int = 0) -> Room:
        apart = self._machine.device.type == "cuda"
        return plan_room(self._total, self._settings.keep_bytes, spare, extra, apart=apart)

    def _make_room(self, room: Room, at_hand: str = "") -> None:
        """Send models that wait to where there is room for them."""
        names = [name for name in reversed(self._easels) if name != at_hand]
        if not names:
            return
        easels = [self._easels[name] for name in names]
        waiting = [Waiting(easel.size, easel.is_on_device) for easel in easels]
        places = find_places(waiting, room)
        del easels
        for name, place in zip(names, places, strict=True):
            if place == "gone":
                self._drop(name)
        for name, place in zip(names, places, strict=True):
            if place == "machine" and self._easels[name].is_on_device:
                log.info("the model %s waits in the machine's memory", name)
                self._easels[name].withdraw()
                free_memory(self._machine.device)

    def _drop(self, name: str) -> None:
        if self._easels.pop(name, None):
            log.info("dropped the model %s", name)
            free_memory(self._machine.device)
